import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { throwawayBackend } from "./environment.js";
import type { StateBackend } from "../index.js";
import type { LatencyProfile } from "../latency/row.js";
import type { Target } from "../target/target.js";

/** A target with the state backend that goes with it. */
export interface OpenTarget {
  readonly target: Target;
  readonly backend: StateBackend;
  close(): Promise<void>;
}

export interface OpenTargetOptions {
  readonly name: "simulator" | "aws";
  /** The name that users of the app ask for. */
  readonly domain: string;
  readonly seed: number;
  readonly profile: LatencyProfile;
}

/**
 * Opens the target that a command line names. The simulator gets a throwaway state backend, since its world ends with
 * the process; AWS uses the environment's (`PULUMI_BACKEND_URL`, or where `pulumi login` points).
 */
export async function openTarget(options: OpenTargetOptions): Promise<OpenTarget> {
  if (options.name === "aws") {
    const { createAwsTarget } = await import("../target/aws.js");
    const target = createAwsTarget({ domain: options.domain });
    return { target, backend: { env: {}, region: null }, close: () => target.close() };
  }
  const { createSimulatorTarget } = await import("../target/simulator.js");
  const { startSimulator } = await import("../simulator/simulator.js");
  const simulator = await startSimulator({ seed: options.seed, profile: options.profile });
  const target = createSimulatorTarget(simulator);
  const folder = mkdtempSync(path.join(tmpdir(), "region-runbook-"));
  return {
    target,
    backend: throwawayBackend(folder),
    close: async () => {
      await target.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
