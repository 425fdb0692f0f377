import assert from "node:assert/strict";

import { createSimulatedClock } from "../../src/simulator/clock.js";
import { createCallTracker } from "../../src/simulator/provider/calls.js";
import { waitForState, WaitError, type StateWait } from "../../src/simulator/provider/wait.js";
import { createWorld } from "../../src/simulator/world.js";

/** Seconds at which a wait looked, until the state was there. */
async function looksOf(
  wait: Omit<StateWait, "label" | "state" | "target">,
  readyAfterSeconds: number,
): Promise<number[]> {
  const clock = createSimulatedClock({ origin: 0 });
  const world = createWorld({ clock });
  const startedAt = world.now();
  const looks: number[] = [];
  const seconds = (): number => (world.now() - startedAt) / 1000;
  const state = (): string => {
    looks.push(Math.round(seconds() * 10) / 10);
    return seconds() >= readyAfterSeconds ? "ready" : "pending";
  };
  try {
    await waitForState(
      world,
      { label: "waiting", state, target: ["ready"], ...wait },
      1200,
      new AbortController().signal,
    );
  } finally {
    clock.stop();
  }
  return looks;
}

describe("the provider's waits", () => {
  it("look at once, then after ever longer pauses up to 10 seconds", async () => {
    assert.deepEqual(await looksOf({}, 35), [0, 0.2, 0.6, 1.4, 3, 6.2, 12.6, 22.6, 32.6, 42.6]);
  });

  it("look after the delay, at fixed intervals, and want to see the target several times in a row", async () => {
    const looks = await looksOf({ delaySeconds: 60, pollSeconds: 10, consecutive: 3 }, 75);
    assert.deepEqual(looks, [60, 70, 80, 90, 100]);
  });

  it("pause no less than they are told to", async () => {
    assert.deepEqual(await looksOf({ delaySeconds: 30, minSeconds: 10 }, 45), [30, 40, 50]);
  });

  it("end when the time is over, with the last state", async () => {
    await assert.rejects(looksOf({ pollSeconds: 10, timeoutSeconds: 60 }, 1_000), (error: unknown) => {
      assert.ok(error instanceof WaitError);
      assert.match(error.message, /last state: 'pending', timeout: 60s/);
      return true;
    });
  });

  it("end at once when they are cancelled", async () => {
    const clock = createSimulatedClock();
    const controller = new AbortController();
    const wait = { label: "waiting", state: () => "pending", target: ["ready"], pollSeconds: 10 };
    const release = clock.watch(() => false);
    const waiting = waitForState(createWorld({ clock }), wait, 1200, controller.signal);
    controller.abort(new Error("cancelled"));
    await assert.rejects(waiting, /cancelled/);
    release();
    clock.stop();
  });
});

describe("the provider's account of its calls", () => {
  it("counts a component as waiting only while every child that it waits for does", () => {
    const calls = createCallTracker();
    const component = calls.begin("awsx:ec2:Vpc::vpc");
    assert.deepEqual([calls.outstanding(), calls.waiting()], [["awsx:ec2:Vpc::vpc"], []]);
    component.childStarted("aws:ec2/vpc:Vpc::vpc");
    component.childStarted("aws:ec2/eip:Eip::vpc-1");
    const vpc = calls.begin("aws:ec2/vpc:Vpc::vpc");
    vpc.sleeping(true);
    assert.deepEqual(calls.waiting(), ["aws:ec2/vpc:Vpc::vpc"]);
    component.childEnded("aws:ec2/eip:Eip::vpc-1");
    assert.deepEqual(calls.waiting(), ["aws:ec2/vpc:Vpc::vpc", "awsx:ec2:Vpc::vpc"]);
    vpc.end();
    assert.deepEqual([calls.outstanding(), calls.waiting()], [["awsx:ec2:Vpc::vpc"], []]);
    component.end();
    assert.deepEqual(calls.outstanding(), []);
  });
});
