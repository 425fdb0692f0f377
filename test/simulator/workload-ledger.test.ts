import assert from "node:assert/strict";

import fc from "fast-check";

import { createLedger, findRecovery, type RequestRecord } from "../../src/simulator/ledger.js";

const request = (at: number, failed: boolean, kind: RequestRecord["kind"] = "browse"): RequestRecord => ({
  at,
  kind,
  id: `r${at}`,
  region: "us-east-1",
  failure: failed ? "503" : undefined,
});

/** Requests in order of time, some of which failed. */
const histories = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 400 }), failed: fc.boolean() }), { maxLength: 60 })
  .map((steps) => {
    let at = 0;
    return steps.map(({ gap, failed }) => request((at += gap), failed));
  });
const rules = fc.record({
  successRate: fc.double({ min: 0, max: 1, noNaN: true }),
  windowSeconds: fc.integer({ min: 1, max: 2000 }).map((milliseconds) => milliseconds / 1000),
});

describe("the ledger of customers", () => {
  it("finds the recovery that the definition names, whatever happened", () => {
    fc.assert(
      fc.property(
        histories,
        rules,
        fc.integer({ min: 0, max: 8000 }),
        fc.integer({ min: 0, max: 4000 }),
        (all, rule, faultAt, beyond) => {
          const now = (all.at(-1)?.at ?? 0) + beyond;
          const windowMs = 1000 * rule.windowSeconds;
          const since = all.filter(({ at }) => at >= faultAt);
          const failure = since.findIndex(({ failure: why }) => why !== undefined);
          // The definition, word by word, in quadratic time.
          const holdsFrom = (from: RequestRecord, index: number): boolean => {
            const within = since.slice(index).filter(({ at }) => at < from.at + windowMs);
            const succeeded = within.filter(({ failure: why }) => why === undefined).length;
            return (
              from.failure === undefined && from.at + windowMs <= now && succeeded >= rule.successRate * within.length
            );
          };
          const candidate =
            failure < 0 ? undefined : since.find((from, index) => index > failure && holdsFrom(from, index));
          const expected =
            failure < 0 ? (since.length > 0 && faultAt + windowMs <= now ? faultAt : undefined) : candidate?.at;
          const found = findRecovery(all, faultAt, now, rule);
          assert.equal(found?.recoveredAt, expected);
          if (found) assert.equal(found.rtoSeconds, (found.recoveredAt - faultAt) / 1000);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("does not take a lucky request in the middle of an outage for the recovery", () => {
    const all = Array.from({ length: 100 }, (_, index) =>
      request(100 * index, index >= 20 && index < 60 && index !== 40),
    );
    const rule = { successRate: 0.99, windowSeconds: 2 };
    assert.equal(findRecovery(all, 2000, 10_000, rule)?.rtoSeconds, 4);
  });

  it("adds up samples and intervals to all requests", () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 3000 }), (all, milliseconds) => {
        const ledger = createLedger();
        for (const each of all) ledger.record(each);
        const now = all.at(-1)?.at ?? 0;
        const sample = ledger.sample(now, milliseconds / 1000);
        const within = all.filter(({ at }) => at > now - milliseconds);
        assert.equal(sample.requests, within.length);
        assert.equal(sample.failed, within.filter(({ failure }) => failure !== undefined).length);
        const intervals = ledger.availability(milliseconds / 1000);
        const total = (pick: (interval: { requests: number; failed: number }) => number): number =>
          intervals.reduce((sum, interval) => sum + pick(interval), 0);
        assert.equal(
          total(({ requests }) => requests),
          all.length,
        );
        assert.equal(
          total(({ failed }) => failed),
          all.filter(({ failure }) => failure !== undefined).length,
        );
      }),
    );
  });

  it("counts as lost what was acknowledged and is not held, and measures its age at the fault", () => {
    const ledger = createLedger();
    for (const at of [1000, 2000, 3000, 4000]) ledger.record(request(at, at === 2000, "order"));
    assert.equal(ledger.acceptedOrders, 3);
    assert.deepEqual(ledger.lostWrites(new Set(["r1000"]), 5000), { ids: ["r3000", "r4000"], rpoSeconds: 2 });
    assert.deepEqual(ledger.lostWrites(new Set(["r1000", "r3000", "r4000"]), 5000), { ids: [], rpoSeconds: 0 });
  });

  it("refuses requests that lie before the last one", () => {
    const ledger = createLedger();
    ledger.record(request(2, false));
    assert.throws(() => ledger.record(request(1, false)), /lies before the last one/);
  });
});
