import assert from "node:assert/strict";

import { injectRegionLoss } from "../../src/simulator/fault.js";
import { rows } from "../../src/simulator/services/rds/replication.js";
import { rds } from "../../src/simulator/services/rds/service.js";
import { resolveName } from "../../src/simulator/services/route-53/service.js";
import { startWorkload, unreplicatedAt, type Workload } from "../../src/simulator/workload.js";
import { AWAY, createReplicatedDatabase, createSimulation, HOME, type Simulation } from "./data-services.js";
import { createFailoverZone, createWebTiers, DATABASE, DOMAIN } from "./shop-fixture.js";

const ORDERS_PER_SECOND = 5;
const steady = { successRate: 0.99, windowSeconds: 30 };

/** A shop that serves from HOME, with a replica, a web tier that stands by in AWAY, and customers. */
async function openShop(
  options: { readonly seed?: number; readonly away?: number } = {},
): Promise<{ simulation: Simulation; workload: Workload }> {
  const simulation = createSimulation({
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    profile: "drawn",
  });
  await createReplicatedDatabase(simulation, DATABASE);
  const { home, away } = await createWebTiers(simulation, { home: 2, away: options.away ?? 2 });
  createFailoverZone(simulation, home, away);
  await simulation.pass(120);
  const workload = startWorkload(simulation.world, { domain: DOMAIN, ordersPerSecond: ORDERS_PER_SECOND });
  return { simulation, workload };
}

describe("simulated customers", () => {
  it("order and browse at a steady rate, and every acknowledged order stands in the database", async () => {
    const { simulation, workload } = await openShop();
    try {
      await simulation.pass(60);
      const sample = workload.sample(60);
      assert.equal(sample.failed, 0);
      assert.ok(Math.abs(sample.writesAccepted - 60 * ORDERS_PER_SECOND) <= 1);
      assert.equal(sample.requests, workload.ledger.requests.length);
      const held = rows(simulation.world, HOME, DATABASE);
      assert.equal(held.size, workload.ledger.acceptedOrders);
      assert.ok(workload.ledger.requests.every(({ region }) => region === HOME));
      workload.stop();
      await simulation.pass(60);
      assert.equal(workload.sample(60).requests, 0);
    } finally {
      simulation.clock.stop();
    }
  });

  it("keep what they were answered for its time to live: caches move one after another, all within a minute", async () => {
    const { simulation, workload } = await openShop();
    try {
      await simulation.pass(60);
      injectRegionLoss(simulation.world, HOME, simulation.world.now());
      await simulation.clock.pollUntil(
        () => resolveName(simulation.world, DOMAIN)?.targets[0]?.includes(AWAY) ?? false,
        { intervalMs: 100 },
      );
      const changedAt = simulation.world.now();
      await simulation.pass(70);
      const since = workload.ledger.requests.filter(({ at }) => at >= changedAt);
      const gone = since.filter(({ failure }) => failure === "unreachable");
      const moved = since.filter(({ region }) => region === AWAY);
      assert.ok((gone.at(-1)?.at ?? 0) - changedAt > 30_000, "some caches last");
      assert.ok((gone.at(-1)?.at ?? 0) - changedAt < 60_100, "none outlasts the time to live");
      assert.ok((moved[0]?.at ?? Infinity) - changedAt < 10_000, "some move at once");
      // The replica can be read, not written to.
      assert.ok(moved.every(({ kind, failure }) => failure === (kind === "order" ? "database: read-only" : undefined)));
    } finally {
      simulation.clock.stop();
    }
  });

  it("measure a recovery: lost orders are those that the databases' rows show unreplicated, the RPO is their age", async () => {
    const { simulation, workload } = await openShop();
    const { world, api, clock } = simulation;
    try {
      await simulation.pass(120);
      const faultAt = world.now();
      injectRegionLoss(world, HOME, faultAt);
      await simulation.pass(60);
      assert.equal(workload.recovery(faultAt, steady), undefined);
      const away = { region: AWAY, cause: "promote" };
      api.call(rds, "PromoteReadReplica", { DBInstanceIdentifier: DATABASE }, away);
      await clock.pollUntil(() => workload.recovery(faultAt, steady) !== undefined, { intervalMs: 1000 });
      const recovery = workload.recovery(faultAt, steady);
      const promoted = rows(world, AWAY, DATABASE);
      const { ids, rpoSeconds } = workload.ledger.lostWrites(promoted, faultAt);
      const source = { region: HOME, identifier: DATABASE };
      const unreplicated = unreplicatedAt(world, source, { region: AWAY, identifier: DATABASE }, faultAt);
      assert.deepEqual(ids, unreplicated);
      const oldest = rows(world, HOME, DATABASE).get(ids[0] ?? "")?.committedAt;
      assert.equal(rpoSeconds, oldest === undefined ? 0 : (faultAt - oldest) / 1000);
      assert.ok(rpoSeconds <= 5);
      assert.ok((recovery?.rtoSeconds ?? 0) > 60);
      const before = workload.ledger.requests.filter(({ at }) => at >= faultAt && at < (recovery?.recoveredAt ?? 0));
      assert.ok(before.length > 0 && before.some(({ failure }) => failure !== undefined));
    } finally {
      clock.stop();
    }
  });

  it("do the same with the same seed, at the same instants, and something else with another", async () => {
    const run = async (seed: number): Promise<string> => {
      const { simulation, workload } = await openShop({ seed });
      const from = simulation.world.now();
      await simulation.pass(30);
      simulation.clock.stop();
      const first = workload.ledger.requests[0]?.at ?? from;
      return workload.ledger.requests
        .map(({ at, kind, id, failure }) => `${(at - first).toFixed(0)} ${kind} ${id} ${failure}`)
        .slice(0, 250)
        .join("\n");
    };
    const [once, again, other] = [await run(7), await run(7), await run(8)];
    assert.equal(once, again);
    assert.notEqual(once, other);
  });

  it("cost little: an hour of 5 orders a second takes about a second of CPU, and 3 at most", async () => {
    const { simulation, workload } = await openShop();
    try {
      const before = process.cpuUsage();
      await simulation.pass(3600);
      const { user, system } = process.cpuUsage(before);
      const seconds = (user + system) / 1e6;
      assert.ok(workload.ledger.requests.length > 7190 * ORDERS_PER_SECOND);
      assert.ok(seconds < 3, `took ${seconds} s of CPU`);
    } finally {
      simulation.clock.stop();
    }
  });
});
