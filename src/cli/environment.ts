import { mkdirSync } from "node:fs";
import path from "node:path";

import { apps } from "../../stacks/apps.js";
import type { PulumiCli } from "../run/pulumi-cli.js";
import type { Simulator } from "../simulator/simulator.js";
import { engineEnvironment } from "../target/simulator.js";

/** Where clients go that name no Region: the example's home. */
const defaultRegion = Object.values(apps)[0]?.regions.primary ?? "us-east-1";

/** PATH with a Pulumi CLI's folder in front, where its language host is too. */
export function pathWith(cli: PulumiCli): string {
  return `${path.dirname(cli.path)}${path.delimiter}${process.env["PATH"] ?? ""}`;
}

/** Environment variables that point AWS clients and the Pulumi CLI at a simulator. */
export function simulatorEnvironment(simulator: Simulator, providerPort: number): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: simulator.endpoint,
    AWS_ACCESS_KEY_ID: "simulated",
    AWS_SECRET_ACCESS_KEY: "simulated",
    // The JavaScript clients read the one, the aws command line and boto3 the other.
    AWS_REGION: defaultRegion,
    AWS_DEFAULT_REGION: defaultRegion,
    ...engineEnvironment(providerPort),
  };
}

/** A file backend in a folder, with a home of its own, so that the user's Pulumi settings are neither used nor changed. */
export function throwawayBackend(folder: string): { env: Record<string, string>; region: null } {
  const state = path.join(folder, "state");
  mkdirSync(state, { recursive: true });
  return {
    env: {
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_HOME: path.join(folder, "home"),
    },
    region: null,
  };
}
