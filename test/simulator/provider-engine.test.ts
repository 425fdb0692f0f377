import assert from "node:assert/strict";

import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import type { automation } from "@pulumi/pulumi";

import { autoScaling } from "../../src/simulator/services/auto-scaling/service.js";
import { rds } from "../../src/simulator/services/rds/service.js";
import { withEngine, type EngineFixture } from "./provider-fixture.js";

const call = { region: "us-east-1", cause: "test" };

/** A small shop: network, balancer, group and database. */
function shop(options: { readonly desired: number }) {
  return async (): Promise<Record<string, unknown>> => {
    const vpc = new awsx.ec2.Vpc("vpc", {
      subnetStrategy: "Auto",
      numberOfAvailabilityZones: 2,
      natGateways: { strategy: "Single" },
    });
    const balancer = new awsx.lb.ApplicationLoadBalancer("web", {
      subnets: vpc.publicSubnets,
      defaultTargetGroup: { port: 80, protocol: "HTTP", targetType: "instance" },
    });
    const image = await aws.ec2.getAmi({
      owners: ["amazon"],
      mostRecent: true,
      filters: [{ name: "architecture", values: ["x86_64"] }],
    });
    const template = new aws.ec2.LaunchTemplate("web", {
      imageId: image.id,
      instanceType: "t3.micro",
      userData: Buffer.from("#!/bin/sh").toString("base64"),
    });
    const group = new aws.autoscaling.Group("web", {
      minSize: 0,
      maxSize: 4,
      desiredCapacity: options.desired,
      vpcZoneIdentifiers: vpc.privateSubnetIds,
      targetGroupArns: [balancer.defaultTargetGroup.arn],
      launchTemplate: { id: template.id, version: "$Latest" },
    });
    const subnets = new aws.rds.SubnetGroup("db", { subnetIds: vpc.privateSubnetIds });
    const database = new aws.rds.Instance("db", {
      engine: "mysql",
      engineVersion: "8.4",
      instanceClass: "db.t3.medium",
      allocatedStorage: 20,
      username: "root_user",
      password: "not-for-anybody",
      dbSubnetGroupName: subnets.name,
      backupRetentionPeriod: 1,
      skipFinalSnapshot: true,
      applyImmediately: true,
    });
    return { group: group.name, endpoint: database.endpoint, dns: balancer.loadBalancer.dnsName };
  };
}

/** The steps that an operation took, by "type name": its kind and the properties that caused it. */
async function stepsOf(
  operation: (onEvent: (event: automation.EngineEvent) => void) => Promise<unknown>,
): Promise<Record<string, string>> {
  const steps: Record<string, string> = {};
  await operation(({ resourcePreEvent }) => {
    if (!resourcePreEvent) return;
    const { op, urn, keys, diffs } = resourcePreEvent.metadata;
    if (op === "same" || op === "read") return;
    const name = urn.split("::").slice(2).join(" ").split("$").at(-1) ?? urn;
    // A replacement has several steps; the one that says so has the properties.
    if (!(name in steps) || op === "replace") steps[name] = [op, ...(keys ?? diffs ?? [])].join(" ");
  });
  return steps;
}

describe("the simulated provider, with the real engine", function () {
  this.timeout(240_000);

  it("creates a network, a balancer, a group and a database, finds no change, scales, and destroys all of it", async () => {
    await withEngine(async ({ api, provider, stack, world }) => {
      const two = await stack(shop({ desired: 2 }));
      const preview = await two.preview();
      const created = await two.up();
      assert.equal(created.summary.resourceChanges?.["create"], preview.changeSummary.create);
      assert.match(String(created.outputs["dns"]?.value), /^web-[0-9a-f]{7}-\d+\.us-east-1\.elb\.amazonaws\.com$/);
      assert.match(
        String(created.outputs["endpoint"]?.value),
        /^db-[0-9a-f]{7}\..*\.us-east-1\.rds\.amazonaws\.com:3306$/,
      );
      assert.deepEqual(provider.inertTypes(), []);
      assert.deepEqual(provider.outstanding(), []);

      assert.deepEqual(await stepsOf((onEvent) => two.preview({ onEvent })), {});
      const refreshed = await two.refresh();
      assert.equal(refreshed.summary.resourceChanges?.["update"], undefined);

      const three = await stack(shop({ desired: 3 }));
      assert.deepEqual(await stepsOf((onEvent) => three.up({ onEvent })), {
        "aws:autoscaling/group:Group web": "update desiredCapacity",
      });
      const name = String(created.outputs["group"]?.value);
      const [group] =
        api.call(autoScaling, "DescribeAutoScalingGroups", { AutoScalingGroupNames: [name] }, call).AutoScalingGroups ??
        [];
      assert.equal(group?.Instances?.filter(({ LifecycleState }) => LifecycleState === "InService").length, 3);

      const before = world.now();
      const destroyed = await three.destroy();
      assert.equal(destroyed.summary.resourceChanges?.["delete"], created.summary.resourceChanges?.["create"]);
      assert.ok(world.now() - before > 60_000, "the deletions were waited for");
      assert.deepEqual(api.call(rds, "DescribeDBInstances", {}, call).DBInstances, []);
    });
  });

  it("keeps secrets out of the state, and out of what it prints", async () => {
    await withEngine(async ({ stack, stateFile }) => {
      const one = await stack(shop({ desired: 0 }));
      const { stdout } = await one.up();
      assert.ok(stateFile().includes("root_user"));
      assert.ok(!stateFile().includes("not-for-anybody"));
      assert.ok(!stdout.includes("not-for-anybody"));
    });
  });

  it("says which resource types it does not model, and creates them in name only", async () => {
    await withEngine(async ({ api, provider, stack }) => {
      const one = await stack(async () => {
        const queue = new aws.sqs.Queue("jobs", { visibilityTimeoutSeconds: 30 });
        return Promise.resolve({ arn: queue.arn });
      });
      const before = api.calls.length;
      const { outputs } = await one.up();
      assert.match(String(outputs["arn"]?.value), /^arn:aws:sqs:us-east-1:\d{12}:queue\/jobs-[0-9a-f]{7}$/);
      assert.deepEqual(provider.inertTypes(), ["aws:sqs/queue:Queue"]);
      const services = api.calls.slice(before).map(({ service }) => service);
      assert.deepEqual([...new Set(services)], ["sts"]);
      assert.deepEqual(await stepsOf((onEvent) => one.preview({ onEvent })), {});
    });
  });

  it("gives resources of one program the Region of their own `region`, or of their provider", async () => {
    await withEngine(async ({ stack }) => {
      const one = await stack(async () => {
        const other = new aws.Provider("seoul", { region: "ap-northeast-2" });
        const here = new aws.kms.Key("here", {});
        const there = new aws.kms.Key("there", {}, { provider: other });
        const named = new aws.kms.Key("named", { region: "eu-west-1" });
        return Promise.resolve({ here: here.arn, there: there.arn, named: named.arn });
      });
      const { outputs } = await one.up();
      const regionOf = (output: string): string | undefined => String(outputs[output]?.value).split(":")[3];
      assert.deepEqual(
        [regionOf("here"), regionOf("there"), regionOf("named")],
        ["us-east-1", "ap-northeast-2", "eu-west-1"],
      );
      assert.deepEqual(await stepsOf((onEvent) => one.preview({ onEvent })), {});
    });
  });

  it("fails with the words of a Region that gives no answer", async () => {
    await withEngine(async ({ stack, world }) => {
      const one = await stack(async () =>
        Promise.resolve({ key: new aws.kms.Key("key", { region: "eu-west-1" }).arn }),
      );
      world.impair("eu-west-1", { kind: "lost", since: world.now() });
      await assert.rejects(one.up(), /CreateKey.*no answer from the endpoint of eu-west-1/s);
    });
  });
});

describe("changes to a database that stands", function () {
  this.timeout(240_000);

  type Inputs = Partial<aws.rds.InstanceArgs>;
  const source = (inputs: Inputs = {}) => ({
    identifier: "shop-db",
    engine: "mysql",
    engineVersion: "8.4",
    instanceClass: "db.t3.medium",
    allocatedStorage: 20,
    username: "root_user",
    password: "not-for-anybody",
    backupRetentionPeriod: 1,
    skipFinalSnapshot: true,
    applyImmediately: true,
    ...inputs,
  });

  /** A source in one Region and a replica in another, and a program for the replica's own stack. */
  async function withReplica(
    body: (fixture: EngineFixture, replica: (inputs: Inputs) => Promise<automation.Stack>) => Promise<void>,
  ) {
    await withEngine(async (fixture) => {
      const sourceStack = await fixture.stack(
        async () => Promise.resolve({ arn: new aws.rds.Instance("db", { ...source(), region: "ap-northeast-2" }).arn }),
        { name: "source" },
      );
      const arn = String((await sourceStack.up()).outputs["arn"]?.value);
      const replica = (inputs: Inputs) => {
        const {
          username: _username,
          password: _password,
          engine: _engine,
          allocatedStorage: _storage,
          ...common
        } = source();
        return fixture.stack(
          async () => {
            new aws.rds.Instance(
              "db",
              { ...common, replicateSourceDb: arn, ...inputs },
              { customTimeouts: { create: "4h" } },
            );
            return Promise.resolve(undefined);
          },
          { name: "replica" },
        );
      };
      const created = await replica({});
      await created.up();
      await body(fixture, replica);
    });
  }

  const standalone: Inputs = { replicateSourceDb: undefined };

  it("promotes a replica in place when its source is taken away, waits for the reboot, and previews no change after", async () => {
    await withReplica(async ({ api, world }, replica) => {
      const [before] = api.call(rds, "DescribeDBInstances", {}, call).DBInstances ?? [];
      assert.match(before?.ReadReplicaSourceDBInstanceIdentifier ?? "", /ap-northeast-2.*:db:shop-db$/);
      const program = await replica({ ...standalone, multiAz: true });
      const expected = { "aws:rds/instance:Instance db": "update multiAz replicateSourceDb" };
      const sorted = (steps: Record<string, string>) =>
        Object.fromEntries(
          Object.entries(steps).map(([name, step]) => [
            name,
            [step.split(" ")[0], ...step.split(" ").slice(1).sort()].join(" "),
          ]),
        );
      assert.deepEqual(sorted(await stepsOf((onEvent) => program.preview({ onEvent }))), expected);

      const startedAt = world.now();
      assert.deepEqual(sorted(await stepsOf((onEvent) => program.up({ onEvent }))), expected);
      const [after] = api.call(rds, "DescribeDBInstances", {}, call).DBInstances ?? [];
      assert.equal(after?.ReadReplicaSourceDBInstanceIdentifier, undefined);
      assert.equal(after?.DbiResourceId, before?.DbiResourceId);
      assert.equal(after?.MultiAZ, true);
      const operations = api.calls
        .filter(({ at, service }) => at >= startedAt && service === "rds")
        .map(({ operation }) => operation);
      const effects = operations.filter(
        (operation) => !operation.startsWith("Describe") && !operation.startsWith("List"),
      );
      assert.deepEqual(effects, ["PromoteReadReplica", "ModifyDBInstance"]);
      assert.deepEqual(await stepsOf((onEvent) => program.preview({ onEvent })), {});
    });
  });

  it("refuses to make a standalone database a replica, and does not replace it for that", async () => {
    await withEngine(async ({ stack }) => {
      const program = (inputs: Inputs) =>
        stack(async () => {
          new aws.rds.Instance("db", source(inputs));
          return Promise.resolve(undefined);
        });
      await (await program({})).up();
      const again = await program({
        replicateSourceDb: "arn:aws:rds:ap-northeast-2:123456789012:db:other",
        username: undefined,
        password: undefined,
      });
      const steps = await stepsOf((onEvent) => again.preview({ onEvent }));
      assert.match(steps["aws:rds/instance:Instance db"] ?? "", /^update/);
      await assert.rejects(again.up(), /cannot elect new source database for replication/);
    });
  });

  it("replaces a database for what RDS cannot change, deleting first where the program fixes its name", async () => {
    await withEngine(async ({ stack }) => {
      const program = (inputs: Inputs) =>
        stack(async () => {
          new aws.rds.Instance("db", source(inputs));
          return Promise.resolve(undefined);
        });
      await (await program({})).up();
      for (const [change, property] of [
        [{ engine: "postgres", engineVersion: "16" }, "engine"],
        [{ storageEncrypted: true }, "storageEncrypted"],
        [{ username: "another" }, "username"],
        [{ dbName: "orders" }, "dbName"],
        [{ availabilityZone: "us-east-1f" }, "availabilityZone"],
      ] as const) {
        const steps = await stepsOf(async (onEvent) => (await program(change)).preview({ onEvent }));
        const [step = ""] = Object.values(steps);
        assert.match(step, new RegExp(`replace.*\\b${property}\\b`), JSON.stringify(steps));
      }
      const renamed = await stepsOf(async (onEvent) =>
        (await program({ identifier: "shop-db-2" })).preview({ onEvent }),
      );
      assert.deepEqual(renamed, { "aws:rds/instance:Instance db": "update identifier" });
    });
  });
});
