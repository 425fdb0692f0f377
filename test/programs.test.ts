import assert from "node:assert/strict";

import { initialActivation, type ActivationRecord } from "../programs/activation.js";
import { parseAppSpec, type AppSpec } from "../programs/app.js";
import { databasePlacement } from "../programs/database.js";
import { fenceMarkerKey, regionNames } from "../programs/names.js";
import { apps } from "../stacks/apps.js";
import { declare, type MockedResource, type MockedRun } from "./support/declared.js";

const app = apps["food-shop"] as AppSpec;
const { primary: home, standby } = app.regions;
const homeStack = `${app.name}-${home}`;
const standbyStack = `${app.name}-${standby}`;

const atRest = initialActivation(app);
const promoting: ActivationRecord = {
  epoch: 1,
  activeRegion: standby,
  status: "promoting",
  since: "2026-01-01T00:00:00.000Z",
  run: "run-1",
  roles: { [home]: "lost", [standby]: "primary" },
};
const promoted: ActivationRecord = { ...promoting, status: "active" };

function only(run: MockedRun, type: string, name?: string): MockedResource {
  const found = run.resources.filter((resource) => resource.type === type && (!name || resource.name === name));
  assert.equal(found.length, 1, `${found.length} of ${type} ${name ?? ""}`);
  return found[0] as MockedResource;
}

const databaseOf = (run: MockedRun): MockedResource => only(run, "aws:rds/instance:Instance");
const groupOf = (run: MockedRun): MockedResource => only(run, "aws:autoscaling/group:Group");

describe("pilot light, a Region's stack", () => {
  it("declares a writable Multi-AZ database and serving capacity in the primary", async () => {
    const run = await declare(app, homeStack, { activation: atRest });
    const database = databaseOf(run).inputs;
    assert.equal(database["replicateSourceDb"], undefined);
    assert.equal(database["multiAz"], true);
    assert.equal(database["deletionProtection"], true);
    assert.equal(database["backupRetentionPeriod"], app.database.backupRetentionDays);
    const group = groupOf(run).inputs;
    assert.deepEqual(
      [group["minSize"], group["desiredCapacity"], group["maxSize"]],
      [app.capacity.desired, app.capacity.desired, app.capacity.max],
    );
  });

  it("declares in the standby a backed-up replica of the primary, a load balancer and no instances", async () => {
    const run = await declare(app, standbyStack, { activation: atRest });
    const database = databaseOf(run).inputs;
    assert.equal(
      database["replicateSourceDb"],
      `arn:aws:rds:${home}:123456789012:db:${regionNames(app, home).database}`,
    );
    assert.equal(database["multiAz"], false);
    assert.equal(database["backupRetentionPeriod"], app.database.backupRetentionDays);
    assert.equal(database["storageEncrypted"], true);
    assert.equal(database["kmsKeyId"], `arn:aws:kms/key:Key:${app.name}-db`);
    assert.equal(groupOf(run).inputs["desiredCapacity"], 0);
    assert.equal(groupOf(run).inputs["minSize"], 0);
    assert.equal(groupOf(run).inputs["maxSize"], app.capacity.max);
    only(run, "awsx:lb:ApplicationLoadBalancer");
  });

  it("lets RDS manage no password, because RDS would refuse the replica", async () => {
    for (const stack of [homeStack, standbyStack]) {
      const { inputs } = databaseOf(await declare(app, stack, { activation: atRest }));
      assert.equal(inputs["manageMasterUserPassword"], undefined);
    }
    const replica = databaseOf(await declare(app, standbyStack, { activation: atRest })).inputs;
    assert.deepEqual([replica["username"], replica["password"], replica["dbName"]], [undefined, undefined, undefined]);
  });

  it("changes, with a Region's role, its database in replicateSourceDb and multiAz only", async () => {
    const before = databaseOf(await declare(app, standbyStack, { activation: atRest })).inputs;
    const during = databaseOf(await declare(app, standbyStack, { activation: promoting })).inputs;
    const after = databaseOf(await declare(app, standbyStack, { activation: promoted })).inputs;
    assert.deepEqual(differences(before, during), ["replicateSourceDb"]);
    assert.deepEqual(differences(during, after), ["multiAz"]);
    assert.equal(after["multiAz"], true);
  });

  it("changes, with a Region's role, nothing else but the group's capacity", async () => {
    const before = await declare(app, standbyStack, { activation: atRest });
    const after = await declare(app, standbyStack, { activation: promoted });
    assert.deepEqual(names(before), names(after));
    const changed = before.resources.filter(
      (resource, at) => JSON.stringify(resource.inputs) !== JSON.stringify(after.resources[at]?.inputs),
    );
    assert.deepEqual(changed.map(({ type }) => type).sort(), [
      "aws:autoscaling/group:Group",
      "aws:rds/instance:Instance",
    ]);
  });

  it("declares in a lost Region exactly what stood there when it was primary", async () => {
    const asPrimary = await declare(app, homeStack, { activation: atRest });
    for (const activation of [promoting, promoted]) {
      const asLost = await declare(app, homeStack, { activation });
      assert.deepEqual(asLost.resources.map(withoutPassword), asPrimary.resources.map(withoutPassword));
    }
  });

  it("asks nothing of a Region that was lost, so that its stack can still be previewed", async () => {
    const { calls } = await declare(app, homeStack, { activation: promoted });
    assert.deepEqual(calls, []);
  });

  it("makes the web tier wait for nothing of the database", async () => {
    const run = await declare(app, standbyStack, { activation: promoting });
    const template = only(run, "aws:ec2/launchTemplate:LaunchTemplate");
    const script = Buffer.from(String(template.inputs["userData"]), "base64").toString();
    assert.match(script, new RegExp(`^DATABASE_IDENTIFIER=${regionNames(app, standby).database}$`, "m"));
    assert.match(script, new RegExp(`^IMAGES_BUCKET=${regionNames(app, standby).imagesBucket}$`, "m"));
    assert.match(script, new RegExp(`^APP_REGION=${standby}$`, "m"));
    const database = databaseOf(run);
    for (const { inputs } of [template, groupOf(run)]) {
      assert.doesNotMatch(JSON.stringify(inputs), new RegExp(`${database.name}-id|Instance:${database.name}`));
    }
  });

  it("lets anybody read the fence markers and nothing else", async () => {
    const run = await declare(app, standbyStack, { activation: atRest });
    const policies = run.resources.filter(({ type }) => type === "aws:s3/bucketPolicy:BucketPolicy");
    assert.equal(policies.length, 1);
    const policy = JSON.parse(String(policies[0]?.inputs["policy"])) as { Statement: Record<string, unknown>[] };
    assert.deepEqual(
      policy.Statement.map(({ Principal, Action, Resource }) => [Principal, Action, Resource]),
      [["*", "s3:GetObject", `arn:aws:s3:::${regionNames(app, standby).fenceBucket}/fence/*`]],
    );
    const images = only(run, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", `${app.name}-images`);
    assert.equal(images.inputs["blockPublicPolicy"], true);
  });

  it("tags every resource that can be tagged, for experiments to find it", async () => {
    const run = await declare(app, homeStack, { activation: atRest });
    const untaggable = new Set([
      "iam/rolePolicy",
      "s3/bucketVersioning",
      "s3/bucketPolicy",
      "s3/bucketServerSideEncryptionConfiguration",
      "s3/bucketPublicAccessBlock",
    ]);
    for (const { type, name, inputs } of run.resources) {
      if (type.startsWith("region-runbook:") || untaggable.has(type.split(":")[1] ?? "")) continue;
      if (type === "aws:autoscaling/group:Group") {
        const tags = inputs["tags"] as { key: string; value: string; propagateAtLaunch: boolean }[];
        assert.ok(
          tags.some(({ key, value, propagateAtLaunch }) => key === "app" && value === app.name && propagateAtLaunch),
        );
      } else {
        assert.equal((inputs["tags"] as Record<string, string> | undefined)?.["app"], app.name, `${type} ${name}`);
      }
    }
  });

  it("refuses a record that gives its Region no role", async () => {
    const foreign = { ...atRest, roles: { "eu-west-1": "primary" as const } };
    await assert.rejects(declare(app, homeStack, { activation: foreign }), /gives ap-northeast-2 no role/);
  });
});

describe("pilot light, databases of both Regions", () => {
  it("are never both writable by the records that a failover goes through, except for the Region that is lost", () => {
    for (const activation of [atRest, promoting, promoted]) {
      const writable = [home, standby].filter(
        (region) =>
          activation.roles[region] !== "lost" && databasePlacement(app, region, activation).replicaOf === undefined,
      );
      assert.deepEqual(writable, [activation.activeRegion]);
    }
  });

  it("become Multi-AZ in the new primary only when its activation is confirmed", () => {
    assert.equal(databasePlacement(app, standby, promoting).multiAz, false);
    assert.equal(databasePlacement(app, standby, promoted).multiAz, true);
  });
});

describe("pilot light, the activation stack", () => {
  const stack = `${app.name}-activation`;

  it("starts with the home Region as primary", async () => {
    assert.deepEqual((await declare(app, stack)).outputs, atRest);
  });

  it("keeps the record it has when it is given none", async () => {
    const { run: _run, ...stored } = promoted;
    const outputs = { ...stored, run: "run-1" };
    assert.deepEqual((await declare(app, stack, { stackOutputs: { [stack]: outputs } })).outputs, promoted);
  });

  it("refuses an epoch that is older than its own, or claimed by another Region", async () => {
    const stackOutputs = { [stack]: { ...promoted } };
    await assert.rejects(declare(app, stack, { stackOutputs, activation: atRest }), /epoch 0 .* is stale/);
    const rival = { ...atRest, epoch: promoted.epoch };
    await assert.rejects(declare(app, stack, { stackOutputs, activation: rival }), /epoch 1 .* is stale/);
  });

  it("keeps a stale run from demoting the new primary, and lets a preview ask what it would do", async () => {
    const stackOutputs = { [stack]: { ...promoted } };
    await assert.rejects(declare(app, standbyStack, { stackOutputs, activation: atRest }), /epoch 0 .* is stale/);
    const preview = await declare(app, standbyStack, { stackOutputs, activation: atRest, preview: true });
    assert.equal(preview.outputs["role"], "standby");
  });

  it("is what a Region's program goes by when it is given no record", async () => {
    const run = await declare(app, standbyStack, { stackOutputs: { [stack]: { ...promoted } } });
    assert.equal(run.outputs["role"], "primary");
    assert.equal(databaseOf(run).inputs["replicateSourceDb"], undefined);
  });

  it("is refused as a record when its outputs are something else", async () => {
    const stackOutputs = { [stack]: { epoch: "first" } };
    await assert.rejects(
      declare(app, homeStack, { stackOutputs }),
      /food-shop-activation holds no activation record: epoch/,
    );
  });
});

describe("pilot light, replication and name service", () => {
  const stackOutputs = {
    [homeStack]: { albDnsName: "home.elb.amazonaws.com", albZoneId: "ZHOME" },
    [standbyStack]: { albDnsName: "standby.elb.amazonaws.com", albZoneId: "ZSTANDBY" },
  };

  it("replicates the images both ways, each rule in the Region of its source", async () => {
    const run = await declare(app, `${app.name}-replication`);
    const rules = run.resources.filter(({ type }) => type === "aws:s3/bucketReplicationConfig:BucketReplicationConfig");
    assert.deepEqual(
      rules.map(({ inputs }) => [inputs["region"], inputs["bucket"]]),
      [home, standby].map((region) => [region, regionNames(app, region).imagesBucket]),
    );
  });

  it("answers with the home Region while it is healthy and not fenced, else with the standby", async () => {
    const run = await declare(app, `${app.name}-global`, { stackOutputs });
    const first = only(run, "aws:route53/record:Record", `${app.name}-primary`).inputs;
    const second = only(run, "aws:route53/record:Record", `${app.name}-secondary`).inputs;
    assert.equal(first["healthCheckId"], `${app.name}-home-id`);
    assert.equal(second["healthCheckId"], undefined);
    assert.deepEqual((first["aliases"] as { name: string }[])[0]?.name, "home.elb.amazonaws.com");
    assert.deepEqual((second["aliases"] as { name: string }[])[0]?.name, "standby.elb.amazonaws.com");

    const combined = only(run, "aws:route53/healthCheck:HealthCheck", `${app.name}-home`).inputs;
    assert.deepEqual(combined["childHealthchecks"], [`${app.name}-home-answers-id`, `${app.name}-home-not-fenced-id`]);
    assert.equal(combined["childHealthThreshold"], 2);
    const fence = only(run, "aws:route53/healthCheck:HealthCheck", `${app.name}-home-not-fenced`).inputs;
    assert.equal(fence["invertHealthcheck"], true);
    assert.equal(fence["resourcePath"], `/${fenceMarkerKey(home)}`);
    assert.match(String(fence["fqdn"]), new RegExp(`^${regionNames(app, standby).fenceBucket}\\.s3\\.${standby}\\.`));
  });

  it("declares the same records whichever Region is active", async () => {
    const before = await declare(app, `${app.name}-global`, { stackOutputs, activation: atRest });
    const after = await declare(app, `${app.name}-global`, { stackOutputs, activation: promoted });
    assert.deepEqual(after.resources, before.resources);
  });

  it("can be previewed before the Regions are deployed", async () => {
    const preview = await declare(app, `${app.name}-global`, { preview: true });
    assert.ok(preview.resources.some(({ type }) => type === "aws:route53/record:Record"));
  });

  it("refuses a time to live that Route 53 would not use", async () => {
    const other = parseAppSpec({ ...app, traffic: { ...app.traffic, ttlSeconds: 30 } });
    await assert.rejects(declare(other, `${app.name}-global`, { stackOutputs }), /traffic.ttlSeconds: must be 60/);
  });
});

function differences(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): string[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key])).sort();
}

function names(run: MockedRun): string[] {
  return run.resources.map(({ type, name }) => `${type} ${name}`);
}

/** The password is made up in each run; the engine keeps the first. */
function withoutPassword({ type, name, inputs }: MockedResource): MockedResource {
  const { password: _password, ...rest } = inputs;
  return { type, name, inputs: rest };
}
