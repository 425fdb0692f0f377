import type { PromoteStackStep } from "../../plan/step.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { bringUp } from "./bring-up.js";

/**
 * Brings the stack to what its program declares under the claimed activation record: its database stops being a
 * replica. That nothing is replaced or deleted was previewed before the decision.
 */
export function promoteStack(step: PromoteStackStep, context: StepContext): Promise<StepOutcome> {
  return bringUp(step.stack, context);
}
