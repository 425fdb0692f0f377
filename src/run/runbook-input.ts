import type { AppSpec } from "../../programs/app.js";
import { regionNames } from "../../programs/names.js";
import type { StackSpec } from "../../programs/strategy.js";
import type { RunbookInput } from "../plan/runbook-input.js";

/** What the planner needs of an app whose primary Region is to be given up. */
export function runbookInput(options: {
  readonly app: AppSpec;
  readonly stacks: readonly StackSpec[];
  readonly run: string;
  readonly mode: "drill" | "failover";
  readonly acceptDataLoss: boolean;
}): RunbookInput {
  const { app, stacks, run, mode, acceptDataLoss } = options;
  const { primary: lostRegion, standby: targetRegion } = app.regions;
  const names = regionNames(app, targetRegion);
  const stackOf = (kind: StackSpec["kind"], region?: string): string => {
    const spec = stacks.find((stack) => stack.kind === kind && (region === undefined || stack.region === region));
    if (!spec) throw new Error(`${app.name} has no ${kind} stack${region === undefined ? "" : ` in ${region}`}`);
    return spec.name;
  };
  const target = stackOf("region", targetRegion);
  return {
    mode,
    run,
    app: app.name,
    domain: app.domain,
    lostRegion,
    targetRegion,
    objectives: app.objectives,
    desiredCapacity: app.capacity.desired,
    traffic: app.traffic,
    steadyState: app.steadyState,
    stacks: { activation: stackOf("activation"), target, reconcile: [target] },
    names: {
      database: names.database,
      autoScalingGroup: names.autoScalingGroup,
      targetGroup: names.targetGroup,
    },
    acceptDataLoss,
  };
}
