import assert from "node:assert/strict";

import type { CreateDBInstanceMessage, DBInstance, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";

import { RegionUnreachableError } from "../../src/simulator/service.js";
import { kms } from "../../src/simulator/services/kms/service.js";
import { isReadable, isWritable, rds } from "../../src/simulator/services/rds/service.js";
import { setInstanceQuota } from "../../src/simulator/services/rds/state.js";
import {
  AWAY,
  createReplicatedDatabase,
  createSubnetGroup,
  HOME,
  refusal,
  withSimulation,
  type Simulation,
} from "./data-services.js";

const home = { region: HOME, cause: "test" };
const away = { region: AWAY, cause: "test" };

const order: CreateDBInstanceMessage = {
  DBInstanceIdentifier: "orders",
  Engine: "mysql",
  DBInstanceClass: "db.r6g.large",
  AllocatedStorage: 100,
  MasterUsername: "admin",
  MasterUserPassword: "correct-horse",
};

function describeOne({ api }: Simulation, region: string, identifier = "orders"): DBInstance {
  const found = api.call(rds, "DescribeDBInstances", { DBInstanceIdentifier: identifier }, { region, cause: "test" });
  return found.DBInstances?.[0] ?? {};
}

function modify({ api }: Simulation, region: string, changes: Partial<ModifyDBInstanceMessage>): void {
  api.call(rds, "ModifyDBInstance", { DBInstanceIdentifier: "orders", ...changes }, { region, cause: "test" });
}

describe("RDS instances", () => {
  it(
    "are created with RDS's defaults, and have an endpoint once available",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      createSubnetGroup(simulation, HOME);
      const input = { ...order, DBInstanceIdentifier: "Orders", DBSubnetGroupName: "data", MultiAZ: true, Tags: [{ Key: "app", Value: "shop" }] };
      const created = api.call(rds, "CreateDBInstance", input, home).DBInstance;
      assert.equal(created?.DBInstanceStatus, "creating");
      assert.equal(created?.DBInstanceIdentifier, "orders");
      assert.equal(created?.Endpoint, undefined);
      await pass(world.latencies["rds.create"].typical - 1);
      assert.equal(describeOne(simulation, HOME).DBInstanceStatus, "creating");
      await pass(2);
      const instance = describeOne(simulation, HOME);
      assert.equal(instance.DBInstanceStatus, "available");
      assert.match(instance.Endpoint?.Address ?? "", /^orders\.c[a-z0-9]{11}\.ap-northeast-2\.rds\.amazonaws\.com$/);
      assert.equal(instance.Endpoint?.Port, 3306);
      assert.equal(instance.BackupRetentionPeriod, 1);
      assert.deepEqual([instance.AvailabilityZone, instance.SecondaryAvailabilityZone], [`${HOME}a`, `${HOME}b`]);
      assert.equal(instance.DBSubnetGroup?.Subnets?.length, 2);
      assert.deepEqual(instance.TagList, [{ Key: "app", Value: "shop" }]);
      assert.deepEqual(instance.PendingModifiedValues, {});
      assert.equal(isWritable(world, HOME, "orders"), true);
      // Transaction logs are uploaded every five minutes: nothing is restorable before the first upload.
      assert.equal(instance.LatestRestorableTime, undefined);
      await pass(310);
      const restorable = describeOne(simulation, HOME).LatestRestorableTime?.getTime() ?? 0;
      assert.ok(world.now() - restorable < 300_000);
    }),
  );

  it(
    "refuse a second one of the same name, one above the quota, a short password, an unknown group and an unknown engine",
    withSimulation(async ({ api, world }) => {
      api.call(rds, "CreateDBInstance", order, home);
      const create = (changes: Partial<CreateDBInstanceMessage>) => () =>
        api.call(rds, "CreateDBInstance", { ...order, DBInstanceIdentifier: "second", ...changes }, home);
      assert.throws(create({ DBInstanceIdentifier: "ORDERS" }), refusal("DBInstanceAlreadyExistsFault"));
      assert.throws(create({ MasterUserPassword: "short" }), refusal("InvalidParameterValue"));
      assert.throws(create({ DBSubnetGroupName: "nowhere" }), refusal("DBSubnetGroupNotFoundFault"));
      assert.throws(create({ Engine: "dbase" }), refusal("InvalidParameterValue"));
      assert.throws(create({ StorageEncrypted: true, KmsKeyId: "alias/none" }), refusal("KMSKeyNotAccessibleFault"));
      assert.throws(create({ VpcSecurityGroupIds: ["sg-0"] }), refusal("InvalidParameterValue", /sg-0/));
      assert.throws(create({ MultiAZ: true, AvailabilityZone: `${HOME}a` }), refusal("InvalidParameterCombination"));
      setInstanceQuota(world, HOME, 1);
      assert.throws(create({}), refusal("InstanceQuotaExceededFault"));
    }),
  );

  it(
    "allow 40 in a Region by default",
    withSimulation(async ({ api }) => {
      for (let index = 0; index < 40; index++) api.call(rds, "CreateDBInstance", { ...order, DBInstanceIdentifier: `db-${index}` }, home);
      assert.throws(
        () => api.call(rds, "CreateDBInstance", { ...order, DBInstanceIdentifier: "db-40" }, home),
        refusal("InstanceQuotaExceededFault"),
      );
      const first = api.call(rds, "DescribeDBInstances", { MaxRecords: 20 }, home);
      const second = api.call(rds, "DescribeDBInstances", { MaxRecords: 20, Marker: first.Marker }, home);
      assert.equal(second.Marker, undefined);
      const names = [...(first.DBInstances ?? []), ...(second.DBInstances ?? [])].map((instance) => instance.DBInstanceIdentifier);
      assert.equal(new Set(names).size, 40);
      const filtered = api.call(rds, "DescribeDBInstances", { Filters: [{ Name: "db-instance-id", Values: ["db-7"] }] }, home);
      assert.deepEqual(filtered.DBInstances?.map((instance) => instance.DBInstanceIdentifier), ["db-7"]);
      assert.throws(
        () => api.call(rds, "DescribeDBInstances", { Filters: [{ Name: "color", Values: ["red"] }] }, home),
        refusal("InvalidParameterValue"),
      );
    }),
  );

  it(
    "keep the master password in Secrets Manager when asked to, and then refuse replicas as RDS does",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      const { MasterUserPassword: _, ...rest } = order;
      api.call(rds, "CreateDBInstance", { ...rest, ManageMasterUserPassword: true }, home);
      await pass(600);
      const { MasterUserSecret, DBInstanceArn } = describeOne(simulation, HOME);
      assert.equal(MasterUserSecret?.SecretStatus, "active");
      assert.match(MasterUserSecret?.SecretArn ?? "", /^arn:aws:secretsmanager:ap-northeast-2:\d+:secret:rds!db-/);
      assert.throws(
        () => api.call(rds, "CreateDBInstanceReadReplica", { DBInstanceIdentifier: "r", SourceDBInstanceIdentifier: DBInstanceArn }, away),
        refusal("InvalidParameterValue", /ManageMasterUserPassword/),
      );
    }),
  );

  it(
    "serve while they are modified, refuse a second change meanwhile, and restart for a new class",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      const typical = (row: "rds.modify" | "rds.reboot" | "rds.convert-multi-az"): number => world.latencies[row].typical;
      api.call(rds, "CreateDBInstance", order, home);
      await pass(600);
      modify(simulation, HOME, { MultiAZ: true, ApplyImmediately: true });
      assert.deepEqual(describeOne(simulation, HOME).PendingModifiedValues, { MultiAZ: true });
      assert.equal(isWritable(world, HOME, "orders"), true);
      assert.throws(() => modify(simulation, HOME, { AllocatedStorage: 200 }), refusal("InvalidDBInstanceStateFault"));
      await pass(typical("rds.convert-multi-az") + 1);
      assert.equal(describeOne(simulation, HOME).MultiAZ, true);

      modify(simulation, HOME, { DeletionProtection: true, BackupRetentionPeriod: 14 });
      assert.deepEqual(
        [describeOne(simulation, HOME).DBInstanceStatus, describeOne(simulation, HOME).BackupRetentionPeriod],
        ["available", 14],
      );

      modify(simulation, HOME, { MultiAZ: false, ApplyImmediately: true });
      await pass(typical("rds.modify") + 1);
      assert.equal(describeOne(simulation, HOME).SecondaryAvailabilityZone, undefined);
      modify(simulation, HOME, { DBInstanceClass: "db.r6g.xlarge", ApplyImmediately: true });
      await pass(typical("rds.modify") + 1);
      assert.equal(isReadable(world, HOME, "orders"), false);
      await pass(typical("rds.reboot"));
      assert.equal(describeOne(simulation, HOME).DBInstanceClass, "db.r6g.xlarge");
      assert.equal(isWritable(world, HOME, "orders"), true);
    }),
  );

  it(
    "keep a change for the maintenance window unless it is to be immediate",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      api.call(rds, "CreateDBInstance", { ...order, PreferredMaintenanceWindow: "Mon:14:00-Mon:14:30" }, home);
      await pass(600);
      modify(simulation, HOME, { AllocatedStorage: 200 });
      assert.equal(describeOne(simulation, HOME).DBInstanceStatus, "available");
      assert.deepEqual(describeOne(simulation, HOME).PendingModifiedValues, { AllocatedStorage: 200 });
      await pass((Date.UTC(2026, 0, 5, 14, 0) - world.now()) / 1000 - 1);
      assert.equal(describeOne(simulation, HOME).AllocatedStorage, 100);
      await pass(2 + world.latencies["rds.modify"].typical);
      assert.equal(describeOne(simulation, HOME).AllocatedStorage, 200);
      assert.deepEqual(describeOne(simulation, HOME).PendingModifiedValues, {});
    }),
  );

  it(
    "refuse a forced failover without Multi-AZ, and serve nobody while they reboot",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      api.call(rds, "CreateDBInstance", order, home);
      await pass(600);
      const reboot = (ForceFailover: boolean) => api.call(rds, "RebootDBInstance", { DBInstanceIdentifier: "orders", ForceFailover }, home);
      assert.throws(() => reboot(true), refusal("InvalidParameterCombination"));
      reboot(false);
      assert.equal(describeOne(simulation, HOME).DBInstanceStatus, "rebooting");
      assert.equal(isReadable(world, HOME, "orders"), false);
      await pass(world.latencies["rds.reboot"].typical + 1);
      assert.equal(isWritable(world, HOME, "orders"), true);
      const span = world.spans.find(({ row }) => row === "rds.reboot");
      assert.deepEqual(span?.cause, { root: "test" });
    }),
  );

  it(
    "stop and start, but not while they have a replica",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      await createReplicatedDatabase(simulation);
      const stop = (identifier: string) => api.call(rds, "StopDBInstance", { DBInstanceIdentifier: identifier }, home);
      assert.throws(() => stop("orders"), refusal("InvalidDBInstanceStateFault", /source of read replicas/));
      api.call(rds, "CreateDBInstance", { ...order, DBInstanceIdentifier: "alone" }, home);
      await pass(600);
      stop("alone");
      await pass(world.latencies["rds.stop"].typical + 1);
      assert.equal(describeOne(simulation, HOME, "alone").DBInstanceStatus, "stopped");
      assert.equal(isReadable(world, HOME, "alone"), false);
      api.call(rds, "StartDBInstance", { DBInstanceIdentifier: "alone" }, home);
      await pass(world.latencies["rds.start"].typical + 1);
      assert.equal(isWritable(world, HOME, "alone"), true);
    }),
  );

  it(
    "are deleted only unprotected, and with a final snapshot unless that is skipped",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      api.call(rds, "CreateDBInstance", { ...order, DeletionProtection: true }, home);
      await pass(600);
      const remove = (input: { SkipFinalSnapshot?: boolean; FinalDBSnapshotIdentifier?: string }) => () =>
        api.call(rds, "DeleteDBInstance", { DBInstanceIdentifier: "orders", ...input }, home);
      assert.throws(remove({ SkipFinalSnapshot: true }), refusal("InvalidParameterCombination", /deletion protection/));
      modify(simulation, HOME, { DeletionProtection: false });
      assert.throws(remove({}), refusal("InvalidParameterCombination", /FinalDBSnapshotIdentifier is required/));
      remove({ FinalDBSnapshotIdentifier: "last" })();
      assert.equal(isReadable(world, HOME, "orders"), false);
      assert.throws(remove({ SkipFinalSnapshot: true }), refusal("InvalidDBInstanceStateFault"));
      await pass(world.latencies["rds.delete"].typical + 1);
      assert.throws(() => describeOne(simulation, HOME), refusal("DBInstanceNotFoundFault"));
      const { DBSnapshots } = api.call(rds, "DescribeDBSnapshots", { DBSnapshotIdentifier: "last" }, home);
      assert.equal(DBSnapshots?.[0]?.DBInstanceIdentifier, "orders");
    }),
  );
});

describe("RDS read replicas", () => {
  it(
    "in another Region need an available source with backups and, when it is encrypted, a key of their own Region",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      const key = api.call(kms, "CreateKey", {}, away).KeyMetadata?.Arn;
      const homeKey = api.call(kms, "CreateKey", {}, home).KeyMetadata?.Arn;
      api.call(rds, "CreateDBInstance", { ...order, StorageEncrypted: true, BackupRetentionPeriod: 0 }, home);
      const source = describeOne(simulation, HOME).DBInstanceArn;
      const replicate = (KmsKeyId?: string, SourceDBInstanceIdentifier = source) => () =>
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
      assert.throws(replicate(), refusal("InvalidParameterCombination", /unencrypted read replica from encrypted source/));
      assert.throws(replicate(homeKey), refusal("KMSKeyNotAccessibleFault"));
      assert.throws(replicate(key, "orders"), refusal("DBInstanceNotFoundFault"));
      simulation.lose(HOME);
      assert.throws(replicate(key), refusal("ServiceUnavailable"));
      simulation.heal(HOME);
      const replica = replicate(key)().DBInstance;
      assert.equal(replica?.DBInstanceStatus, "creating");
      assert.equal(replica?.ReadReplicaSourceDBInstanceIdentifier, source);
      assert.equal(replica?.KmsKeyId, key);
      assert.deepEqual(describeOne(simulation, HOME).ReadReplicaDBInstanceIdentifiers, [replica?.DBInstanceArn]);
    }),
  );

  it(
    "are not there before the copy is made, which stands still while the source's Region is lost",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      api.call(rds, "CreateDBInstance", order, home);
      await pass(600);
      const source = describeOne(simulation, HOME).DBInstanceArn;
      api.call(rds, "CreateDBInstanceReadReplica", { DBInstanceIdentifier: "orders", SourceDBInstanceIdentifier: source }, away);
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
      api.call(rds, "CreateDBInstanceReadReplica", { DBInstanceIdentifier: "orders", SourceDBInstanceIdentifier: source }, away);
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
      api.call(rds, "PromoteReadReplica", { DBInstanceIdentifier: "orders", BackupRetentionPeriod: 7 }, { ...away, cause: "run/promote" });
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
      assert.deepEqual(reboot?.cause, { span: promotion?.id });

      simulation.heal(HOME);
      assert.equal(isWritable(world, HOME, "orders"), true, "the old primary comes back writable: that is what fences are for");
      assert.deepEqual(describeOne(simulation, HOME).ReadReplicaDBInstanceIdentifiers, []);
    }),
  );

  it(
    "survive their source: one in its Region becomes an instance of its own, one elsewhere waits to be promoted",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      await createReplicatedDatabase(simulation);
      api.call(rds, "CreateDBInstanceReadReplica", { DBInstanceIdentifier: "near", SourceDBInstanceIdentifier: "orders" }, home);
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

describe("RDS groups and tags", () => {
  it(
    "make a subnet group of two zones, and keep it while an instance uses it",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      createSubnetGroup(simulation, HOME);
      const [group] = api.call(rds, "DescribeDBSubnetGroups", { DBSubnetGroupName: "data" }, home).DBSubnetGroups ?? [];
      assert.deepEqual(group?.Subnets?.map(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone?.Name), [`${HOME}a`, `${HOME}b`]);
      const SubnetIds = [group?.Subnets?.[0]?.SubnetIdentifier ?? ""];
      const one = { DBSubnetGroupName: "one", DBSubnetGroupDescription: "one zone", SubnetIds };
      assert.throws(() => api.call(rds, "CreateDBSubnetGroup", one, home), refusal("DBSubnetGroupDoesNotCoverEnoughAZs"));
      assert.throws(() => api.call(rds, "CreateDBSubnetGroup", { ...one, SubnetIds: ["subnet-0"] }, home), refusal("InvalidSubnet"));
      api.call(rds, "CreateDBInstance", { ...order, DBSubnetGroupName: "data" }, home);
      const remove = () => api.call(rds, "DeleteDBSubnetGroup", { DBSubnetGroupName: "data" }, home);
      assert.throws(remove, refusal("InvalidDBSubnetGroupStateFault"));
      await pass(600);
      api.call(rds, "DeleteDBInstance", { DBInstanceIdentifier: "orders", SkipFinalSnapshot: true }, home);
      await pass(600);
      remove();
      assert.throws(remove, refusal("DBSubnetGroupNotFoundFault"));
    }),
  );

  it(
    "keep parameter groups and their parameters",
    withSimulation(async ({ api }) => {
      const DBParameterGroupName = "shop-mysql";
      api.call(rds, "CreateDBParameterGroup", { DBParameterGroupName, DBParameterGroupFamily: "mysql8.0", Description: "shop" }, home);
      api.call(rds, "ModifyDBParameterGroup", { DBParameterGroupName, Parameters: [{ ParameterName: "max_connections", ParameterValue: "500" }] }, home);
      const { Parameters } = api.call(rds, "DescribeDBParameters", { DBParameterGroupName, Source: "user" }, home);
      assert.deepEqual(Parameters?.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue]), [["max_connections", "500"]]);
      api.call(rds, "CreateDBInstance", { ...order, DBParameterGroupName }, home);
      const remove = () => api.call(rds, "DeleteDBParameterGroup", { DBParameterGroupName }, home);
      assert.throws(remove, refusal("InvalidDBParameterGroupStateFault"));
    }),
  );

  it(
    "add, list and remove tags by ARN",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      api.call(rds, "CreateDBInstance", order, home);
      const ResourceName = describeOne(simulation, HOME).DBInstanceArn;
      api.call(rds, "AddTagsToResource", { ResourceName, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] }, home);
      api.call(rds, "RemoveTagsFromResource", { ResourceName, TagKeys: ["a"] }, home);
      assert.deepEqual(api.call(rds, "ListTagsForResource", { ResourceName }, home).TagList, [{ Key: "b", Value: "2" }]);
      assert.throws(
        () => api.call(rds, "ListTagsForResource", { ResourceName: `arn:aws:rds:${HOME}:123456789012:db:none` }, home),
        refusal("DBInstanceNotFoundFault"),
      );
    }),
  );
});
