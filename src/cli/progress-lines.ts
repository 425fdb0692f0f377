import type { RunEvent } from "../run/event.js";
import { formatOffset } from "../report/charts.js";
import type { Progress } from "./progress.js";

/**
 * Progress as plain lines, for logs and pipes: one line for each thing that happened, with the time since the fault
 * (or since the start, before there was one) on the target's clock.
 */
export function createLineProgress(write: (line: string) => void): Progress {
  let zero: number | undefined;
  return {
    onEvent: (event) => {
      const at = Date.parse(event.at);
      if (event.type === "fault-injected") zero = at;
      zero ??= at;
      const line = describe(event);
      if (line !== undefined) write(`${formatOffset((at - zero) / 1000).padStart(14)}  ${line}`);
    },
    close: () => undefined,
  };
}

function describe(event: RunEvent): string | undefined {
  switch (event.type) {
    case "run-planned":
      return `${event.mode} of ${event.app} (${event.strategy}, run ${event.run}): ${event.steps.length} steps, predicted RTO ${Math.round(event.predictedRtoSeconds)} s`;
    case "phase-started":
      return `${event.title} …`;
    // One line for each resource would be hundreds.
    case "phase-progress":
    case "phase-completed":
      return undefined;
    case "fault-injected":
      return `FAULT: ${event.fault} in ${event.region}`;
    case "step-started":
      return event.attempt === 1 ? `${event.step} started` : `${event.step} attempt ${event.attempt}`;
    case "step-progress":
      return `${event.step}: ${event.message}`;
    case "step-attempt-failed":
      // The last attempt's failure is the step's, and follows.
      return event.retryInSeconds > 0
        ? `${event.step} failed, again in ${event.retryInSeconds.toFixed(1)} s: ${event.reason}`
        : undefined;
    case "step-completed":
      return `${event.step} completed${event.findings.length > 0 ? `: ${event.findings.join("; ")}` : ""}`;
    case "step-failed":
      return `${event.step} FAILED: ${event.reason}`;
    case "step-skipped":
      return `${event.step} skipped: ${event.reason}`;
    case "experiment-completed":
      return `experiment ${event.experiment.action}: steady state ${event.experiment.steadyState}`;
    case "run-ended":
      return `${event.status}${event.reasons.length > 0 ? `: ${event.reasons.join("; ")}` : ""}`;
  }
}
