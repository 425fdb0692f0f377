import { recoveryPath } from "./critical-path.js";
import { orderSteps } from "./graph.js";
import type { Observation } from "./observation.js";
import { pilotLightSteps } from "./pilot-light-steps.js";
import type { Plan } from "./plan.js";
import { refusals, warnings } from "./refusals.js";
import type { RunbookInput, TypicalSeconds } from "./runbook-input.js";

/**
 * Plans the recovery of a pilot light: fence the lost Region, promote the standby's database and start its web tier at
 * once, wait until both serve, verify.
 *
 * @param typical - typical seconds by row of the latency table, to predict with
 * @throws InvalidInputError when `typical` lacks a row that a step awaits
 */
export function planPilotLight(observation: Observation, input: RunbookInput, typical: TypicalSeconds): Plan {
  const reasons = refusals(observation, input);
  if (reasons.length > 0) return { status: "refused", reasons };
  const unordered = pilotLightSteps(observation, input, typical);
  const steps = orderSteps(unordered) ?? unordered;
  const { parts, seconds } = recoveryPath(steps, typical);
  const objective = input.objectives.rtoSeconds;
  const late =
    seconds > objective
      ? [`typical latencies add up to ${Math.round(seconds)} s, more than the objective of ${objective} s`]
      : [];
  return {
    status: "planned",
    steps,
    criticalPath: parts,
    predictedRtoSeconds: seconds,
    warnings: [...warnings(observation, input), ...late],
  };
}
