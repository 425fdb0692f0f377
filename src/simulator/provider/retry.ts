import { AwsCallError } from "./failures.js";
import type { ResourceContext } from "./resource-type.js";

/**
 * Repeats a call while it fails with one of these codes, as tfresource.RetryWhen does: after half a second at least,
 * then ever longer up to 10 seconds.
 *
 * @throws whatever the call throws otherwise; WaitError when the time is over
 */
export async function retryWhile(
  aws: ResourceContext,
  label: string,
  codes: readonly string[],
  call: () => void,
  timeoutSeconds = aws.timeoutSeconds,
): Promise<void> {
  await aws.wait({
    label,
    timeoutSeconds,
    target: ["done"],
    minSeconds: 0.5,
    state: () => {
      try {
        call();
        return "done";
      } catch (error) {
        if (error instanceof AwsCallError && codes.includes(error.code)) return error.message;
        throw error;
      }
    },
  });
}
