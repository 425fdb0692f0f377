import type { AppSpec } from "./app.js";
import type { StackSpec } from "./strategy.js";

/**
 * Pulumi configuration of a stack. Its `Pulumi.<stack>.yaml` says the same, or the provider would differ between a
 * preview and a run.
 */
export function stackConfig(app: AppSpec, stack: StackSpec): Readonly<Record<string, string>> {
  return {
    "aws:region": stack.region,
    // Before anything else the provider asks STS who it is, at every preview. In the Region of its stack a preview of a
    // Region that is gone would fail; in the standby's, previews and recoveries work when the primary's is gone.
    "aws:stsRegion": app.regions.standby,
  };
}
