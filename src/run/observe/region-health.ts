import { AwsCallError } from "../../aws/aws-error.js";
import { describeDatabase } from "../../aws/rds.js";
import type { RegionHealth } from "../../plan/observation.js";
import type { StepContext } from "../step-context.js";

/** Whether an error says that a Region, and not the call, is what failed. */
export function isOutage(error: unknown): boolean {
  return error instanceof AwsCallError && (error.kind === "unreachable" || error.kind === "unavailable");
}

/** Asks a Region's own services whether they answer. What it answers does not matter. */
export async function regionHealth(context: StepContext, region: string): Promise<RegionHealth> {
  try {
    await describeDatabase(context.scope(region), context.names(region).database);
    return "healthy";
  } catch (error) {
    if (isOutage(error)) return "impaired";
    if (!(error instanceof AwsCallError)) throw error;
    // It answered, if only to say no.
    return "healthy";
  }
}
