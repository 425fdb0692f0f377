import { InvalidInputError } from "../errors.js";
import { ancestors, orderSteps } from "./graph.js";
import type { TypicalSeconds } from "./runbook-input.js";
import type { AwaitedLatency, Step } from "./step.js";

/** One link of a chain: what took the time, which step waited for it, how long. */
export interface PathPart {
  readonly what: string;
  readonly step: string;
  readonly seconds: number;
}

export interface CriticalPath {
  readonly seconds: number;
  /** First to last; their seconds add up to `seconds`. */
  readonly parts: readonly PathPart[];
}

const nothing: CriticalPath = { seconds: 0, parts: [] };

/**
 * The longest chain of awaited latencies through a runbook.
 *
 * @param typical - seconds by row, for latencies that give none themselves
 * @throws InvalidInputError when a row has no figure, or the steps can't be ordered
 */
export function criticalPath(steps: readonly Step[], typical: TypicalSeconds): CriticalPath {
  return longest([...finishes(steps, typical).values()]);
}

/** The critical path of the steps that users wait for: its seconds are the predicted RTO, detection included. */
export function recoveryPath(steps: readonly Step[], typical: TypicalSeconds): CriticalPath {
  const finish = finishes(steps, typical);
  return longest(steps.filter((step) => step.recovery).map((step) => finish.get(step.id) ?? nothing));
}

/** The steps that users wait for and everything that those wait for. */
export function recoverySteps(steps: readonly Step[]): readonly Step[] {
  const ids = new Set<string>();
  for (const step of steps.filter(({ recovery }) => recovery)) {
    ids.add(step.id);
    for (const id of ancestors(steps, step.id)) ids.add(id);
  }
  return steps.filter(({ id }) => ids.has(id));
}

/** Seconds that a latency takes. @throws InvalidInputError when neither it nor `typical` says */
export function awaitedSeconds(latency: AwaitedLatency, typical: TypicalSeconds): number {
  const seconds = latency.seconds ?? typical[latency.row];
  if (seconds === undefined || !(seconds >= 0)) {
    throw new InvalidInputError(`typical["${latency.row}"]`, "a figure of 0 or more seconds is needed to predict with");
  }
  return seconds;
}

/** The longest chain up to the end of each step. */
function finishes(steps: readonly Step[], typical: TypicalSeconds): ReadonlyMap<string, CriticalPath> {
  const ordered = orderSteps(steps);
  if (!ordered) throw new InvalidInputError("steps", "must not wait for each other in a circle, nor for unknown steps");
  const finish = new Map<string, CriticalPath>();
  for (const step of ordered) {
    const start = longest(step.after.map((id) => finish.get(id) ?? nothing));
    const lanes = lanesOf(step).map((lane) => {
      const since = lane[0]?.since;
      const base = since === undefined ? start : (finish.get(since) ?? nothing);
      const parts = lane.map((latency) => ({
        what: latency.row,
        step: step.id,
        seconds: awaitedSeconds(latency, typical),
      }));
      return {
        seconds: parts.reduce((sum, { seconds }) => sum + seconds, base.seconds),
        parts: [...base.parts, ...parts],
      };
    });
    finish.set(step.id, longest([start, ...lanes]));
  }
  return finish;
}

function lanesOf(step: Step): readonly (readonly AwaitedLatency[])[] {
  const lanes = new Map<string, AwaitedLatency[]>();
  for (const latency of step.awaits) {
    const lane = latency.lane ?? "";
    lanes.set(lane, [...(lanes.get(lane) ?? []), latency]);
  }
  return [...lanes.values()];
}

/** The first of the longest. */
function longest(paths: readonly CriticalPath[]): CriticalPath {
  return paths.reduce((best, path) => (path.seconds > best.seconds ? path : best), nothing);
}
