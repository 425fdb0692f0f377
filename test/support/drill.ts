import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { AppSpec } from "../../programs/app.js";
import { throwawayBackend } from "../../src/cli/environment.js";
import {
  createSimulatorTarget,
  runRunbook,
  startSimulator,
  type RunEvent,
  type RunResult,
  type Simulator,
  type SimulatorOptions,
  type StateBackend,
  type Target,
} from "../../src/index.js";
import { apps } from "../../stacks/apps.js";

export const foodShop = apps["food-shop"] as AppSpec;

export interface DrillOptions extends SimulatorOptions {
  /** @default foodShop */
  readonly app?: AppSpec;
  readonly signal?: AbortSignal;
  /** Is told of every event; may reach into the world. */
  readonly onEvent?: (event: RunEvent, simulator: Simulator) => void;
}

/** A drill that has ended, and the world that it left, until it is closed. */
export interface EndedDrill {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly simulator: Simulator;
  readonly target: Target;
  readonly backend: StateBackend;
  /** Holds the state and the runs. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Runs a drill on a simulated AWS of its own. */
export async function runDrill(options: DrillOptions = {}): Promise<EndedDrill> {
  const { app = foodShop, signal, onEvent, ...simulatorOptions } = options;
  const folder = mkdtempSync(path.join(tmpdir(), "region-runbook-test-"));
  const simulator = await startSimulator(simulatorOptions);
  const target = createSimulatorTarget(simulator);
  const backend = throwawayBackend(folder);
  const events: RunEvent[] = [];
  const close = async (): Promise<void> => {
    await target.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const result = await runRunbook({
      app,
      target,
      backend,
      directory: path.join(folder, "runs"),
      onEvent: (event) => {
        events.push(event);
        onEvent?.(event, simulator);
      },
      ...(signal ? { signal } : {}),
    });
    return { result, events, simulator, target, backend, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}
