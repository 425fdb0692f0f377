import { mkdirSync } from "node:fs";
import path from "node:path";

import type { Simulator } from "../simulator/simulator.js";
import { engineEnvironment } from "../target/simulator.js";

/** Environment variables that point AWS clients and the Pulumi CLI at a simulator. */
export function simulatorEnvironment(simulator: Simulator, providerPort: number): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: simulator.endpoint,
    AWS_ACCESS_KEY_ID: "simulated",
    AWS_SECRET_ACCESS_KEY: "simulated",
    AWS_REGION: "us-east-1",
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
