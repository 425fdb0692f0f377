import assert from "node:assert/strict";

import type { CreateDBInstanceMessage } from "@aws-sdk/client-rds";

import { isReadable, isWritable, rds } from "../../src/simulator/services/rds/service.js";
import { setInstanceQuota } from "../../src/simulator/services/rds/state.js";
import {
  AWAY,
  HOME,
  createReplicatedDatabase,
  createSubnetGroup,
  describeOne,
  modify,
  order,
  refusal,
  withSimulation,
} from "./data-services.js";

const home = { region: HOME, cause: "test" };
const away = { region: AWAY, cause: "test" };

describe("RDS instances", () => {
  it(
    "are created with RDS's defaults, and have an endpoint once available",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      createSubnetGroup(simulation, HOME);
      const input = {
        ...order,
        DBInstanceIdentifier: "Orders",
        DBSubnetGroupName: "data",
        MultiAZ: true,
        Tags: [{ Key: "app", Value: "shop" }],
      };
      const created = api.call(rds, "CreateDBInstance", input, home).DBInstance;
      assert.equal(created?.DBInstanceStatus, "creating");
      assert.equal(created.DBInstanceIdentifier, "orders");
      assert.equal(created.Endpoint, undefined);
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
      for (let index = 0; index < 40; index++)
        api.call(rds, "CreateDBInstance", { ...order, DBInstanceIdentifier: `db-${index}` }, home);
      assert.throws(
        () => api.call(rds, "CreateDBInstance", { ...order, DBInstanceIdentifier: "db-40" }, home),
        refusal("InstanceQuotaExceededFault"),
      );
      const first = api.call(rds, "DescribeDBInstances", { MaxRecords: 20 }, home);
      const second = api.call(rds, "DescribeDBInstances", { MaxRecords: 20, Marker: first.Marker }, home);
      assert.equal(second.Marker, undefined);
      const names = [...(first.DBInstances ?? []), ...(second.DBInstances ?? [])].map(
        (instance) => instance.DBInstanceIdentifier,
      );
      assert.equal(new Set(names).size, 40);
      const filtered = api.call(
        rds,
        "DescribeDBInstances",
        { Filters: [{ Name: "db-instance-id", Values: ["db-7"] }] },
        home,
      );
      assert.deepEqual(
        filtered.DBInstances?.map((instance) => instance.DBInstanceIdentifier),
        ["db-7"],
      );
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
      assert.match(MasterUserSecret.SecretArn ?? "", /^arn:aws:secretsmanager:ap-northeast-2:\d+:secret:rds!db-/);
      assert.throws(
        () =>
          api.call(
            rds,
            "CreateDBInstanceReadReplica",
            { DBInstanceIdentifier: "r", SourceDBInstanceIdentifier: DBInstanceArn },
            away,
          ),
        refusal("InvalidParameterValue", /ManageMasterUserPassword/),
      );
    }),
  );

  it(
    "serve while they are modified, refuse a second change meanwhile, and restart for a new class",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      const typical = (row: "rds.modify" | "rds.reboot" | "rds.convert-multi-az"): number =>
        world.latencies[row].typical;
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
      const reboot = (ForceFailover: boolean) =>
        api.call(rds, "RebootDBInstance", { DBInstanceIdentifier: "orders", ForceFailover }, home);
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
