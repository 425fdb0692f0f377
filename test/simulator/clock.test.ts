import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

import fc from "fast-check";

import { createSimulatedClock, type SimulatedClock } from "../../src/simulator/clock.js";

const minute = 60_000;

describe("the simulated clock", () => {
  let clock: SimulatedClock;
  let origin: number;

  beforeEach(() => {
    origin = Date.UTC(2026, 0, 1);
    clock = createSimulatedClock({ origin });
  });

  afterEach(() => clock.stop());

  it("skips a wait of a day in well under a second", async () => {
    const started = performance.now();
    await clock.sleep(24 * 60 * minute);
    assert.ok(performance.now() - started < 500);
    assert.ok(clock.now() - origin >= 24 * 60 * minute);
  });

  it("wakes sleepers in the order of their instants, however they were started", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 20 }),
        async (waits) => {
          const own = createSimulatedClock({ origin });
          const woken: number[] = [];
          const startedAt = own.now();
          await Promise.all(
            waits.map(async (wait) => {
              await own.sleep(wait * minute);
              woken.push(wait);
              assert.ok(own.now() - startedAt >= wait * minute);
            }),
          );
          own.stop();
          assert.deepEqual(
            woken,
            [...waits].sort((a, b) => a - b),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it("runs world events at exactly the instant that they are due, also when software was slow", async () => {
    const instants: number[] = [];
    for (const at of [5, 1, 3]) clock.schedule(origin + at, () => instants.push(clock.now() - origin));
    const blockedUntil = performance.now() + 20;
    while (performance.now() < blockedUntil);
    await clock.sleep(1);
    assert.deepEqual(instants, [1, 3, 5]);
  });

  it("lets overlapping waits overlap: two of three minutes take three minutes", async () => {
    const startedAt = clock.now();
    await Promise.all([clock.sleep(3 * minute), clock.sleep(3 * minute)]);
    const passed = clock.now() - startedAt;
    assert.ok(passed >= 3 * minute && passed < 3 * minute + 1_000, `${passed} ms`);
  });

  it("does not skip while work outside of it is under way", async () => {
    const startedAt = clock.now();
    let wokenAfterWork = false;
    let working = true;
    await Promise.all([
      clock.busy(async () => {
        await delay(60);
        working = false;
      }),
      clock.sleep(minute).then(() => (wokenAfterWork = !working)),
    ]);
    assert.ok(wokenAfterWork);
    assert.ok(clock.now() - startedAt < minute + 1_000);
  });

  it("does not skip while a watched operation is not idle", async () => {
    let idle = false;
    const endWatch = clock.watch(() => idle);
    const order: string[] = [];
    const sleeping = clock.sleep(minute).then(() => order.push("slept"));
    await delay(40);
    order.push("became idle");
    idle = true;
    await sleeping;
    endWatch();
    assert.deepEqual(order, ["became idle", "slept"]);
  });

  it("runs at real speed while nobody waits, however many events are scheduled", async () => {
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      clock.schedule(clock.now() + minute, tick);
    };
    clock.schedule(origin + minute, tick);
    await delay(50);
    assert.equal(ticks, 0);
    assert.ok(clock.now() - origin < 1_000);
  });

  it("polls a condition on world time and stops at the first poll that holds", async () => {
    let ready = false;
    clock.schedule(origin + 95_000, () => (ready = true));
    await clock.pollUntil(() => ready, { delayMs: 60_000, intervalMs: 10_000 });
    const passed = clock.now() - origin;
    assert.ok(passed >= 100_000 && passed < 101_000, `${passed} ms`);
  });

  it("rejects a sleep when its signal aborts", async () => {
    const controller = new AbortController();
    const endWatch = clock.watch(() => false);
    const sleeping = clock.sleep(minute, controller.signal);
    controller.abort(new Error("stopped by the operator"));
    await assert.rejects(sleeping, /stopped by the operator/);
    endWatch();
  });

  it("rejects pending sleeps when it stops", async () => {
    const endWatch = clock.watch(() => false);
    const sleeping = clock.sleep(minute);
    clock.stop();
    await assert.rejects(sleeping, /has stopped/);
    endWatch();
  });
});
