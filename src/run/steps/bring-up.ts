import { changesInWords, resourceInWords } from "../stack-words.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";

/** Brings a stack to what its program declares, and says what that changed. Doing it again changes nothing. */
export async function bringUp(stack: string, context: StepContext): Promise<StepOutcome> {
  const { stacks, cause, signal, progress } = context;
  const result = await stacks.up({
    stack,
    cause,
    signal,
    onProgress: (resource) => progress(resourceInWords(resource)),
  });
  return {
    status: "completed",
    findings: [`${stack}: ${changesInWords(result)}`],
    data: { changes: result.changes },
  };
}
