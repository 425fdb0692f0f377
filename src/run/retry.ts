import pRetry from "p-retry";

import type { RetryPolicy } from "../plan/step.js";
import type { Clock } from "../target/clock.js";

/** What a failed attempt means for the next. */
export interface FailedAttempt {
  readonly error: Error;
  /** From 1. */
  readonly attempt: number;
  /** Seconds until the next attempt; 0 when there is none. */
  readonly retryInSeconds: number;
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** A number from 0 to 1 per attempt, for the jitter. @default Math.random */
  readonly random?: (attempt: number) => number;
  /** Whether another attempt can end otherwise. */
  readonly canGetBetter: (error: Error) => boolean;
  readonly onFailedAttempt?: (failed: FailedAttempt) => void;
}

/**
 * Runs `attempt` until it succeeds, the policy's attempts are used up, or its error can't get better. The waits are on
 * the given clock: p-retry itself waits on the machine's timers, so its own waits are zero and the wait happens in its
 * awaited hook.
 *
 * p-retry gives a TypeError that is no network failure exactly one attempt, whatever `canGetBetter` says: it is a bug.
 *
 * @throws the last attempt's error, or the signal's reason
 */
export async function withRetry<T>(attempt: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, clock, signal, random = Math.random, canGetBetter, onFailedAttempt } = options;
  const willRetry = (error: Error, retriesLeft: number): boolean =>
    retriesLeft > 0 && !(error instanceof TypeError) && canGetBetter(error);
  return pRetry(attempt, {
    retries: policy.attempts - 1,
    minTimeout: 0,
    maxTimeout: 0,
    factor: 1,
    ...(signal ? { signal } : {}),
    onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
      // What failed because it was aborted is no failed attempt.
      signal?.throwIfAborted();
      const retrying = willRetry(error, retriesLeft);
      const seconds = retrying ? waitSeconds(policy, attemptNumber, random(attemptNumber)) : 0;
      onFailedAttempt?.({ error, attempt: attemptNumber, retryInSeconds: seconds });
      if (retrying) await clock.sleep(seconds * 1000, signal);
    },
    shouldRetry: ({ error, retriesLeft }) => willRetry(error, retriesLeft),
  });
}

/**
 * Seconds before the attempt after `attempt`: full jitter, so anything from 0 to the doubled wait.
 *
 * @param random - from 0 to 1
 */
export function waitSeconds(policy: RetryPolicy, attempt: number, random: number): number {
  return random * Math.min(policy.maxSeconds, policy.minSeconds * 2 ** (attempt - 1));
}
