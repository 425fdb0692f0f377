import * as pulumi from "@pulumi/pulumi";

import { program as pilotLight } from "../../programs/pilot-light.js";
import type { ProgramArgs } from "../../programs/strategy.js";

/** The pilot light with other inputs forced on its database: mistakes that a description of an app can't make. */
export function program(
  args: ProgramArgs & { databaseInputs: Readonly<Record<string, unknown>> },
): Promise<Record<string, unknown>> {
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
    type === "aws:rds/instance:Instance"
      ? { props: { ...(props as Readonly<Record<string, unknown>>), ...args.databaseInputs }, opts }
      : undefined,
  );
  return pilotLight(args);
}
