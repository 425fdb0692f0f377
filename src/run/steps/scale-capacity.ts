import { describeGroup, resizeGroup } from "../../aws/auto-scaling.js";
import type { ScaleCapacityStep } from "../../plan/step.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";

/** Raises the group to the capacity that serving takes; never lowers it. Does not wait for the instances. */
export async function scaleCapacity(step: ScaleCapacityStep, context: StepContext): Promise<StepOutcome> {
  const scope = context.scope(step.region);
  const group = await describeGroup(scope, step.group);
  if (!group) return { status: "failed", reason: `there is no Auto Scaling group ${step.group} in ${step.region}` };
  if (group.desired >= step.desired) {
    return { status: "completed", findings: [`${step.group} already has ${group.desired} instances desired`] };
  }
  if (group.max < step.desired) {
    return {
      status: "failed",
      reason: `${step.group} may have at most ${group.max} instances, ${step.desired} are needed`,
    };
  }
  // The minimum as well, as the program declares it for a serving Region: the promotion then finds nothing to change.
  await resizeGroup(scope, step.group, { min: step.desired, desired: step.desired });
  return {
    status: "completed",
    findings: [`${step.group}: ${step.desired} instances desired, ${group.desired} before`],
  };
}
