import type { PromoteStackStep } from "../../plan/step.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { changesInWords, resourceInWords } from "../stack-words.js";

/**
 * Brings the stack to what its program declares under the claimed activation record: its database stops being a
 * replica. Doing it again changes nothing. That nothing is replaced or deleted was previewed before the decision.
 */
export async function promoteStack(step: PromoteStackStep, context: StepContext): Promise<StepOutcome> {
  const { stacks, cause, signal, progress } = context;
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
