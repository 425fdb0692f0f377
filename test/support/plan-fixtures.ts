import fc from "fast-check";

import type { Observation } from "../../src/plan/observation.js";
import type { RunbookInput, TypicalSeconds } from "../../src/plan/runbook-input.js";
import type { Step } from "../../src/plan/step.js";
import { latencyTable } from "../../src/latency/table.js";

export const lostRegion = "ap-northeast-2";
export const targetRegion = "us-east-1";

export const typical: TypicalSeconds = Object.fromEntries(
  Object.entries(latencyTable).map(([row, { typical: seconds }]) => [row, seconds]),
);

export const input: RunbookInput = {
  mode: "drill",
  run: "run-1",
  app: "food-shop",
  domain: "shop.example.com",
  lostRegion,
  targetRegion,
  objectives: { rtoSeconds: 900, rpoSeconds: 5 },
  desiredCapacity: 2,
  traffic: { ttlSeconds: 60, healthCheck: { intervalSeconds: 10, failureThreshold: 3 } },
  steadyState: { successRate: 0.99, windowSeconds: 60 },
  stacks: { activation: "food-shop-activation", target: "food-shop-us-east-1", reconcile: ["food-shop-us-east-1"] },
  names: { database: "food-shop-db", autoScalingGroup: "food-shop-web", targetGroup: "food-shop-web" },
};

/** Everything as it should be before a failover. */
export const observation: Observation = {
  at: "2026-01-01T00:00:00.000Z",
  targetReachable: true,
  tools: { ready: true },
  stateBackend: { reachable: true, region: null },
  regions: { [lostRegion]: "impaired", [targetRegion]: "healthy" },
  primary: "lost",
  activation: {
    epoch: 3,
    activeRegion: lostRegion,
    status: "active",
    run: null,
    roles: { [lostRegion]: "primary", [targetRegion]: "standby" },
  },
  replica: {
    identifier: "food-shop-db",
    status: "available",
    isReplica: true,
    replicationStatus: "replicating",
    lagSeconds: 0.8,
    backupRetentionDays: 7,
  },
  capacity: { desired: 0, max: 4, healthyTargets: 0, targetCheckSeconds: 10 },
  promotion: { destructive: [] },
};

/** Ways in which an observation can be bad, each refused alone. */
export const troubles: Readonly<Record<string, (good: Observation) => Observation>> = {
  "does not answer": (good) => ({ ...good, targetReachable: false }),
  "no CLI here": (good) => ({ ...good, tools: { ready: false, problem: "no CLI here" } }),
  "state can't be read": (good) => ({ ...good, stateBackend: { ...good.stateBackend, reachable: false } }),
  "state lies in ap-northeast-2": (good) => ({ ...good, stateBackend: { ...good.stateBackend, region: lostRegion } }),
  "impaired itself": (good) => ({ ...good, regions: { ...good.regions, [targetRegion]: "impaired" } }),
  "nothing is to be recovered": (good) => ({ ...good, primary: "serving" }),
  "record can't be read": (good) => ({ ...good, activation: null }),
  "already promoting": (good) => ({
    ...good,
    activation: good.activation && { ...good.activation, status: "promoting", run: "another" },
  }),
  "is active, not ap-northeast-2": (good) => ({
    ...good,
    activation: good.activation && { ...good.activation, activeRegion: "eu-west-1" },
  }),
  "not standby": (good) => ({
    ...good,
    activation: good.activation && { ...good.activation, roles: { ...good.activation.roles, [targetRegion]: "lost" } },
  }),
  "no database": (good) => ({ ...good, replica: null }),
  "is no replica": (good) => ({ ...good, replica: good.replica && { ...good.replica, isReplica: false } }),
  "does not replicate": (good) => ({
    ...good,
    replica: good.replica && { ...good.replica, replicationStatus: "error" },
  }),
  "RDS can't promote it": (good) => ({ ...good, replica: good.replica && { ...good.replica, status: "stopped" } }),
  "has no backups": (good) => ({ ...good, replica: good.replica && { ...good.replica, backupRetentionDays: 0 } }),
  "more than the objective of 5 s": (good) => ({
    ...good,
    replica: good.replica && { ...good.replica, lagSeconds: 6 },
  }),
  "no Auto Scaling group": (good) => ({ ...good, capacity: null }),
  "at most 1 instances": (good) => ({ ...good, capacity: good.capacity && { ...good.capacity, max: 1 } }),
  "can't be previewed": (good) => ({ ...good, promotion: { destructive: [], problem: "program failed" } }),
  "would replace or delete urn:db": (good) => ({ ...good, promotion: { destructive: ["urn:db"] } }),
};

/** A step of no matter which kind, for tests about order and time. */
export function step(id: string, after: readonly string[] = [], changes: Partial<Step> = {}): Step {
  return {
    kind: "fence-traffic",
    id,
    title: id,
    region: targetRegion,
    plane: "data",
    after,
    timeoutSeconds: 600,
    retry: { attempts: 1, minSeconds: 0, maxSeconds: 0 },
    needs: [],
    awaits: [],
    recovery: true,
    fencedRegion: lostRegion,
    ...changes,
  } as Step;
}

/** Acyclic runbooks of up to `size` steps, in random order, with a duration each. */
export function runbooks(size = 8): fc.Arbitrary<readonly Step[]> {
  return fc
    .array(
      fc.record({ seconds: fc.integer({ min: 0, max: 1000 }), before: fc.array(fc.nat(size), { maxLength: 3 }) }),
      { minLength: 1, maxLength: size },
    )
    .chain((drawn) => {
      const steps = drawn.map(({ seconds, before }, index) =>
        step(`s${index}`, [...new Set(before.filter((other) => other < index).map((other) => `s${other}`))], {
          awaits: [{ row: `row-${index}`, seconds }],
        }),
      );
      return fc.shuffledSubarray(steps, { minLength: steps.length });
    });
}
