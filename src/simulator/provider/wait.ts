import type { World } from "../world.js";

/**
 * A wait of the Terraform provider: helper/retry/state.go (StateChangeConf) of hashicorp/terraform-plugin-sdk v2. It
 * looks once after the delay, then again and again until the target state has been seen often enough: every
 * `pollSeconds` where that is set, otherwise after 0.1, 0.2, 0.4 … up to 10 seconds, and no sooner than `minSeconds`.
 */
export interface StateWait {
  /** What is waited for, in the words of the provider's error. */
  readonly label: string;
  /** The state now; undefined when the resource is not there. Throws to give up. */
  readonly state: () => string | undefined;
  /** The state that ends the wait; undefined: when the resource is gone. */
  readonly target: readonly (string | undefined)[];
  /** Seconds before the first look. @default 0 */
  readonly delaySeconds?: number;
  readonly pollSeconds?: number;
  readonly minSeconds?: number;
  /** How many looks in a row have to find the target. @default 1 */
  readonly consecutive?: number;
  /** @default the resource's timeout for the operation */
  readonly timeoutSeconds?: number;
}

/** The bound of the exponential back-off, in seconds. */
const MAX_BACKOFF_SECONDS = 10;
const FIRST_BACKOFF_SECONDS = 0.1;

/** A wait ended without its target. */
export class WaitError extends Error {
  override readonly name = "WaitError";
}

/**
 * Waits on the simulated clock.
 *
 * @throws WaitError when the time is over; whatever `state` throws
 */
export async function waitForState(
  world: World,
  wait: StateWait,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const limit = wait.timeoutSeconds ?? timeoutSeconds;
  const deadline = world.now() + 1000 * limit;
  const needed = wait.consecutive ?? 1;
  let seen = 0;
  let last: string | undefined;
  let failure: { readonly error: unknown } | undefined;

  /** True when the wait is over, whichever way. */
  const look = (): boolean => {
    try {
      last = wait.state();
    } catch (error) {
      failure = { error };
      return true;
    }
    seen = wait.target.includes(last) ? seen + 1 : 0;
    if (seen >= needed) return true;
    if (world.now() < deadline) return false;
    const state = last ?? "not found";
    const target = wait.target.map((name) => name ?? "not found").join(", ");
    failure = {
      error: new WaitError(
        `${wait.label}: timeout while waiting for state to become '${target}' (last state: '${state}', timeout: ${limit}s)`,
      ),
    };
    return true;
  };

  if (!(await lookOnce(world, wait.delaySeconds ?? 0, look, signal))) {
    const steady = wait.pollSeconds ?? MAX_BACKOFF_SECONDS;
    const over = wait.pollSeconds === undefined ? await backOff(world, wait.minSeconds ?? 0, look, signal) : false;
    if (!over) await world.clock.pollUntil(look, { intervalMs: 1000 * steady, signal });
  }
  if (failure) throw failure.error;
}

async function lookOnce(
  world: World,
  delaySeconds: number,
  look: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  if (delaySeconds > 0) await world.clock.sleep(1000 * delaySeconds, signal);
  else signal.throwIfAborted();
  return look();
}

/** The looks of the exponential back-off until it has reached its bound: one sleep, so that time can be skipped over it. */
async function backOff(world: World, minSeconds: number, look: () => boolean, signal: AbortSignal): Promise<boolean> {
  let interval = FIRST_BACKOFF_SECONDS;
  let next = world.now();
  const due: number[] = [];
  while (interval < MAX_BACKOFF_SECONDS) {
    interval = Math.min(Math.max(2 * interval, minSeconds), MAX_BACKOFF_SECONDS);
    due.push((next += 1000 * interval));
  }
  let over = false;
  let at = 0;
  await world.clock.pollUntil(
    () => {
      const instant = due[at];
      if (instant === undefined) return true;
      // Half a millisecond: sums of fractions may fall just short.
      if (world.now() + 0.5 < instant) return false;
      at++;
      over = look();
      return over || at >= due.length;
    },
    { intervalMs: 1000 * FIRST_BACKOFF_SECONDS, signal },
  );
  return over;
}
