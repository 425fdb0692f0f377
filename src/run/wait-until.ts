import { AwsCallError, mayPass } from "../aws/aws-error.js";
import type { Clock } from "../target/clock.js";

/** What a look at the world found: what was waited for, or what is still missing. */
export type Look<T> = { readonly found: T } | { readonly missing: string };

export interface WaitOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Seconds between two looks. */
  readonly everySeconds: number;
  /** Is told what is missing, when that changes. */
  readonly onMissing: (what: string) => void;
}

/**
 * Looks again and again until what is waited for is there. A call that failed and may succeed later counts as a look
 * that found nothing.
 *
 * @throws the signal's reason when it is aborted first, and errors that can't get better
 */
export async function waitUntil<T>(look: () => Promise<Look<T>>, options: WaitOptions): Promise<T> {
  const { clock, signal, everySeconds, onMissing } = options;
  let lastMissing: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const seen = await look().catch((error: unknown): Look<T> => {
      if (error instanceof AwsCallError && mayPass(error)) return { missing: error.message };
      throw error;
    });
    if ("found" in seen) return seen.found;
    if (seen.missing !== lastMissing) onMissing(seen.missing);
    lastMissing = seen.missing;
    await clock.sleep(everySeconds * 1000, signal);
  }
}
