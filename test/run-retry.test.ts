import assert from "node:assert/strict";

import { AwsCallError, mayPass, toAwsCallError } from "../src/aws/aws-error.js";
import { waitSeconds, withRetry, type FailedAttempt } from "../src/run/retry.js";
import { createSimulatedClock, type SimulatedClock } from "../src/simulator/clock.js";

const policy = { attempts: 4, minSeconds: 10, maxSeconds: 60 };

describe("retry", () => {
  let clock: SimulatedClock;
  beforeEach(() => (clock = createSimulatedClock()));
  afterEach(() => clock.stop());

  async function attempts(failures: readonly Error[], options: { readonly better?: boolean } = {}) {
    const failed: FailedAttempt[] = [];
    const startedAt = clock.now();
    let calls = 0;
    const outcome = await withRetry(
      () => {
        const error = failures[calls++];
        return error ? Promise.reject(error) : Promise.resolve("done");
      },
      {
        policy,
        clock,
        random: () => 1,
        canGetBetter: () => options.better ?? true,
        onFailedAttempt: (attempt) => failed.push(attempt),
      },
    ).catch((error: unknown) => error);
    return { outcome, calls, failed, seconds: (clock.now() - startedAt) / 1000 };
  }

  it("waits on the target's clock, twice as long each time", async () => {
    const wall = performance.now();
    const { outcome, failed, seconds } = await attempts([new Error("1"), new Error("2"), new Error("3")]);
    assert.equal(outcome, "done");
    assert.deepEqual(
      failed.map(({ retryInSeconds }) => retryInSeconds),
      [10, 20, 40],
    );
    assert.ok(seconds >= 70 && seconds < 75, `${seconds} s on the clock`);
    assert.ok(performance.now() - wall < 5_000, "idle time is skipped");
  });

  it("gives up after the policy's attempts, with the last error", async () => {
    const errors = [1, 2, 3, 4, 5].map((number) => new Error(`failure ${number}`));
    const { outcome, calls, failed } = await attempts(errors);
    assert.equal(outcome, errors[3]);
    assert.equal(calls, 4);
    assert.equal(failed.at(-1)?.retryInSeconds, 0);
  });

  it("does not repeat what can't get better", async () => {
    const { calls, seconds } = await attempts([new Error("access denied")], { better: false });
    assert.equal(calls, 1);
    assert.ok(seconds < 5);
  });

  it("gives a TypeError one attempt: it is a bug", async () => {
    assert.equal((await attempts([new TypeError("undefined is not a function")])).calls, 1);
  });

  it("stops waiting when it is aborted", async () => {
    const stop = new AbortController();
    const wait = withRetry(() => Promise.reject(new Error("busy")), {
      policy: { attempts: 5, minSeconds: 1e6, maxSeconds: 1e6 },
      clock,
      signal: stop.signal,
      canGetBetter: () => true,
      onFailedAttempt: () => setImmediate(() => stop.abort(new Error("the operator stopped it"))),
    });
    await assert.rejects(wait, /the operator stopped it/);
  });

  it("spreads waits over the whole span, and bounds them", () => {
    assert.equal(waitSeconds(policy, 1, 0), 0);
    assert.equal(waitSeconds(policy, 1, 0.5), 5);
    assert.equal(waitSeconds(policy, 9, 1), 60);
  });
});

describe("errors of AWS clients", () => {
  const serviceError = (name: string, status: number) =>
    Object.assign(new Error("m"), { name, $metadata: { httpStatusCode: status } });
  const cases: readonly (readonly [string, unknown, AwsCallError["kind"], boolean])[] = [
    ["a refused connection", Object.assign(new Error("m"), { code: "ECONNREFUSED" }), "unreachable", true],
    ["a broken connection", Object.assign(new Error("m"), { code: "ECONNRESET" }), "unreachable", true],
    ["a time-out", Object.assign(new Error("m"), { name: "TimeoutError" }), "unreachable", true],
    ["throttling by name", serviceError("Throttling", 400), "throttled", true],
    ["throttling by status", serviceError("Whatever", 429), "throttled", true],
    ["S3's slow down", serviceError("SlowDown", 503), "throttled", true],
    ["a failing service", serviceError("InternalFailure", 500), "unavailable", true],
    ["a state that forbids it now", serviceError("InvalidDBInstanceStateFault", 400), "conflict", true],
    ["expired credentials", serviceError("ExpiredToken", 403), "expired-credentials", false],
    [
      "no credentials",
      Object.assign(new Error("m"), { name: "CredentialsProviderError" }),
      "expired-credentials",
      false,
    ],
    ["denied access", serviceError("AccessDenied", 403), "access-denied", false],
    ["an absent database", serviceError("DBInstanceNotFoundFault", 404), "not-found", false],
    ["an absent target group", serviceError("TargetGroupNotFoundException", 400), "not-found", false],
    ["an invalid call", serviceError("ValidationError", 400), "invalid", false],
  ];
  for (const [what, error, kind, retried] of cases) {
    it(`takes ${what} as ${kind}${retried ? ", to be tried again" : ""}`, () => {
      const mapped = toAwsCallError(error, "rds", "us-east-1");
      assert.ok(mapped instanceof AwsCallError);
      assert.equal(mapped.kind, kind);
      assert.equal(mayPass(mapped), retried);
    });
  }

  it("leaves errors alone that are none of AWS's", () => {
    const bug = new TypeError("bug");
    assert.equal(toAwsCallError(bug, "rds", "us-east-1"), bug);
  });
});
