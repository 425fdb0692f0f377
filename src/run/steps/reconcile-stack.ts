import type { ReconcileStackStep } from "../../plan/step.js";
import { destructiveSteps } from "../observe/stacks.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { bringUp } from "./bring-up.js";

/** Brings a stack to what its program declares now, unless that would replace or delete anything. */
export async function reconcileStack(step: ReconcileStackStep, context: StepContext): Promise<StepOutcome> {
  const { stack } = step;
  const preview = await context.stacks.preview({ stack, cause: context.cause, signal: context.signal });
  const destructive = destructiveSteps(preview.steps);
  if (destructive.length > 0) {
    return { status: "failed", reason: `would replace or delete ${destructive.join(", ")}: left as it is` };
  }
  if (preview.steps.length === 0) return { status: "completed", findings: [`${stack} already is what it declares`] };
  return bringUp(stack, context);
}
