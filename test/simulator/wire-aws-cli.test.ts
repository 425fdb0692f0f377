import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";

import { iam } from "../../src/simulator/services/iam/service.js";
import { services } from "../../src/simulator/services/registry.js";
import { withWire, type WireFixture } from "./wire-fixture.js";

const CLI_MISSING = "the aws command line is not on PATH: its calls are not tested here";

/** Set-up for the CLI that nothing on this machine changes. */
function environment(accessKeyId = "AKIATEST"): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_SDK_UA_APP_ID: "cli-run",
    AWS_MAX_ATTEMPTS: "1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Runs `aws` against the server. By flag: for RDS in us-east-1, version 1 of the CLI ignores AWS_ENDPOINT_URL. */
function aws(
  { url }: WireFixture,
  args: readonly string[],
  env = environment(),
): Promise<{ code: number; out: string; error: string }> {
  return new Promise((resolve) => {
    execFile("aws", ["--endpoint-url", url, "--output", "json", ...args], { env }, (failure, out, error) => {
      resolve({ code: failure ? Number(failure.code ?? 1) : 0, out, error });
    });
  });
}

async function answer(fixture: WireFixture, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, error } = await aws(fixture, args);
  assert.equal(code, 0, error);
  return out.trim() === "" ? {} : (JSON.parse(out) as Record<string, unknown>);
}

describe("the aws command line against the simulator", function () {
  this.timeout(120_000);

  before(function () {
    if (spawnSync("aws", ["--version"]).status === 0) return;
    this.test?.parent?.tests.forEach((test) => (test.title += ` (skipped: ${CLI_MISSING})`));
    this.skip();
  });

  it("describes databases, groups and alarms, and says what AWS says of what is missing", () =>
    withWire(services, async (fixture) => {
      const [databases, groups, alarms, missing, target] = await Promise.all([
        answer(fixture, "rds", "describe-db-instances"),
        answer(fixture, "autoscaling", "describe-auto-scaling-groups"),
        answer(fixture, "cloudwatch", "describe-alarms"),
        aws(fixture, ["rds", "describe-db-instances", "--db-instance-identifier", "none"]),
        aws(fixture, [
          "elbv2",
          "describe-target-health",
          "--target-group-arn",
          "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/1",
        ]),
      ]);
      assert.deepEqual(databases["DBInstances"], []);
      assert.deepEqual(groups["AutoScalingGroups"], []);
      assert.deepEqual(alarms["MetricAlarms"], []);
      assert.match(missing.error, /\(DBInstanceNotFound\)/);
      assert.match(target.error, /\(TargetGroupNotFound\)/);
      assert.ok(fixture.api.calls.length >= 5);
    }));

  it("changes and lists records", () =>
    withWire(services, async (fixture) => {
      const zone = await answer(
        fixture,
        "route53",
        "create-hosted-zone",
        "--name",
        "shop.example.com",
        "--caller-reference",
        "1",
      );
      const id = (zone["HostedZone"] as { Id: string }).Id;
      const ResourceRecordSet = {
        Name: "www.shop.example.com",
        Type: "A",
        TTL: 60,
        ResourceRecords: [{ Value: "10.0.0.1" }],
      };
      const batch = JSON.stringify({ Changes: [{ Action: "UPSERT", ResourceRecordSet }] });
      const change = await answer(
        fixture,
        "route53",
        "change-resource-record-sets",
        "--hosted-zone-id",
        id,
        "--change-batch",
        batch,
      );
      assert.equal((change["ChangeInfo"] as { Status: string }).Status, "PENDING");
      const list = await answer(fixture, "route53", "list-resource-record-sets", "--hosted-zone-id", id);
      const found = (list["ResourceRecordSets"] as { Name: string; TTL?: number }[]).find(
        ({ Name }) => Name === "www.shop.example.com.",
      );
      assert.equal(found?.TTL, 60);
    }));

  it("copies objects to and fro", () =>
    withWire(services, async (fixture) => {
      assert.equal((await aws(fixture, ["s3", "mb", "s3://images"])).code, 0);
      const key = "s3://images/a b/ü.txt";
      assert.equal((await aws(fixture, ["s3", "cp", "package.json", key, "--no-progress"])).code, 0);
      const { out } = await aws(fixture, ["s3", "cp", key, "-"]);
      assert.match(out, /"name": "region-runbook"/);
    }));

  it("starts an experiment, and keeps a dry run dry", () =>
    withWire(services, async (fixture) => {
      const Statement = [{ Effect: "Allow", Principal: { Service: "fis.amazonaws.com" }, Action: "sts:AssumeRole" }];
      const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
      fixture.api.call(
        iam,
        "CreateRole",
        { RoleName: "experiments", AssumeRolePolicyDocument },
        { region: "global", cause: "test" },
      );
      const actions = JSON.stringify({ pause: { actionId: "aws:fis:wait", parameters: { duration: "PT1M" } } });
      const created = await answer(
        fixture,
        ...["fis", "create-experiment-template", "--description", "pause", "--actions", actions],
        ...["--role-arn", "arn:aws:iam::123456789012:role/experiments", "--stop-conditions", "source=none"],
      );
      const template = (created["experimentTemplate"] as { id: string }).id;
      const started = await answer(
        fixture,
        ...[
          "fis",
          "start-experiment",
          "--experiment-template-id",
          template,
          "--experiment-options",
          "actionsMode=skip-all",
        ],
      );
      const { id } = started["experiment"] as { id: string };
      await fixture.world.clock.sleep(120_000);
      const ended = await answer(fixture, "fis", "get-experiment", "--id", id);
      const { state, actions: ran } = ended["experiment"] as {
        state: { status: string };
        actions: { pause: { state: { status: string } } };
      };
      assert.deepEqual([state.status, ran.pause.state.status], ["completed", "skipped"]);
    }));

  it("is told that its credentials have expired", () =>
    withWire(services, async (fixture) => {
      const { code, error } = await aws(fixture, ["sts", "get-caller-identity"], environment("EXPIRED"));
      assert.notEqual(code, 0);
      assert.match(error, /\(ExpiredToken\)/);
    }));
});
