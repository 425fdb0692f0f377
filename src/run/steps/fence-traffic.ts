import { fenceMarkerKey } from "../../../programs/names.js";
import { objectExists, putTextObject } from "../../aws/s3.js";
import type { FenceTrafficStep } from "../../plan/step.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";

/**
 * Puts the marker that makes the fenced Region unhealthy for the name service: one object in a Region that works. It
 * stays, so that users don't return when that Region does.
 */
export async function fenceTraffic(step: FenceTrafficStep, context: StepContext): Promise<StepOutcome> {
  const scope = context.scope(step.region);
  const bucket = context.names(step.region).fenceBucket;
  const key = fenceMarkerKey(step.fencedRegion);
  if (await objectExists(scope, bucket, key)) {
    return { status: "completed", findings: [`${key} already stands in ${bucket}`] };
  }
  const since = new Date(context.target.clock.now()).toISOString();
  await putTextObject(scope, bucket, key, JSON.stringify({ app: context.app.name, run: context.input.run, since }));
  return {
    status: "completed",
    findings: [`${key} stands in ${bucket}: users are kept away from ${step.fencedRegion}`],
  };
}
