import type { Clock } from "./clock.js";

/** Creates the machine's own clock: nothing is skipped, so that it need not know who is busy. */
export function createAwsClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (milliseconds, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(asError(signal.reason));
        const timer = setTimeout(
          () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
          Math.max(0, milliseconds),
        );
        function onAbort(): void {
          clearTimeout(timer);
          reject(asError(signal?.reason));
        }
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
    busy: (work) => work(),
    watch: () => () => undefined,
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(typeof reason === "string" ? reason : "aborted");
}
