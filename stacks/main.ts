import * as pulumi from "@pulumi/pulumi";

import { strategies } from "../programs/strategies.js";
import type { StrategyModule } from "../programs/strategy.js";
import { findStack } from "./apps.js";

/**
 * What `pulumi preview` and `pulumi up` run: the same program, on the same description, as the runbook. The one default
 * export of the project, because Pulumi takes the outputs of an ES module from it.
 */
export default async function main(): Promise<Record<string, unknown>> {
  const { app, stack } = findStack(pulumi.getStack());
  const { program } = (await import(strategies[app.strategy].module)) as StrategyModule;
  return program({ app, stack });
}
