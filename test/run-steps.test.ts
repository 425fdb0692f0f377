import assert from "node:assert/strict";

import type { ActivationRecord } from "../programs/activation.js";
import { parseAppSpec } from "../programs/app.js";
import { AwsCallError } from "../src/aws/aws-error.js";
import { StackOperationError } from "../src/errors.js";
import type { Observation } from "../src/plan/observation.js";
import { planPilotLight } from "../src/plan/pilot-light.js";
import type { Step } from "../src/plan/step.js";
import { claimActivation } from "../src/run/activation-change.js";
import { stepCause } from "../src/run/cause.js";
import { judgeLoss, type PrimarySignals } from "../src/run/observe/loss.js";
import { destructiveSteps } from "../src/run/observe/stacks.js";
import type { StackOperations } from "../src/run/stack-operations.js";
import type { StackResult } from "../src/run/stack-protocol.js";
import { createStepContext, type RunContext } from "../src/run/step-context.js";
import type { StepIo, StepOutcome } from "../src/run/step-effect.js";
import { canGetBetter, performStep } from "../src/run/steps/registry.js";
import { waitUntil } from "../src/run/wait-until.js";
import { createSimulatedClock, type SimulatedClock } from "../src/simulator/clock.js";
import type { Target, UserSample } from "../src/target/target.js";
import { input, lostRegion, observation, targetRegion, typical } from "./support/plan-fixtures.js";

const app = parseAppSpec({
  name: "food-shop",
  strategy: "pilot-light",
  regions: { primary: lostRegion, standby: targetRegion },
  domain: "shop.example.com",
  objectives: { rtoSeconds: 900, rpoSeconds: 5 },
  dataClasses: [{ name: "orders", store: "database", rpoSeconds: 5 }],
  capacity: { instanceType: "t3.medium", desired: 2, max: 4 },
  database: {
    engine: "mysql",
    engineVersion: "8.0",
    instanceClass: "db.t3.medium",
    allocatedStorageGb: 20,
    backupRetentionDays: 7,
  },
  traffic: {
    mechanism: "route53-failover",
    ttlSeconds: 60,
    healthCheck: { intervalSeconds: 10, failureThreshold: 3 },
    ordersPerSecond: 2,
  },
  steadyState: { successRate: 0.99, windowSeconds: 60 },
});

const unchanged: StackResult = { outputs: {}, changes: { same: 3 }, steps: [], resources: [] };

const initial: ActivationRecord = {
  epoch: 0,
  activeRegion: lostRegion,
  status: "active",
  since: "2026-01-01T00:00:00.000Z",
  run: null,
  roles: { [lostRegion]: "primary", [targetRegion]: "standby" },
};

describe("step effects", () => {
  let clock: SimulatedClock;
  beforeEach(() => (clock = createSimulatedClock()));
  afterEach(() => clock.stop());

  /** Stacks whose activation record is kept in memory, and a log of what was done to them. */
  function fakeStacks(record = initial, more: Partial<StackOperations> = {}) {
    const ups: string[] = [];
    const state = { record };
    const stacks: StackOperations = {
      up: ({ stack, activation }) => {
        ups.push(stack);
        if (activation) state.record = activation;
        return Promise.resolve(unchanged);
      },
      preview: () => Promise.resolve(unchanged),
      readActivation: () => Promise.resolve(state.record),
      stateBackend: () => Promise.resolve({ reachable: true, region: null }),
      warm: () => undefined,
      ...more,
    };
    return { stacks, ups, state };
  }

  function stepOf(id: string): Step {
    const plan = planPilotLight(observation, input, typical);
    const found = plan.status === "planned" ? plan.steps.find((step) => step.id === id) : undefined;
    assert.ok(found, id);
    return found;
  }

  function perform(
    id: string,
    options: {
      readonly stacks?: StackOperations;
      readonly users?: readonly UserSample[];
      readonly data?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      readonly progress?: string[];
    } = {},
  ): Promise<StepOutcome> {
    const samples = [...(options.users ?? [])];
    const target = {
      name: "simulator",
      clock,
      users: { sample: () => Promise.resolve(samples.length > 1 ? samples.shift() : samples[0]) },
    } as unknown as Target;
    const run: RunContext = {
      target,
      app,
      input,
      typical,
      stacks: options.stacks ?? fakeStacks().stacks,
      tools: { ready: true },
    };
    const io: StepIo = {
      signal: new AbortController().signal,
      attempt: 1,
      progress: (message) => options.progress?.push(message),
      record: () => undefined,
      data: (step) => options.data?.[step],
    };
    return performStep(stepOf(id), createStepContext(run, io, id));
  }

  describe("decide", () => {
    const withObservation = (seen: Observation) => ({ data: { observe: { observation: seen } } });

    it("goes on when the planner does", async () => {
      assert.equal((await perform("decide", withObservation(observation))).status, "completed");
    });

    it("refuses with the planner's reasons", async () => {
      const outcome = await perform("decide", withObservation({ ...observation, replica: null }));
      assert.deepEqual(outcome, { status: "refused", reasons: ["there is no database food-shop-db in us-east-1"] });
    });

    it("fails without an observation", async () => {
      assert.equal((await perform("decide")).status, "failed");
    });
  });

  describe("record-activation", () => {
    it("claims the next epoch for the standby, and marks the old primary lost", async () => {
      const { stacks, state } = fakeStacks();
      assert.equal((await perform("claim-activation", { stacks })).status, "completed");
      const { epoch, activeRegion, status, run, roles } = state.record;
      assert.deepEqual(
        { epoch, activeRegion, status, run, roles },
        {
          epoch: 1,
          activeRegion: targetRegion,
          status: "promoting",
          run: "run-1",
          roles: { [lostRegion]: "lost", [targetRegion]: "primary" },
        },
      );
    });

    it("changes nothing when the claim already stands", async () => {
      const claimed = claimActivation(initial, {
        run: "run-1",
        lostRegion,
        targetRegion,
        since: "2026-01-01T00:00:00.000Z",
      });
      const { stacks, ups } = fakeStacks(claimed);
      assert.equal((await perform("claim-activation", { stacks })).status, "completed");
      assert.deepEqual(ups, []);
    });

    it("does not take a claim away from another run", async () => {
      const claimed = claimActivation(initial, {
        run: "run-2",
        lostRegion,
        targetRegion,
        since: "2026-01-01T00:00:00.000Z",
      });
      const { stacks, ups } = fakeStacks(claimed);
      const outcome = await perform("claim-activation", { stacks });
      assert.ok(outcome.status === "failed" && outcome.reason.includes("run run-2 is already promoting"));
      assert.deepEqual(ups, []);
    });

    it("fails when another run's claim stands after its own was written", async () => {
      const { stacks, state } = fakeStacks();
      const racing: StackOperations = {
        ...stacks,
        up: async (change) => {
          const result = await stacks.up(change);
          state.record = { ...state.record, run: "run-2" };
          return result;
        },
      };
      const outcome = await perform("claim-activation", { stacks: racing });
      assert.ok(outcome.status === "failed" && outcome.reason.includes("run run-2 has claimed epoch 1"));
    });

    it("confirms its own claim in the same epoch, once", async () => {
      const claimed = claimActivation(initial, {
        run: "run-1",
        lostRegion,
        targetRegion,
        since: "2026-01-01T00:00:00.000Z",
      });
      const { stacks, state, ups } = fakeStacks(claimed);
      await perform("confirm-activation", { stacks });
      assert.deepEqual(state.record, { ...claimed, status: "active" });
      await perform("confirm-activation", { stacks });
      assert.equal(ups.length, 1);
    });

    it("does not confirm what another run holds", async () => {
      assert.equal((await perform("confirm-activation")).status, "failed");
    });
  });

  describe("reconcile-stack", () => {
    const replacing: StackResult = {
      ...unchanged,
      steps: [{ urn: "urn:db", type: "aws:rds/instance:Instance", op: "replace", keys: ["identifier"] }],
    };

    it("leaves a stack as it is when that would replace or delete anything", async () => {
      const { stacks, ups } = fakeStacks(initial, { preview: () => Promise.resolve(replacing) });
      const outcome = await perform("reconcile-food-shop-us-east-1", { stacks });
      assert.ok(outcome.status === "failed" && outcome.reason.includes("urn:db"));
      assert.deepEqual(ups, []);
    });

    it("does nothing where nothing differs", async () => {
      const { stacks, ups } = fakeStacks();
      assert.equal((await perform("reconcile-food-shop-us-east-1", { stacks })).status, "completed");
      assert.deepEqual(ups, []);
    });

    it("takes updates and creations as harmless, replacements and deletions not", () => {
      const step = (op: string) => ({ urn: `urn:${op}`, type: "t", op, keys: [] });
      const ops = ["same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced"];
      assert.deepEqual(
        destructiveSteps(ops.map(step)),
        ops.slice(3).map((op) => `urn:${op}`),
      );
    });
  });

  describe("verify-users", () => {
    const sample = (failed: number): UserSample => ({ requests: 100, failed, writesAccepted: 100 - failed });

    it("waits until enough requests of a whole window succeeded", async () => {
      const progress: string[] = [];
      const startedAt = clock.now();
      const outcome = await perform("verify-users", { users: [sample(60), sample(2), sample(1)], progress });
      assert.equal(outcome.status, "completed");
      assert.deepEqual(progress, [
        "40 % of the requests within 60 s succeeded",
        "98 % of the requests within 60 s succeeded",
      ]);
      assert.ok(clock.now() - startedAt >= 12_000);
    });
  });

  describe("waiting", () => {
    const options = (onMissing: (what: string) => void = () => undefined) => ({
      clock,
      signal: new AbortController().signal,
      everySeconds: 5,
      onMissing,
    });

    it("takes a call that may succeed later as a look that found nothing", async () => {
      let looks = 0;
      const missing: string[] = [];
      const found = await waitUntil(
        () =>
          ++looks < 3
            ? Promise.reject(new AwsCallError("throttled", "rds", "us-east-1", "Throttling", "slow down"))
            : Promise.resolve({ found: "it" }),
        options((what) => missing.push(what)),
      );
      assert.equal(found, "it");
      assert.deepEqual(missing, ["rds in us-east-1: Throttling: slow down"]);
    });

    it("ends with an error that can't get better", async () => {
      const denied = new AwsCallError("access-denied", "rds", "us-east-1", "AccessDenied", "no");
      await assert.rejects(
        waitUntil(() => Promise.reject(denied), options()),
        denied,
      );
    });
  });

  it("tries busy services and failed stack operations again, and nothing else", () => {
    assert.ok(canGetBetter(new AwsCallError("unreachable", "rds", "us-east-1", "ECONNRESET", "")));
    assert.ok(canGetBetter(new StackOperationError("s", "up", ["locked"])));
    assert.ok(!canGetBetter(new AwsCallError("invalid", "rds", "us-east-1", "ValidationError", "")));
    assert.ok(!canGetBetter(new Error("bug")));
  });
});

describe("loss of the primary", () => {
  const good = { nameServiceLeft: false, usersSucceeding: 1, regionAnswers: true };
  const options = { successRate: 0.99, patienceSeconds: 30 };
  const looks = (...signs: Partial<PrimarySignals>[]): PrimarySignals[] =>
    signs.map((sign, index) => ({ ...good, ...sign, at: index * 10_000 }));

  it("is not seen from one sign alone, however long it lasts", () => {
    for (const sign of [{ nameServiceLeft: true }, { usersSucceeding: 0 }, { regionAnswers: false }]) {
      const { lost, signs } = judgeLoss(looks(sign, sign, sign, sign, sign, sign), options);
      assert.equal(lost, false, signs.join());
      assert.equal(signs.length, 1);
    }
  });

  it("is seen when the name service has left and another sign agrees", () => {
    assert.ok(judgeLoss(looks({}, { nameServiceLeft: true, usersSucceeding: 0.2 }), options).lost);
    assert.ok(judgeLoss(looks({}, { nameServiceLeft: true, regionAnswers: false }), options).lost);
  });

  it("is seen when the name service can't be asked, users have failed for long enough and the Region is silent", () => {
    const sign = { nameServiceLeft: undefined, usersSucceeding: 0, regionAnswers: false };
    assert.ok(!judgeLoss(looks(sign, sign, sign), options).lost);
    assert.ok(judgeLoss(looks(sign, sign, sign, sign), options).lost);
    assert.ok(!judgeLoss(looks(sign, sign, {}, sign, sign), options).lost, "a good look in between counts anew");
  });

  it("takes three times as long while the name service still answers the primary", () => {
    const sign = { usersSucceeding: 0, regionAnswers: false };
    const times = (count: number): Partial<PrimarySignals>[] => Array.from({ length: count }, () => sign);
    assert.ok(!judgeLoss(looks(...times(9)), options).lost);
    assert.ok(judgeLoss(looks(...times(10)), options).lost);
  });

  it("takes no requests, and a name service that can't be asked, as no sign", () => {
    const silent = { nameServiceLeft: undefined, usersSucceeding: undefined };
    assert.deepEqual(judgeLoss(looks(silent, silent), options).signs, []);
  });

  it("dates the suspicion from the first sign of the series", () => {
    assert.equal(
      judgeLoss(looks({}, { regionAnswers: false }, { nameServiceLeft: true }), options).suspectedAt,
      10_000,
    );
    assert.equal(judgeLoss(looks({ regionAnswers: false }, {}), options).suspectedAt, undefined);
  });
});

describe("cause of a call", () => {
  it("names run and step in at most 50 characters that clients send unchanged, and keeps long ones apart", () => {
    assert.equal(stepCause("run-1", "observe"), "run-1.observe");
    const long = (end: string): string =>
      stepCause("20260101-abcdef", `reconcile-a-name-that-is-rather-long-for-this-${end}`);
    assert.ok(long("one").length <= 50);
    assert.notEqual(long("one"), long("two"));
    assert.match(long("one"), /^[\w.-]+$/);
  });
});
