/**
 * What customers experienced, request by request, and what follows from it. Pure: no world, no clock; instants are
 * milliseconds since the epoch.
 */

export type RequestKind = "order" | "browse" | "upload";

export interface RequestRecord {
  readonly at: number;
  readonly kind: RequestKind;
  /** The order, also for what belongs to it. */
  readonly id: string;
  /** Where it was answered; undefined when no Region was reached. */
  readonly region: string | undefined;
  /** Why it failed, or undefined when it succeeded. */
  readonly failure: string | undefined;
}

/** Requests of a span of time. */
export interface LedgerSample {
  readonly requests: number;
  readonly failed: number;
  /** Orders acknowledged to customers. */
  readonly writesAccepted: number;
}

export interface LedgerInterval {
  /** Start of the interval. */
  readonly at: number;
  readonly requests: number;
  readonly failed: number;
}

export interface RecoveryRule {
  /** Share of requests that must succeed, 0 to 1. */
  readonly successRate: number;
  readonly windowSeconds: number;
}

export interface Recovery {
  readonly recoveredAt: number;
  readonly rtoSeconds: number;
}

export interface LostWrites {
  /** Acknowledged orders that the new primary lacks, oldest first. */
  readonly ids: readonly string[];
  /** From the commit of the oldest of them to the fault; 0 when nothing was lost. */
  readonly rpoSeconds: number;
}

export interface Ledger {
  /** Every request so far, in the order of its instant. */
  readonly requests: readonly RequestRecord[];
  /** Adds a request; must not lie before the last one. */
  record(request: RequestRecord): void;
  /** The requests after `now - seconds`, up to `now`. */
  sample(now: number, seconds: number): LedgerSample;
  /** Requests by interval, from the first request on; intervals without any are there too. */
  availability(intervalSeconds: number): readonly LedgerInterval[];
  /** See `findRecovery`. */
  recovery(faultAt: number, now: number, rule: RecoveryRule): Recovery | undefined;
  /** Orders that were acknowledged and that `held` (the rows of the promoted database, by id) lacks. */
  lostWrites(held: { has(id: string): boolean }, faultAt: number): LostWrites;
  readonly acceptedOrders: number;
}

/** Creates an empty ledger. */
export function createLedger(): Ledger {
  const requests: RequestRecord[] = [];
  let acceptedOrders = 0;
  return {
    requests,
    record: (request) => {
      const last = requests.at(-1);
      if (last && request.at < last.at)
        throw new Error(`a request at ${request.at} lies before the last one, ${last.at}`);
      requests.push(request);
      if (isAcceptedOrder(request)) acceptedOrders++;
    },
    sample: (now, seconds) => {
      const within = requests.slice(firstAfter(requests, now - 1000 * seconds), firstAfter(requests, now));
      return {
        requests: within.length,
        failed: within.filter(({ failure }) => failure !== undefined).length,
        writesAccepted: within.filter(isAcceptedOrder).length,
      };
    },
    availability: (intervalSeconds) => availabilityOf(requests, 1000 * intervalSeconds),
    recovery: (faultAt, now, rule) => findRecovery(requests, faultAt, now, rule),
    lostWrites: (held, faultAt) => {
      const lost = requests.filter((request) => isAcceptedOrder(request) && !held.has(request.id));
      const oldest = lost[0]?.at ?? faultAt;
      return { ids: lost.map(({ id }) => id), rpoSeconds: Math.max(0, faultAt - oldest) / 1000 };
    },
    get acceptedOrders() {
      return acceptedOrders;
    },
  };
}

/**
 * When customers were served again after a fault: the instant of the first successful request after the first failure
 * that followed the fault, such that of all requests from it on, for the window's length, at least the success rate
 * succeeded. The window must have passed. Without any failure since the fault, that is the fault itself.
 *
 * @param now - the instant up to which the requests are known
 * @returns undefined while nothing has held for a window yet
 */
export function findRecovery(
  requests: readonly RequestRecord[],
  faultAt: number,
  now: number,
  { successRate, windowSeconds }: RecoveryRule,
): Recovery | undefined {
  const windowMs = 1000 * windowSeconds;
  const firstSince = requests.findIndex(({ at }) => at >= faultAt);
  const firstFailure = requests.findIndex(({ at, failure }) => at >= faultAt && failure !== undefined);
  if (firstFailure < 0) {
    const held = firstSince >= 0 && faultAt + windowMs <= now;
    return held ? { recoveredAt: faultAt, rtoSeconds: 0 } : undefined;
  }
  let end = firstFailure;
  let failed = 0;
  for (let start = firstFailure; start < requests.length; start++) {
    const first = requests[start] as RequestRecord;
    if (first.at + windowMs > now) return undefined;
    for (let next = requests[end]; next && next.at < first.at + windowMs; next = requests[++end]) {
      if (next.failure !== undefined) failed++;
    }
    const total = end - start;
    if (first.failure !== undefined) failed--;
    else if (total - failed >= successRate * total) {
      return { recoveredAt: first.at, rtoSeconds: (first.at - faultAt) / 1000 };
    }
  }
  return undefined;
}

function availabilityOf(requests: readonly RequestRecord[], widthMs: number): readonly LedgerInterval[] {
  const [first] = requests;
  const last = requests.at(-1);
  if (!first || !last) return [];
  const intervals = Array.from({ length: Math.floor((last.at - first.at) / widthMs) + 1 }, (_, index) => ({
    at: first.at + index * widthMs,
    requests: 0,
    failed: 0,
  }));
  for (const { at, failure } of requests) {
    const interval = intervals[Math.floor((at - first.at) / widthMs)];
    if (!interval) continue;
    interval.requests++;
    if (failure !== undefined) interval.failed++;
  }
  return intervals;
}

function isAcceptedOrder({ kind, failure }: RequestRecord): boolean {
  return kind === "order" && failure === undefined;
}

/** Index of the first request later than `at`. */
function firstAfter(requests: readonly RequestRecord[], at: number): number {
  let low = 0;
  let high = requests.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((requests[middle] as RequestRecord).at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
