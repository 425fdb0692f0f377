import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { apps, listStacks } from "../stacks/apps.js";
import { serveSimulator, type Ended, type ServedSimulator } from "./support/served-simulator.js";

const app = apps["food-shop"]!;
const region = app.regions.primary;
const stackNamed = (kind: string): string =>
  listStacks()
    .map(({ stack }) => stack.name)
    .find((name) => name.endsWith(kind))!;
const [activation, home] = [stackNamed("-activation"), stackNamed(`-${region}`)];

type Json = Readonly<Record<string, unknown>>;

/** The document that a command printed; fails with what it said when it failed. */
function answerOf({ code, stdout, stderr }: Ended): Json {
  assert.equal(code, 0, stderr || stdout);
  return JSON.parse(stdout) as Json;
}

/** Asserts some properties of an object; it may have others. */
function assertHas(actual: unknown, expected: Json): void {
  const found = Object.entries(actual as Json).filter(([name]) => name in expected);
  assert.deepEqual(Object.fromEntries(found), expected);
}

/** Skips a test where a client is not installed, and says so in its title. */
function needs(this: Mocha.Context, client: string, ...command: readonly [string, ...string[]]): void {
  if (spawnSync(command[0], command.slice(1)).status === 0) return;
  if (this.test) this.test.title += ` (skipped: ${client} is not installed)`;
  this.skip();
}

describe("simulator command", function () {
  this.timeout(180_000);
  let simulator: ServedSimulator;

  before(async () => {
    simulator = await serveSimulator();
  });
  after(() => simulator.close());

  const aws = (...args: readonly string[]): Promise<Ended> => simulator.run("aws", ["--output", "json", ...args]);

  it("prints the environment that clients and the Pulumi CLI need, as one object", () => {
    const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, PULUMI_DEBUG_PROVIDERS, PULUMI_BACKEND_URL } =
      simulator.environment;
    assert.deepEqual([AWS_REGION, AWS_DEFAULT_REGION], [region, region]);
    assert.match(AWS_ENDPOINT_URL ?? "", /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.match(PULUMI_DEBUG_PROVIDERS ?? "", /^aws:(\d+),awsx:\1$/);
    assert.match(PULUMI_BACKEND_URL ?? "", /^file:\/\//);
  });

  describe("with a stack that the Pulumi CLI brought up", () => {
    let outputs: Readonly<Record<string, string>>;
    let wallMs: number;
    let simulatedMs: number;

    before(async () => {
      for (const stack of [activation, home]) {
        const created = await simulator.pulumi("stack", "init", stack);
        assert.equal(created.code, 0, created.stderr);
      }
      const [startedAt, from] = [Date.now(), await simulator.now()];
      for (const stack of [activation, home]) {
        const { code, stdout, stderr } = await simulator.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
        assert.equal(code, 0, stderr + stdout);
      }
      wallMs = Date.now() - startedAt;
      simulatedMs = (await simulator.now()) - from;
      outputs = answerOf(await simulator.pulumi("stack", "output", "--json", "--stack", home)) as typeof outputs;
    });

    it("skips the time for which the CLI waits, though nobody reports what it does", () => {
      // A database alone takes longer than this to create.
      assert.ok(simulatedMs >= 5 * 60_000, `${simulatedMs} ms of simulated time`);
      assert.ok(wallMs <= simulatedMs / 4, `${wallMs} ms of real time`);
    });

    it("previews no changes", async () => {
      const { code, stdout } = await simulator.pulumi("preview", "--expect-no-changes", "--stack", home);
      assert.equal(code, 0, stdout);
    });

    it("answers the aws command line with what the stack declares", async function () {
      needs.call(this, "the aws command line", "aws", "--version");
      const name = outputs["databaseIdentifier"]!;
      const [databases, groups, health, alarms, missing] = await Promise.all([
        aws("rds", "describe-db-instances").then(answerOf),
        aws("autoscaling", "describe-auto-scaling-groups").then(answerOf),
        aws("elbv2", "describe-target-health", "--target-group-arn", outputs["targetGroupArn"]!).then(answerOf),
        aws("cloudwatch", "describe-alarms").then(answerOf),
        aws("rds", "describe-db-instances", "--db-instance-identifier", "none"),
      ]);

      const [database, ...otherDatabases] = databases["DBInstances"] as Json[];
      assert.deepEqual(otherDatabases, []);
      assertHas(database, {
        DBInstanceIdentifier: name,
        DBInstanceStatus: "available",
        DBInstanceArn: outputs["databaseArn"],
        DBInstanceClass: app.database.instanceClass,
        MultiAZ: true,
        StorageEncrypted: true,
        DeletionProtection: true,
        BackupRetentionPeriod: app.database.backupRetentionDays,
      });
      assert.match(
        (database?.["Endpoint"] as Json)["Address"] as string,
        new RegExp(`^${name}\\..*\\.${region}\\.rds`),
      );

      const [group] = groups["AutoScalingGroups"] as (Json & { Instances: Json[] })[];
      assert.equal(group?.["AutoScalingGroupName"], outputs["autoScalingGroup"]);
      assert.deepEqual(
        group?.Instances.map(({ LifecycleState, HealthStatus }) => [LifecycleState, HealthStatus]),
        Array.from({ length: app.capacity.desired }, () => ["InService", "Healthy"]),
      );

      const targets = health["TargetHealthDescriptions"] as { Target: Json; TargetHealth: Json }[];
      assert.deepEqual(
        targets.map(({ Target }) => Target["Id"]).sort(),
        group.Instances.map(({ InstanceId }) => InstanceId).sort(),
      );
      assert.ok(targets.every(({ TargetHealth }) => TargetHealth["State"] === "healthy"));

      assert.deepEqual(
        (alarms["MetricAlarms"] as Json[]).map(({ AlarmArn }) => AlarmArn),
        ["replicaLagAlarmArn", "serverErrorsAlarmArn", "unhealthyHostsAlarmArn"].map((output) => outputs[output]),
      );

      // 254 since version 2, 255 before.
      assert.ok([254, 255].includes(missing.code), String(missing.code));
      assert.match(
        missing.stderr,
        /\(DBInstanceNotFound\) when calling the DescribeDBInstances operation: DBInstance none not found\./,
      );
    });

    it("changes records and starts experiments for the aws command line", async function () {
      needs.call(this, "the aws command line", "aws", "--version");
      const record = { Name: "www.example.com", Type: "A", TTL: 60, ResourceRecords: [{ Value: "192.0.2.1" }] };
      const changes = JSON.stringify({ Changes: [{ Action: "UPSERT", ResourceRecordSet: record }] });
      const template = JSON.stringify({
        description: "terminate one instance",
        roleArn: outputs["experimentRoleArn"],
        targets: {
          one: {
            resourceType: "aws:ec2:instance",
            resourceTags: { "aws:autoscaling:groupName": outputs["autoScalingGroup"] },
            selectionMode: "COUNT(1)",
          },
        },
        actions: { terminate: { actionId: "aws:ec2:terminate-instances", targets: { Instances: "one" } } },
        stopConditions: [{ source: "aws:cloudwatch:alarm", value: outputs["unhealthyHostsAlarmArn"] }],
      });

      const records = async (): Promise<void> => {
        const zone = await aws("route53", "create-hosted-zone", "--name", "example.com", "--caller-reference", "1");
        const { Id } = answerOf(zone)["HostedZone"] as { Id: string };
        const change = aws("route53", "change-resource-record-sets", "--hosted-zone-id", Id, "--change-batch", changes);
        assertHas(answerOf(await change)["ChangeInfo"], { Status: "PENDING" });
        const list = answerOf(await aws("route53", "list-resource-record-sets", "--hosted-zone-id", Id));
        const found = (list["ResourceRecordSets"] as Json[]).filter(({ Name }) => Name === `${record.Name}.`);
        assert.deepEqual(found, [{ ...record, Name: `${record.Name}.` }]);
      };
      const experiments = async (): Promise<void> => {
        const created = answerOf(await aws("fis", "create-experiment-template", "--cli-input-json", template));
        const { id } = created["experimentTemplate"] as { id: string };
        const started = answerOf(await aws("fis", "start-experiment", "--experiment-template-id", id));
        const experiment = started["experiment"] as { id: string; state: Json };
        assert.equal(experiment.state["status"], "pending");
        const later = answerOf(await aws("fis", "get-experiment", "--id", experiment.id));
        assertHas(later["experiment"], { id: experiment.id, experimentTemplateId: id });
      };
      await Promise.all([records(), experiments()]);
    });
  });

  it("lets boto3 build a shop, and refuses with AWS's own errors", async function () {
    needs.call(this, "boto3", "python3", "-c", "import boto3");
    const answers = answerOf(await simulator.run("python3", ["test/support/shop.py"]));
    assert.deepEqual(answers, {
      database: {
        arn: "arn:aws:rds:us-east-1:123456789012:db:orders",
        status: ["creating", "creating"],
        endpoint: false,
      },
      missingDatabase: ["DBInstanceNotFound", 404],
      sameDatabase: ["DBInstanceAlreadyExists", 400],
      group: { sizes: [2, 2, 4], targetGroups: true, zones: ["us-east-1a", "us-east-1b"] },
      missingGroups: [],
      missingTargets: ["TargetGroupNotFound", 400],
      change: "PENDING",
      records: [
        ["shop.example.com.", "A"],
        ["shop.example.com.", "NS"],
        ["shop.example.com.", "SOA"],
      ],
      sameRecord: ["InvalidChangeBatch", 400],
      alarm: ["INSUFFICIENT_DATA", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:shop-orders"],
      experiment: { started: "pending", found: true },
      missingExperiment: ["ResourceNotFoundException", 404],
    });
  });
});

describe("simulator command, stopped", function () {
  this.timeout(60_000);

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`ends at ${signal} with exit code 0, says nothing of an error and leaves nothing behind`, async () => {
      const port = await freePort();
      const simulator = await serveSimulator("--port", String(port));
      try {
        assert.equal(simulator.environment["AWS_ENDPOINT_URL"], `http://127.0.0.1:${port}`);
        const { code, stdout, stderr } = await simulator.stop(signal);
        assert.equal(code, 0);
        assert.equal(stdout.trim().split("\n").length, 1);
        assert.match(stderr, /^The simulated AWS answers at /);
        assert.doesNotMatch(stderr, /error|bug/i);
        assert.deepEqual(simulator.leftovers(), []);
      } finally {
        await simulator.close();
      }
    });
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
