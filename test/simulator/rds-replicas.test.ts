import assert from "node:assert/strict";

import { RegionUnreachableError } from "../../src/simulator/service.js";
import { kms } from "../../src/simulator/services/kms/service.js";
import { isReadable, isWritable, rds } from "../../src/simulator/services/rds/service.js";
import {
  AWAY,
  HOME,
  createReplicatedDatabase,
  describeOne,
  modify,
  order,
  refusal,
  withSimulation,
} from "./data-services.js";

const home = { region: HOME, cause: "test" };
const away = { region: AWAY, cause: "test" };

describe("RDS read replicas", () => {
  it(
    "in another Region need an available source with backups and, when it is encrypted, a key of their own Region",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      const key = api.call(kms, "CreateKey", {}, away).KeyMetadata?.Arn;
      const homeKey = api.call(kms, "CreateKey", {}, home).KeyMetadata?.Arn;
      api.call(rds, "CreateDBInstance", { ...order, StorageEncrypted: true, BackupRetentionPeriod: 0 }, home);
      const source = describeOne(simulation, HOME).DBInstanceArn;
      const replicate =
        (KmsKeyId?: string, SourceDBInstanceIdentifier = source) =>
        () =>
          api.call(
            rds,
            "CreateDBInstanceReadReplica",
            { DBInstanceIdentifier: "orders", SourceDBInstanceIdentifier, ...(KmsKeyId ? { KmsKeyId } : {}) },
            away,
          );
      assert.throws(replicate(key), refusal("InvalidDBInstanceStateFault", /available/));
      await pass(600);
      assert.throws(replicate(key), refusal("InvalidDBInstanceStateFault", /Automated backups are not enabled/));
      modify(simulation, HOME, { BackupRetentionPeriod: 7, ApplyImmediately: true });
      await pass(600);
      assert.throws(
        replicate(),
        refusal("InvalidParameterCombination", /unencrypted read replica from encrypted source/),
      );
      assert.throws(replicate(homeKey), refusal("KMSKeyNotAccessibleFault"));
      assert.throws(replicate(key, "orders"), refusal("DBInstanceNotFoundFault"));
      simulation.lose(HOME);
      assert.throws(replicate(key), refusal("ServiceUnavailable"));
      simulation.heal(HOME);
      const replica = replicate(key)().DBInstance;
      assert.equal(replica?.DBInstanceStatus, "creating");
      assert.equal(replica.ReadReplicaSourceDBInstanceIdentifier, source);
      assert.equal(replica.KmsKeyId, key);
      assert.deepEqual(describeOne(simulation, HOME).ReadReplicaDBInstanceIdentifiers, [replica.DBInstanceArn]);
    }),
  );

  it(
    "are not there before the copy is made, which stands still while the source's Region is lost",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      api.call(rds, "CreateDBInstance", order, home);
      await pass(600);
      const source = describeOne(simulation, HOME).DBInstanceArn;
      api.call(
        rds,
        "CreateDBInstanceReadReplica",
        { DBInstanceIdentifier: "orders", SourceDBInstanceIdentifier: source },
        away,
      );
      const { typical } = world.latencies["rds.create-replica"];
      await pass(typical / 2);
      simulation.lose(HOME);
      await pass(typical);
      assert.equal(describeOne(simulation, AWAY).DBInstanceStatus, "creating");
      simulation.heal(HOME);
      await pass(typical / 2 - 5);
      assert.equal(describeOne(simulation, AWAY).DBInstanceStatus, "creating");
      await pass(10);
      const replica = describeOne(simulation, AWAY);
      assert.equal(replica.DBInstanceStatus, "available");
      assert.deepEqual(replica.StatusInfos, [{ StatusType: "read replication", Status: "replicating", Normal: true }]);
      assert.equal(replica.BackupRetentionPeriod, 0);
    }),
  );

  it(
    "refuse promotion when they are no replica, have no backups, are backing up or are busy",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      const promote = (region: string) => () =>
        api.call(rds, "PromoteReadReplica", { DBInstanceIdentifier: "orders" }, { region, cause: "test" });
      api.call(rds, "CreateDBInstance", order, home);
      await pass(600);
      assert.throws(promote(HOME), refusal("InvalidDBInstanceStateFault", /not a read replica/));
      const source = describeOne(simulation, HOME).DBInstanceArn;
      api.call(
        rds,
        "CreateDBInstanceReadReplica",
        { DBInstanceIdentifier: "orders", SourceDBInstanceIdentifier: source },
        away,
      );
      assert.throws(promote(AWAY), refusal("InvalidDBInstanceStateFault", /creating/));
      await pass(2000);
      assert.throws(promote(AWAY), refusal("InvalidDBInstanceStateFault", /backups are not enabled/));
      modify(simulation, AWAY, { BackupRetentionPeriod: 7, ApplyImmediately: true });
      assert.throws(promote(AWAY), refusal("InvalidDBInstanceStateFault", /modifying/));
      await pass(world.latencies["rds.modify"].typical + 1);
      assert.throws(promote(AWAY), refusal("InvalidDBInstanceStateFault", /backing-up/));
      await pass(world.latencies["rds.backup"].typical);
      assert.equal(promote(AWAY)().DBInstance?.DBInstanceStatus, "modifying");
    }),
  );

  it(
    "are promoted without their source's Region: readable until the reboot, writable after it, under the same endpoint",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      await createReplicatedDatabase(simulation);
      const { Endpoint, DBInstanceArn } = describeOne(simulation, AWAY);
      simulation.lose(HOME);
      assert.equal(describeOne(simulation, AWAY).StatusInfos?.[0]?.Status, "error");
      assert.throws(() => describeOne(simulation, HOME), RegionUnreachableError);
      api.call(
        rds,
        "PromoteReadReplica",
        { DBInstanceIdentifier: "orders", BackupRetentionPeriod: 7 },
        { ...away, cause: "run/promote" },
      );
      const state = (): unknown[] => [
        describeOne(simulation, AWAY).DBInstanceStatus,
        isReadable(world, AWAY, "orders"),
        isWritable(world, AWAY, "orders"),
      ];
      assert.deepEqual(state(), ["modifying", true, false]);
      await pass(world.latencies["rds.promote"].typical + 1);
      assert.deepEqual(state(), ["rebooting", false, false]);
      await pass(world.latencies["rds.reboot"].typical);
      assert.deepEqual(state(), ["available", true, true]);
      const promoted = describeOne(simulation, AWAY);
      assert.deepEqual([promoted.Endpoint, promoted.DBInstanceArn], [Endpoint, DBInstanceArn]);
      assert.equal(promoted.ReadReplicaSourceDBInstanceIdentifier, undefined);
      assert.equal(promoted.StatusInfos, undefined);
      assert.equal(promoted.BackupRetentionPeriod, 7);

      // The reboot is caused by the promotion, the promotion by the call.
      const promotion = world.spans.find(({ row }) => row === "rds.promote");
      const reboot = world.spans.find(({ row }) => row === "rds.reboot");
      assert.deepEqual(promotion?.cause, { root: "run/promote" });
      assert.deepEqual(reboot?.cause, { span: promotion.id });

      simulation.heal(HOME);
      assert.equal(
        isWritable(world, HOME, "orders"),
        true,
        "the old primary comes back writable: that is what fences are for",
      );
      assert.deepEqual(describeOne(simulation, HOME).ReadReplicaDBInstanceIdentifiers, []);
    }),
  );

  it(
    "survive their source: one in its Region becomes an instance of its own, one elsewhere waits to be promoted",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      await createReplicatedDatabase(simulation);
      api.call(
        rds,
        "CreateDBInstanceReadReplica",
        { DBInstanceIdentifier: "near", SourceDBInstanceIdentifier: "orders" },
        home,
      );
      await pass(600);
      assert.equal(describeOne(simulation, HOME, "near").ReadReplicaSourceDBInstanceIdentifier, "orders");
      assert.throws(
        () => api.call(rds, "DeleteDBInstance", { DBInstanceIdentifier: "near", FinalDBSnapshotIdentifier: "x" }, home),
        refusal("InvalidParameterCombination", /read replica/),
      );
      api.call(rds, "DeleteDBInstance", { DBInstanceIdentifier: "orders", SkipFinalSnapshot: true }, home);
      assert.equal(describeOne(simulation, AWAY).StatusInfos?.[0]?.Status, "terminated");
      await pass(600);
      assert.equal(describeOne(simulation, HOME, "near").ReadReplicaSourceDBInstanceIdentifier, undefined);
      assert.equal(isWritable(simulation.world, HOME, "near"), true);
      assert.equal(isWritable(simulation.world, AWAY, "orders"), false);
    }),
  );
});
