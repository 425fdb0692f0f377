/**
 * Time as everything that waits sees it: on AWS the machine's clock, in the simulator one that skips idle time.
 *
 * Nothing in `src/` outside `src/target/` and `src/simulator/clock.ts` may use `Date.now`, `setTimeout` or
 * `performance.now` to decide anything: a wait that bypasses the clock would not be skipped, and a piece of work
 * that it does not know about could be skipped over.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, on the target's clock. */
  now(): number;

  /**
   * Resolves when `milliseconds` have passed on this clock.
   *
   * @throws the signal's reason when `signal` is aborted first
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;

  /**
   * Runs work that happens outside of this clock (an HTTP request, a DNS query, a child process that starts): idle
   * time is not skipped until it has settled. Must not contain a `sleep` of the same clock.
   */
  busy<T>(work: () => Promise<T>): Promise<T>;

  /**
   * Registers something that may act at any moment on its own, such as a Pulumi operation: idle time is skipped only
   * while every probe answers `true`.
   *
   * @returns a function that ends the watch
   */
  watch(isIdle: IdleProbe): () => void;
}

/**
 * Answers whether a watched activity is certain to do nothing until something else (a reply, a timer) wakes it. May
 * take a few milliseconds; must not wait on the clock.
 */
export type IdleProbe = () => boolean | Promise<boolean>;
