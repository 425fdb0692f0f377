import type { Observation } from "../../plan/observation.js";
import { planPilotLight } from "../../plan/pilot-light.js";
import type { DecideStep } from "../../plan/step.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";

/** Decides from what the observation before it left: plans again, and refuses what the planner refuses. */
export async function decide(step: DecideStep, context: StepContext): Promise<StepOutcome> {
  const { input, typical } = context;
  const observation = step.after
    .map((id) => context.data(id)?.["observation"] as Observation | undefined)
    .find(Boolean);
  if (!observation)
    return Promise.resolve({ status: "failed", reason: "nothing was observed that could be decided from" });
  const plan = planPilotLight(observation, input, typical);
  if (plan.status === "refused") return { status: "refused", reasons: plan.reasons };
  return {
    status: "completed",
    findings: [`${input.targetRegion} takes over from ${input.lostRegion}`, ...plan.warnings],
    data: { decidedAt: new Date(context.target.clock.now()).toISOString() },
  };
}
