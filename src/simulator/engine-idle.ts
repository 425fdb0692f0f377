import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import type { WatchedOperation } from "../target/target.js";

/**
 * Shows, rather than guesses, that a Pulumi operation is idle: that it will do nothing until the provider answers a call
 * that sleeps on the simulated clock. Two rules, both needed (docs/adr/0003-idle-engine.md):
 *
 * 1. Each registration that the program waits for has a provider call that sleeps; or the program has ended.
 * 2. No thread of the CLI runs or is about to, in two samples, and it used no processor time between them.
 *
 * On systems without /proc, rule 2 is a silence of a second without any provider call: slower, and longer than the
 * longest gap ever seen (480 ms with all cores loaded).
 */
export interface ProviderCalls {
  /** `type::name` of every provider call that has not been answered. */
  outstanding(): readonly string[];
  /** Those of them that sleep on the simulated clock. */
  waiting(): readonly string[];
}

/** Milliseconds between the two samples of rule 2. */
const SAMPLE_GAP_MS = 1;
/** Processor time that counts as none, in nanoseconds. */
const QUIET_CPU_NS = 200_000;
const SILENCE_MS = 1_000;

/** Answers whether the operation is idle; see above. */
export async function isOperationIdle(operation: WatchedOperation, calls: ProviderCalls): Promise<boolean> {
  if (!waitsForProvider(operation, calls)) return false;
  const pid = operation.cliPid();
  if (pid === undefined) return false;
  return (await isProcessQuiet(pid)) && waitsForProvider(operation, calls);
}

function waitsForProvider(operation: WatchedOperation, calls: ProviderCalls): boolean {
  const waiting = new Set(calls.waiting());
  if (waiting.size === 0 || calls.outstanding().some((call) => !waiting.has(call))) return false;
  const program = operation.program();
  switch (program.status) {
    case "busy":
      return false;
    case "registering":
      return program.inFlight.every((registration) => waiting.has(registration));
    case "ended":
      return true;
  }
}

/**
 * Answers whether a process whose operation nobody reports on (a Pulumi CLI that was started by hand) is quiet, by the
 * silence of its provider calls.
 *
 * @param lastCallAt - when the provider last received or answered a call, on the machine's clock, in milliseconds
 */
export function isSilent(calls: ProviderCalls, lastCallAt: number): boolean {
  const waiting = calls.waiting();
  return waiting.length > 0 && calls.outstanding().length === waiting.length && Date.now() - lastCallAt >= SILENCE_MS;
}

async function isProcessQuiet(pid: number): Promise<boolean> {
  if (process.platform !== "linux") return delay(SILENCE_MS).then(() => true);
  const first = sampleThreads(pid);
  if (first === undefined) return false;
  await delay(SAMPLE_GAP_MS);
  const second = sampleThreads(pid);
  return second !== undefined && second - first < QUIET_CPU_NS;
}

/** Processor time of all threads in nanoseconds; undefined when one runs or waits for a disk, or none is left. */
function sampleThreads(pid: number): number | undefined {
  try {
    let total = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
      // The state follows the command, which is in parentheses and may itself contain some.
      const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
      if (state === "R" || state === "D") return undefined;
      total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    }
    return total;
  } catch {
    return undefined;
  }
}
