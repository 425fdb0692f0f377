import { describeGroup, resizeGroup } from "../../aws/auto-scaling.js";
import type { FenceRegionStep } from "../../plan/step.js";
import { isOutage } from "../observe/region-health.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { waitUntil, type Look } from "../wait-until.js";

const LOOK_SECONDS = 2;

/**
 * Stops everything in the old Region that writes to its database, if the Region answers. If it does not, that could
 * not be confirmed, and the fence by name service and epoch has to do: the report says so.
 */
export async function fenceRegion(step: FenceRegionStep, context: StepContext): Promise<StepOutcome> {
  const { fencedRegion } = step;
  const scope = context.scope(fencedRegion);
  const name = context.names(fencedRegion).autoScalingGroup;
  try {
    const group = await describeGroup(scope, name);
    if (!group) return done(true, `there is no group ${name} in ${fencedRegion}`);
    if (group.desired > 0 || group.min > 0) await resizeGroup(scope, name, { min: 0, desired: 0 });
    await waitUntil(
      async (): Promise<Look<true>> => {
        const serving = (await describeGroup(scope, name))?.instances.filter(
          ({ lifecycleState }) => lifecycleState === "InService",
        );
        return serving?.length
          ? { missing: `${serving.length} instances of ${fencedRegion} still serve` }
          : { found: true };
      },
      { clock: context.target.clock, signal: context.signal, everySeconds: LOOK_SECONDS, onMissing: context.progress },
    );
    return done(true, `${name} in ${fencedRegion} has no serving instances: nothing writes there`);
  } catch (error) {
    if (!isOutage(error)) throw error;
    return done(
      false,
      `${fencedRegion} does not answer: that nothing writes there could not be confirmed; name service and activation record keep it out`,
    );
  }
}

function done(confirmed: boolean, finding: string): StepOutcome {
  return { status: "completed", findings: [finding], data: { confirmed } };
}
