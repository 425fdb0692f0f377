import { describeTargetHealth, findTargetGroup } from "../../aws/elastic-load-balancing.js";
import { describeDatabase } from "../../aws/rds.js";
import type { WaitHealthyStep } from "../../plan/step.js";
import { secondsSince, type StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { waitUntil, type Look } from "../wait-until.js";

const LOOK_SECONDS = 2;

/** States of an RDS instance in which it accepts writes. */
const writable: ReadonlySet<string> = new Set([
  "available",
  "backing-up",
  "modifying",
  "storage-optimization",
  "configuring-enhanced-monitoring",
]);

/** Waits until enough targets are healthy and the database is writable. */
export async function waitHealthy(step: WaitHealthyStep, context: StepContext): Promise<StepOutcome> {
  const scope = context.scope(step.region);
  const startedAt = context.target.clock.now();
  const targets = await waitUntil(
    async (): Promise<Look<number>> => {
      const [targetGroup, database] = await Promise.all([
        findTargetGroup(scope, step.targetGroup),
        describeDatabase(scope, step.database),
      ]);
      const health = targetGroup === undefined ? [] : await describeTargetHealth(scope, targetGroup.arn);
      const healthy = health.filter(({ state }) => state === "healthy").length;
      const accepts = database !== undefined && !database.isReplica && writable.has(database.status);
      if (healthy >= step.healthyTargets && accepts) return { found: healthy };
      const role = database?.isReplica ? "a replica" : (database?.status ?? "absent");
      return {
        missing: `${healthy} of ${step.healthyTargets} targets healthy, database ${accepts ? "writable" : role}`,
      };
    },
    { clock: context.target.clock, signal: context.signal, everySeconds: LOOK_SECONDS, onMissing: context.progress },
  );
  return {
    status: "completed",
    findings: [`${targets} targets healthy and ${step.database} writable after ${secondsSince(context, startedAt)} s`],
  };
}
