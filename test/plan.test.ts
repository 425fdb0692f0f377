import assert from "node:assert/strict";

import fc from "fast-check";

import { criticalPath, recoveryPath, recoverySteps } from "../src/plan/critical-path.js";
import { ancestors, orderSteps, validateRunbook } from "../src/plan/graph.js";
import { planPilotLight } from "../src/plan/pilot-light.js";
import type { Observation } from "../src/plan/observation.js";
import type { RunbookInput } from "../src/plan/runbook-input.js";
import { sequentialRunbook } from "../src/plan/sequential.js";
import type { Step } from "../src/plan/step.js";
import {
  input,
  lostRegion,
  observation,
  runbooks,
  step,
  targetRegion,
  troubles,
  typical,
} from "./support/plan-fixtures.js";

function planned(of: RunbookInput = input, seen: Observation = observation) {
  const plan = planPilotLight(seen, of, typical);
  if (plan.status !== "planned") assert.fail(plan.reasons.join("; "));
  return plan;
}

/** Inputs that differ in whatever changes the runbook's shape or figures. */
const inputs: fc.Arbitrary<RunbookInput> = fc
  .record({
    ttlSeconds: fc.integer({ min: 1, max: 300 }),
    intervalSeconds: fc.constantFrom(10, 30),
    failureThreshold: fc.integer({ min: 1, max: 10 }),
    windowSeconds: fc.integer({ min: 1, max: 600 }),
    verifyByExperiment: fc.boolean(),
    reconcile: fc.subarray(["food-shop-us-east-1", "food-shop-replication", "food-shop-global"]),
  })
  .map(({ ttlSeconds, intervalSeconds, failureThreshold, windowSeconds, verifyByExperiment, reconcile }) => ({
    ...input,
    traffic: { ttlSeconds, healthCheck: { intervalSeconds, failureThreshold } },
    steadyState: { ...input.steadyState, windowSeconds },
    verifyByExperiment,
    stacks: { ...input.stacks, reconcile },
  }));

describe("pilot-light plan", () => {
  it("is a runbook, in an order that respects what steps wait for", () => {
    fc.assert(
      fc.property(inputs, (drawn) => {
        const { steps } = planned(drawn);
        assert.deepEqual(validateRunbook(steps), []);
        const done = new Set<string>();
        for (const { id, after } of steps) {
          assert.ok(
            after.every((before) => done.has(before)),
            `${id} comes before ${after.join()}`,
          );
          done.add(id);
        }
      }),
    );
  });

  it("fences the primary and claims the record before it promotes", () => {
    fc.assert(
      fc.property(inputs, (drawn) => {
        const { steps } = planned(drawn);
        const before = ancestors(steps, "promote-stack");
        for (const id of ["fence-traffic", "fence-region", "claim-activation", "decide", "observe"])
          assert.ok(before.has(id));
      }),
    );
  });

  it("starts instances while the database is promoted", () => {
    const { steps } = planned();
    assert.ok(!ancestors(steps, "scale-capacity").has("promote-stack"));
    assert.ok(!ancestors(steps, "promote-stack").has("scale-capacity"));
  });

  it("needs neither the lost Region nor Route 53's control plane to recover", () => {
    fc.assert(
      fc.property(inputs, (drawn) => {
        const path = recoverySteps(planned(drawn).steps).filter(({ optional }) => !optional);
        for (const { id, needs, recovery } of path) {
          assert.ok(recovery, `${id} is waited for and no part of the recovery`);
          for (const need of needs) {
            assert.notEqual(need.region, lostRegion, id);
            assert.ok(!(need.service === "route53" && need.plane === "control"), id);
          }
        }
      }),
    );
  });

  it("tries to fence the lost Region by its own services without depending on it", () => {
    const fence = planned().steps.find(({ id }) => id === "fence-region");
    assert.ok(fence);
    assert.equal(fence.optional, true);
    assert.ok(fence.timeoutSeconds < typical["ec2.bootstrap"]! / 2);
  });

  it("predicts detection plus the slower of database and web tier", () => {
    const t = (row: string): number => typical[row]!;
    const detection = 3 * 10 + t("route53.health-aggregation");
    const web = t("autoscaling.reaction") + t("ec2.launch") + t("ec2.bootstrap") + 10;
    const database = t("rds.promote") + t("rds.reboot");
    const plan = planned();
    assert.ok(Math.abs(plan.predictedRtoSeconds - (detection + Math.max(web, database))) < 1e-6);
    const sum = plan.criticalPath.reduce((seconds, part) => seconds + part.seconds, 0);
    assert.ok(Math.abs(sum - plan.predictedRtoSeconds) < 1e-6);
  });

  it("follows the latency table: a slower row on the path moves the prediction by as much", () => {
    const slower = { ...typical, "ec2.bootstrap": typical["ec2.bootstrap"]! + 100 };
    const plan = planPilotLight(observation, input, slower);
    assert.ok(plan.status === "planned");
    assert.ok(Math.abs(plan.predictedRtoSeconds - planned().predictedRtoSeconds - 100) < 1e-6);
  });

  it("warns when typical latencies exceed the objective", () => {
    const { warnings } = planned({ ...input, objectives: { rtoSeconds: 60, rpoSeconds: 5 } });
    assert.ok(
      warnings.some((warning) => warning.includes("objective of 60 s")),
      warnings.join(),
    );
  });

  it("asks for a row that it has no figure for", () => {
    const { "rds.promote": _, ...without } = typical;
    assert.throws(() => planPilotLight(observation, input, without), /typical\["rds.promote"\]/);
  });
});

describe("pilot-light refusals", () => {
  for (const [words, worsen] of Object.entries(troubles)) {
    it(`refuses when: ${words}`, () => {
      const plan = planPilotLight(worsen(observation), input, typical);
      if (plan.status !== "refused") assert.fail("it was planned");
      assert.ok(
        plan.reasons.some((reason) => reason.includes(words)),
        plan.reasons.join("; "),
      );
    });
  }

  it("never takes a refusal back because more is wrong", () => {
    const count = (seen: Observation): number => {
      const plan = planPilotLight(seen, input, typical);
      return plan.status === "refused" ? plan.reasons.length : 0;
    };
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.keys(troubles), { minLength: 1 }), (chosen) => {
        let seen = observation;
        for (const words of chosen) {
          seen = troubles[words]!(seen);
          assert.ok(count(seen) > 0);
        }
      }),
    );
  });

  it("goes on in spite of the lag when the loss was accepted, and says so", () => {
    const { warnings } = planned(
      { ...input, acceptDataLoss: true },
      troubles["more than the objective of 5 s"]!(observation),
    );
    assert.ok(warnings.some((warning) => warning.includes("accepted")));
  });

  it("warns, and does not refuse, when the lag is unknown", () => {
    const seen = { ...observation, replica: { ...observation.replica!, lagSeconds: null } };
    assert.ok(planned(input, seen).warnings.some((warning) => warning.includes("unknown")));
  });

  it("lets the run that claimed the record go on", () => {
    const activation = {
      ...observation.activation!,
      status: "promoting" as const,
      run: "run-1",
      activeRegion: targetRegion,
    };
    const replica = { ...observation.replica!, isReplica: false, replicationStatus: null };
    assert.equal(planPilotLight({ ...observation, activation, replica }, input, typical).status, "planned");
  });
});

describe("runbook graph", () => {
  it("orders every acyclic runbook and keeps every step", () => {
    fc.assert(
      fc.property(runbooks(), (steps) => {
        const ordered = orderSteps(steps);
        assert.ok(ordered);
        assert.deepEqual(new Set(ordered), new Set(steps));
        ordered.forEach(({ after }, index) => {
          const before = new Set(ordered.slice(0, index).map(({ id }) => id));
          assert.ok(after.every((id) => before.has(id)));
        });
      }),
    );
  });

  it("names steps that wait for each other in a circle", () => {
    assert.match(validateRunbook([step("a", ["b"]), step("b", ["a"]), step("c")]).join(), /circle: a, b/);
  });

  it("names ids used twice, steps that are waited for and absent, and lanes since an unrelated step", () => {
    assert.match(validateRunbook([step("a"), step("a")]).join(), /a is used more than once/);
    assert.match(validateRunbook([step("a", ["z"])]).join(), /a waits for z, which is no step/);
    const lane = step("b", [], { awaits: [{ row: "r", seconds: 1, since: "a" }] });
    assert.match(validateRunbook([step("a"), lane]).join(), /since a, which it does not wait for/);
  });
});

describe("critical path", () => {
  const secondsOf = (steps: readonly Step[]): number[] => steps.map(({ awaits }) => awaits[0]?.seconds ?? 0);

  it("lies between the longest single step and the sum of all", () => {
    fc.assert(
      fc.property(runbooks(), (steps) => {
        const { seconds, parts } = criticalPath(steps, {});
        const durations = secondsOf(steps);
        assert.ok(seconds >= Math.max(...durations));
        assert.ok(seconds <= durations.reduce((sum, duration) => sum + duration, 0));
        assert.equal(
          seconds,
          parts.reduce((sum, part) => sum + part.seconds, 0),
        );
      }),
    );
  });

  it("never gets shorter when a step takes longer", () => {
    fc.assert(
      fc.property(runbooks(), fc.nat(), fc.integer({ min: 0, max: 1000 }), (steps, which, more) => {
        const slower = steps.map((one, index) =>
          index === which % steps.length
            ? { ...one, awaits: one.awaits.map((latency) => ({ ...latency, seconds: (latency.seconds ?? 0) + more })) }
            : one,
        );
        assert.ok(criticalPath(slower, {}).seconds >= criticalPath(steps, {}).seconds);
      }),
    );
  });

  it("adds up what is in one lane and overlaps lanes", () => {
    const lanes = step("a", [], {
      awaits: [
        { row: "x", seconds: 3, lane: "1" },
        { row: "y", seconds: 4, lane: "1" },
        { row: "z", seconds: 5, lane: "2" },
      ],
    });
    assert.deepEqual(
      criticalPath([lanes], {}).parts.map(({ what }) => what),
      ["x", "y"],
    );
  });

  it("counts a lane from the step that began it", () => {
    const steps = [
      step("start"),
      step("slow", ["start"], { awaits: [{ row: "slow", seconds: 10 }] }),
      step("wait", ["slow"], { awaits: [{ row: "long", seconds: 12, since: "start" }] }),
    ];
    assert.equal(criticalPath(steps, {}).seconds, 12);
  });

  it("is the sum of all when the same steps run strictly one after another", () => {
    fc.assert(
      fc.property(runbooks(), (steps) => {
        const sequential = sequentialRunbook(steps);
        assert.deepEqual(validateRunbook(sequential), []);
        assert.equal(
          criticalPath(sequential, {}).seconds,
          secondsOf(steps).reduce((sum, seconds) => sum + seconds, 0),
        );
      }),
    );
  });

  it("predicts a longer recovery for the sequential pilot light", () => {
    const { steps, predictedRtoSeconds } = planned();
    const sequential = recoveryPath(sequentialRunbook(steps), typical).seconds;
    assert.ok(
      sequential >= predictedRtoSeconds + typical["rds.promote"]!,
      `${sequential} against ${predictedRtoSeconds}`,
    );
  });
});
