import type { Step } from "../plan/step.js";
import type { RunEvent, RunStatus } from "./event.js";
import type { StepResult } from "./result.js";

/** What the events so far say about each step, in the order of the steps. */
export function stepResults(steps: readonly Step[], events: Iterable<RunEvent>): readonly StepResult[] {
  const results = new Map<string, StepResult>(steps.map((step) => [step.id, pending(step)]));
  for (const event of events) {
    if (!("step" in event)) continue;
    const result = results.get(event.step);
    if (result) results.set(event.step, applyEvent(result, event));
  }
  return [...results.values()];
}

/** The status with which the run last ended, or `running`. A run that is resumed is running again. */
export function runStatus(events: readonly RunEvent[]): RunStatus | "running" {
  const last = events.findLast(({ type }) => type === "run-ended" || type === "step-started");
  return last?.type === "run-ended" ? last.status : "running";
}

/** Data of the steps that have completed, by id: what a resumed run knows. */
export function completedData(events: Iterable<RunEvent>): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const data = new Map<string, Readonly<Record<string, unknown>>>();
  for (const event of events) {
    if (event.type === "step-completed") data.set(event.step, event.data ?? {});
  }
  return data;
}

function pending(step: Step): StepResult {
  const { id, kind, title, region, plane, after, recovery } = step;
  return {
    id,
    kind,
    title,
    region,
    plane,
    status: "pending",
    after,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    recovery,
    findings: [],
  };
}

function applyEvent(result: StepResult, event: Extract<RunEvent, { readonly step: string }>): StepResult {
  switch (event.type) {
    case "step-started":
      return {
        ...result,
        status: "running",
        startedAt: result.startedAt ?? event.at,
        endedAt: null,
        attempts: result.attempts + 1,
      };
    case "step-completed":
      return { ...result, status: "completed", endedAt: event.at, findings: event.findings };
    case "step-failed":
      return { ...result, status: "failed", endedAt: event.at, findings: [event.reason] };
    case "step-skipped":
      return { ...result, status: "skipped", endedAt: event.at, findings: [event.reason] };
    case "step-progress":
    case "step-attempt-failed":
      return result;
    default:
      return event satisfies never;
  }
}
