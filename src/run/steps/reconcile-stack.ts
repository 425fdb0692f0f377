import type { ReconcileStackStep } from "../../plan/step.js";
import { destructiveSteps } from "../observe/stacks.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { changesInWords, resourceInWords } from "../stack-words.js";

/** Brings a stack to what its program declares now, unless that would replace or delete anything. */
export async function reconcileStack(step: ReconcileStackStep, context: StepContext): Promise<StepOutcome> {
  const { stacks, cause, signal, progress } = context;
  const preview = await stacks.preview({ stack: step.stack, cause, signal });
  const destructive = destructiveSteps(preview.steps);
  if (destructive.length > 0) {
    return { status: "failed", reason: `would replace or delete ${destructive.join(", ")}: left as it is` };
  }
  if (preview.steps.length === 0) {
    return { status: "completed", findings: [`${step.stack} already is what it declares`] };
  }
  const result = await stacks.up({
    stack: step.stack,
    cause,
    signal,
    onProgress: (resource) => {
      if (resource.op !== "same") progress(resourceInWords(resource));
    },
  });
  return {
    status: "completed",
    findings: [`${step.stack}: ${changesInWords(result)}`],
    data: { changes: result.changes },
  };
}
