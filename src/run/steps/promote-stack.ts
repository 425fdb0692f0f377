import { describeDatabase } from "../../aws/rds.js";
import type { PromoteStackStep } from "../../plan/step.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { waitUntil, type Look } from "../wait-until.js";
import { bringUp } from "./bring-up.js";

const LOOK_SECONDS = 2;

/** States that pass, and in which RDS refuses to promote: also those of a promotion that goes on without us. */
const busy: ReadonlySet<string> = new Set(["modifying", "rebooting"]);

/**
 * Brings the stack to what its program declares under the claimed activation record: its database stops being a
 * replica. That nothing is replaced or deleted was previewed before the decision.
 */
export async function promoteStack(step: PromoteStackStep, context: StepContext): Promise<StepOutcome> {
  // Where the operation that promoted it was cut off, the state does not know: it would promote once more, and fail.
  const refresh = await isPromoted(step, context);
  return bringUp(step.stack, context, { refresh });
}

/** Whether an earlier attempt, perhaps of a run that was interrupted, has promoted the database. */
async function isPromoted(step: PromoteStackStep, context: StepContext): Promise<boolean> {
  const { target, input, signal, progress } = context;
  const scope = context.scope(step.region);
  return waitUntil(
    async (): Promise<Look<boolean>> => {
      const database = await describeDatabase(scope, input.names.database);
      if (database && busy.has(database.status)) return { missing: `${database.identifier} is ${database.status}` };
      return { found: database !== undefined && !database.isReplica };
    },
    { clock: target.clock, signal, everySeconds: LOOK_SECONDS, onMissing: progress },
  );
}
