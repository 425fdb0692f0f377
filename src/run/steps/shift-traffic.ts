import type { ShiftTrafficStep } from "../../plan/step.js";
import { leadsToStandby } from "../observe/traffic.js";
import { secondsSince, type StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { waitUntil, type Look } from "../wait-until.js";

const LOOK_SECONDS = 2;

/** Waits until the name service leads users to the new primary: the fence's marker has moved it, no record changes. */
export async function shiftTraffic(step: ShiftTrafficStep, context: StepContext): Promise<StepOutcome> {
  const startedAt = context.target.clock.now();
  const { targetRegion } = context.input;
  await waitUntil(
    async (): Promise<Look<true>> =>
      (await leadsToStandby(context)) === true
        ? { found: true }
        : { missing: `${step.domain} does not lead to ${targetRegion} yet` },
    { clock: context.target.clock, signal: context.signal, everySeconds: LOOK_SECONDS, onMissing: context.progress },
  );
  return {
    status: "completed",
    findings: [`${step.domain} leads to ${targetRegion}, ${secondsSince(context, startedAt)} s after capacity stood`],
  };
}
