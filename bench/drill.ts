import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

import type { RunResult } from "../src/run/result.js";
import { treeMemory } from "./process-tree.js";

const projectFolder = fileURLToPath(new URL("..", import.meta.url));
const SAMPLE_MS = 100;

/** A drill as a user runs it, with what it took. */
export interface MeasuredDrill {
  readonly result: RunResult;
  readonly wallSeconds: number;
  /** Peak of all its processes together, in bytes. */
  readonly peakMemory: number;
}

/** Runs one drill in processes of its own. @throws Error when it printed no result */
export async function measureDrill(args: readonly string[]): Promise<MeasuredDrill> {
  const started = performance.now();
  const child = spawn(process.execPath, ["--import", "tsx", "src/cli.ts", "runbook", ...args, "--json"], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let peakMemory = 0;
  const sampler = setInterval(() => {
    if (child.pid !== undefined) peakMemory = Math.max(peakMemory, treeMemory(child.pid));
  }, SAMPLE_MS);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", () => resolve());
    });
  } finally {
    clearInterval(sampler);
  }
  const wallSeconds = (performance.now() - started) / 1000;
  try {
    return { result: JSON.parse(stdout) as RunResult, wallSeconds, peakMemory };
  } catch {
    throw new Error(`the drill ${args.join(" ")} printed no result: ${stderr.trim().split("\n").at(-1) ?? ""}`);
  }
}
