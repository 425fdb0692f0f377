import type { UserSample, Users } from "./target.js";

/** What asks in the users' place; answers whether the request was served. */
export type CanaryRequest = (signal: AbortSignal) => Promise<boolean>;

export interface CanaryOptions {
  readonly request: CanaryRequest;
  /** Milliseconds between two requests. @default 1000 */
  readonly intervalMs?: number;
  /** Milliseconds after which a request has failed. @default 5000 */
  readonly timeoutMs?: number;
  /** Milliseconds for which results are kept. @default 900000 */
  readonly keepMs?: number;
}

/** Users in whose place a canary asks. */
export interface Canary extends Users {
  close(): void;
}

interface Result {
  readonly at: number;
  readonly failed: boolean;
}

/**
 * Starts asking at once and keeps on until closed. Requests overlap, so that one that hangs does not hide the next. It
 * reads only, so that it never reports writes.
 */
export function startCanary(options: CanaryOptions): Canary {
  const { request, intervalMs = 1_000, timeoutMs = 5_000, keepMs = 900_000 } = options;
  const results: Result[] = [];
  const closing = new AbortController();

  async function ask(): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
    const served = await request(signal).catch(() => false);
    if (closing.signal.aborted) return;
    const now = Date.now();
    results.push({ at: now, failed: !served });
    while (results[0] && results[0].at < now - keepMs) results.shift();
  }

  let latest = ask();
  const timer = setInterval(() => {
    latest = ask();
  }, intervalMs);
  // A canary alone must not keep the process alive.
  timer.unref();

  return {
    sample: async (seconds): Promise<UserSample> => {
      if (results.length === 0) await latest;
      const from = Date.now() - seconds * 1000;
      const within = results.filter(({ at }) => at >= from);
      return { requests: within.length, failed: within.filter(({ failed }) => failed).length, writesAccepted: 0 };
    },
    close: () => {
      clearInterval(timer);
      closing.abort();
    },
  };
}
