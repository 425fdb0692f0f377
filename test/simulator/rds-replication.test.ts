import assert from "node:assert/strict";
import fc from "fast-check";

import { metricSlot } from "../../src/simulator/services/cloud-watch/metrics.js";
import {
  isReadable,
  isWritable,
  replicaLagSeconds,
  rows,
  writeRow,
  rds,
} from "../../src/simulator/services/rds/service.js";
import { findInstance } from "../../src/simulator/services/rds/state.js";
import {
  AWAY,
  createReplicatedDatabase,
  createSimulation,
  HOME,
  withSimulation,
  type Simulation,
} from "./data-services.js";

const away = { region: AWAY, cause: "test" };

/** Commits row `index` at `offsets[index]` milliseconds from now; answers when all have been written. */
function writeAt({ world }: Simulation, offsets: readonly number[]): number {
  const start = world.now();
  offsets.forEach((offset, index) =>
    world.at(offset, () => writeRow(world, HOME, "orders", { id: `row-${index}`, at: world.now() })),
  );
  return start;
}

/** Offsets in milliseconds, in order, of at most 30 writes within 10 s. */
const offsetsOfWrites = fc
  .array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 30 })
  .map((offsets) => offsets.sort((a, b) => a - b));

describe("RDS replication", () => {
  it(
    "brings a committed row to the replica after its lag, and leaves the replica read-only",
    withSimulation(async (simulation) => {
      await createReplicatedDatabase(simulation);
      const { world, pass } = simulation;
      assert.deepEqual(writeRow(world, HOME, "orders", { id: "a", at: world.now() }), { status: "committed" });
      assert.deepEqual(writeRow(world, AWAY, "orders", { id: "b", at: world.now() }), {
        status: "failed",
        reason: "read-only",
      });
      assert.equal(rows(world, AWAY, "orders").has("a"), false);
      await pass(world.latencies["rds.replica-lag"].typical + 0.1);
      const row = rows(world, AWAY, "orders").get("a");
      assert.ok(row);
      assert.equal(Math.round(row.arrivedAt - row.committedAt), 1000 * world.latencies["rds.replica-lag"].typical);
      assert.equal(isReadable(world, AWAY, "orders"), true);
      assert.equal(isWritable(world, AWAY, "orders"), false);
    }),
  );

  it("leaves on the replica, when the source's Region is lost, exactly the rows whose arrival preceded the fault", async () => {
    await fc.assert(
      fc.asyncProperty(
        offsetsOfWrites,
        fc.integer({ min: 0, max: 13_000 }),
        fc.integer({ min: 1, max: 1000 }),
        async (offsets, faultAt, seed) => {
          // The same world without a fault says when each row arrives.
          const undisturbed = createSimulation({ seed, profile: "drawn" });
          const faulty = createSimulation({ seed, profile: "drawn" });
          try {
            await createReplicatedDatabase(undisturbed);
            const start = writeAt(undisturbed, offsets);
            await undisturbed.pass(60);
            const arrivals = [...rows(undisturbed.world, AWAY, "orders")].map(([id, { arrivedAt }]) => ({
              id,
              offset: arrivedAt - start,
            }));
            assert.equal(arrivals.length, offsets.length);
            // A row within a hundredth of a millisecond of the fault may fall either way by rounding.
            fc.pre(arrivals.every(({ offset }) => Math.abs(offset - faultAt) > 0.01));

            await createReplicatedDatabase(faulty);
            writeAt(faulty, offsets);
            faulty.world.at(faultAt, () => faulty.lose(HOME));
            await faulty.pass(60);
            const expected = arrivals.filter(({ offset }) => offset <= faultAt).map(({ id }) => id);
            assert.deepEqual([...rows(faulty.world, AWAY, "orders").keys()], expected);
          } finally {
            undisturbed.clock.stop();
            faulty.clock.stop();
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it("delivers rows in commit order, whoever looks and how often", async () => {
    await fc.assert(
      fc.asyncProperty(
        offsetsOfWrites,
        fc.array(fc.integer({ min: 0, max: 12_000 }), { maxLength: 8 }),
        async (offsets, looks) => {
          const simulation = createSimulation({ profile: "drawn" });
          try {
            await createReplicatedDatabase(simulation);
            const { world } = simulation;
            writeAt(simulation, offsets);
            const seen: string[][] = [];
            for (const look of looks.sort((a, b) => a - b))
              world.at(look, () => seen.push([...rows(world, AWAY, "orders").keys()]));
            await simulation.pass(60);
            const home = [...rows(world, HOME, "orders").keys()];
            for (const ids of [...seen, [...rows(world, AWAY, "orders").keys()]])
              assert.deepEqual(ids, home.slice(0, ids.length));
            const arrivals = [...rows(world, AWAY, "orders").values()].map(({ arrivedAt }) => arrivedAt);
            assert.deepEqual(
              arrivals,
              [...arrivals].sort((a, b) => a - b),
            );
            assert.equal(arrivals.length, offsets.length);
          } finally {
            simulation.clock.stop();
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it(
    "catches up when the lost Region comes back before a promotion",
    withSimulation(async (simulation) => {
      await createReplicatedDatabase(simulation);
      const { world, pass } = simulation;
      writeRow(world, HOME, "orders", { id: "in-flight", at: world.now() });
      simulation.lose(HOME);
      await pass(300);
      assert.equal(rows(world, AWAY, "orders").size, 0);
      simulation.heal(HOME);
      await pass(5);
      assert.equal(rows(world, AWAY, "orders").size, 1);
    }),
  );

  it(
    "stops at promotion: rows committed later on the old primary never arrive",
    withSimulation(async (simulation) => {
      await createReplicatedDatabase(simulation);
      const { world, api, pass } = simulation;
      writeRow(world, HOME, "orders", { id: "before", at: world.now() });
      await pass(10);
      api.call(rds, "PromoteReadReplica", { DBInstanceIdentifier: "orders", BackupRetentionPeriod: 7 }, away);
      writeRow(world, HOME, "orders", { id: "after", at: world.now() });
      await pass(600);
      assert.deepEqual([...rows(world, AWAY, "orders").keys()], ["before"]);
      writeRow(world, AWAY, "orders", { id: "new", at: world.now() });
      assert.deepEqual([...rows(world, AWAY, "orders").keys()], ["before", "new"]);
      assert.deepEqual([...rows(world, HOME, "orders").keys()], ["before", "after"]);
    }),
  );

  it(
    "loses nothing in a Multi-AZ failover, and refuses connections during it",
    withSimulation(async (simulation) => {
      await createReplicatedDatabase(simulation);
      const { world, api, pass } = simulation;
      const home = { region: HOME, cause: "test" };
      api.call(
        rds,
        "ModifyDBInstance",
        { DBInstanceIdentifier: "orders", MultiAZ: true, ApplyImmediately: true },
        home,
      );
      assert.equal(isWritable(world, HOME, "orders"), true);
      await pass(world.latencies["rds.convert-multi-az"].typical + 1);
      const before = findInstance(world, HOME, "orders");
      const zones = [before?.zone, before?.standbyZone];
      writeRow(world, HOME, "orders", { id: "a", at: world.now() });
      api.call(rds, "RebootDBInstance", { DBInstanceIdentifier: "orders", ForceFailover: true }, home);
      assert.deepEqual(writeRow(world, HOME, "orders", { id: "b", at: world.now() }), {
        status: "failed",
        reason: "not-available",
      });
      await pass(world.latencies["rds.multi-az-failover"].typical - 1);
      assert.equal(isReadable(world, HOME, "orders"), false);
      await pass(2);
      assert.equal(isWritable(world, HOME, "orders"), true);
      assert.deepEqual([...rows(world, HOME, "orders").keys()], ["a"]);
      const after = findInstance(world, HOME, "orders");
      assert.deepEqual([after?.standbyZone, after?.zone], zones);
      await pass(2);
      assert.deepEqual([...rows(world, AWAY, "orders").keys()], ["a"]);
    }),
  );

  it(
    "publishes ReplicaLag every minute in the replica's Region, and it grows once the source's Region is lost",
    withSimulation(async (simulation) => {
      await createReplicatedDatabase(simulation);
      const { world, pass } = simulation;
      await pass(120);
      assert.equal(replicaLagSeconds(world, findInstance(world, AWAY, "orders") as never), 0);
      simulation.lose(HOME);
      await pass(300);
      const series = [...world.state(metricSlot, AWAY).values()].filter(({ name }) => name === "ReplicaLag");
      assert.equal(series.length, 1);
      assert.deepEqual(series[0]?.dimensions, [{ Name: "DBInstanceIdentifier", Value: "orders" }]);
      const values = series[0].buckets.map(({ maximum }) => maximum);
      assert.equal(values[0], 0);
      const grown = values.slice(-4);
      for (const [index, value] of grown.entries()) {
        const previous = grown[index - 1];
        if (previous !== undefined) assert.equal(Math.round(value - previous), 60);
      }
      assert.ok((values.at(-1) ?? 0) > 200);
      assert.equal(world.state(metricSlot, HOME).size, 0);
    }),
  );

  it(
    "computes the arrival of 100,000 rows in seconds, without an event per row",
    withSimulation(
      async (simulation) => {
        await createReplicatedDatabase(simulation);
        const { world, pass } = simulation;
        const started = performance.now();
        for (let index = 0; index < 100_000; index++)
          writeRow(world, HOME, "orders", { id: `order-${index}`, at: world.now() });
        await pass(10);
        assert.equal(rows(world, AWAY, "orders").size, 100_000);
        assert.ok(performance.now() - started < 5000);
      },
      { profile: "drawn" },
    ),
  );
});
