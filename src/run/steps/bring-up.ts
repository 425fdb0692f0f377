import { changesInWords, resourceInWords } from "../stack-words.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";

/**
 * Brings a stack to what its program declares, and says what that changed. Doing it again changes nothing.
 *
 * @param options.refresh - read every resource as it is first. @default false
 */
export async function bringUp(
  stack: string,
  context: StepContext,
  { refresh = false }: { readonly refresh?: boolean } = {},
): Promise<StepOutcome> {
  const { stacks, cause, signal, progress } = context;
  const result = await stacks.up({
    stack,
    cause,
    signal,
    refresh,
    onProgress: (resource) => progress(resourceInWords(resource)),
  });
  return {
    status: "completed",
    findings: [`${stack}: ${changesInWords(result)}`],
    data: { changes: result.changes },
  };
}
