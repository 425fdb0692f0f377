import assert from "node:assert/strict";

import type {
  CreateExperimentTemplateCommandInput,
  Experiment,
  StartExperimentCommandInput,
} from "@aws-sdk/client-fis";
import fc from "fast-check";

import { createDraw } from "../../src/latency/row.js";
import { cloudWatch } from "../../src/simulator/services/cloud-watch/service.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import { select } from "../../src/simulator/services/fis/selection.js";
import { fis } from "../../src/simulator/services/fis/service.js";
import { iam } from "../../src/simulator/services/iam/service.js";
import { rds } from "../../src/simulator/services/rds/service.js";
import {
  answersError,
  createComputeWorld,
  createNetwork,
  minute,
  region,
  second,
  type ComputeWorld,
  type Network,
} from "./compute-services.js";

const ROLE = "arn:aws:iam::123456789012:role/experiments";
const FIS_TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "fis.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

type Template = Omit<CreateExperimentTemplateCommandInput, "clientToken"> & { clientToken?: string };
type Target = NonNullable<Template["targets"]>[string];

const target = (changes: Partial<Target> = {}): Target => ({
  resourceType: "aws:ec2:instance",
  resourceTags: { app: "shop" },
  selectionMode: "ALL",
  ...changes,
});

const template = (changes: Partial<Template> = {}): Template => ({
  description: "terminate one instance",
  roleArn: ROLE,
  stopConditions: [{ source: "none" }],
  targets: { web: target() },
  actions: { fault: { actionId: "aws:ec2:terminate-instances", targets: { Instances: "web" } } },
  ...changes,
});

describe("simulated FIS", () => {
  let compute: ComputeWorld;
  let network: Network;

  beforeEach(() => {
    compute = createComputeWorld();
    network = createNetwork(compute);
    compute.call(iam, "CreateRole", { RoleName: "experiments", AssumeRolePolicyDocument: FIS_TRUST });
  });

  afterEach(() => compute.clock.stop());

  function runInstances(count: number, tags: Record<string, string> = { app: "shop" }, zone = 0): string[] {
    const { Instances = [] } = compute.call(ec2, "RunInstances", {
      ImageId: "ami-0123456789abcdef0",
      InstanceType: "t3.medium",
      MinCount: count,
      MaxCount: count,
      SubnetId: network.subnetIds[zone],
      TagSpecifications: [
        { ResourceType: "instance", Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
      ],
    });
    return Instances.map(({ InstanceId }) => InstanceId ?? "");
  }

  // The clients make up a token for each request; the service takes requests without one.
  const create = (changes: Partial<Template> = {}): string =>
    compute.call(fis, "CreateExperimentTemplate", template(changes)).experimentTemplate?.id ?? "";

  const begin = (input: Partial<StartExperimentCommandInput>): Experiment =>
    compute.call(fis, "StartExperiment", input as StartExperimentCommandInput, "drill-7").experiment ?? {};

  const start = (changes: Partial<Template> = {}, options: object = {}): string =>
    begin({ experimentTemplateId: create(changes), ...options }).id ?? "";

  const get = (id: string): Experiment => compute.call(fis, "GetExperiment", { id }).experiment ?? {};

  const states = (ids: readonly string[]): (string | undefined)[] =>
    ids.map(
      (id) =>
        compute.call(ec2, "DescribeInstances", { InstanceIds: [id] }).Reservations?.[0]?.Instances?.[0]?.State?.Name,
    );

  const resolved = (id: string): string[] =>
    (compute.call(fis, "ListExperimentResolvedTargets", { experimentId: id }).resolvedTargets ?? []).map(
      ({ targetInformation }) => targetInformation?.["arn"]?.split("/")[1] ?? "",
    );

  const initiated = (id: string): Promise<void> =>
    compute.clock.sleep(1000 * compute.world.seconds("fis.initiate", `${region}/${id}/`) + second);

  it("goes from pending to initiating to running to completed, and really terminates what it selected", async () => {
    const [first, second_] = runInstances(2);
    await compute.clock.sleep(minute);
    const { id = "", state } = begin({
      experimentTemplateId: create({ targets: { web: target({ selectionMode: "COUNT(1)" }) } }),
    });
    assert.equal(state?.status, "pending");
    await compute.clock.sleep(second);
    assert.equal(get(id).state?.status, "initiating");
    assert.deepEqual(states([first ?? "", second_ ?? ""]), ["running", "running"]);
    await initiated(id);
    const running = get(id);
    assert.equal(running.state?.status, "running");
    assert.equal(running.actions?.["fault"]?.state?.status, "running");
    assert.ok(running.actions["fault"].startTime);
    assert.equal(resolved(id).length, 1);
    assert.deepEqual(states(resolved(id)), ["shutting-down"]);
    await compute.clock.sleep(5 * minute);
    const ended = get(id);
    assert.equal(ended.state?.status, "completed");
    assert.equal(ended.actions?.["fault"]?.state?.status, "completed");
    assert.deepEqual(states([first ?? "", second_ ?? ""]).sort(), ["running", "terminated"]);
    const terminate = compute.api.calls.find(({ operation }) => operation === "TerminateInstances");
    assert.equal(terminate?.cause, "drill-7");
  });

  it("touches nothing in a dry run: targets are resolved, actions skipped", async () => {
    const ids = runInstances(2);
    await compute.clock.sleep(minute);
    const id = start({}, { experimentOptions: { actionsMode: "skip-all" } });
    await initiated(id);
    assert.equal(get(id).state?.status, "completed");
    assert.equal(get(id).actions?.["fault"]?.state?.status, "skipped");
    assert.deepEqual(resolved(id).sort(), [...ids].sort());
    await compute.clock.sleep(5 * minute);
    assert.deepEqual(states(ids), ["running", "running"]);
    assert.ok(!compute.api.calls.some(({ operation }) => operation === "TerminateInstances"));
  });

  it("selects by all tags, and by all filters with any of their values", async () => {
    const [wanted] = runInstances(1, { app: "shop", tier: "web" }, 1);
    runInstances(1, { app: "shop" }, 1);
    runInstances(1, { app: "shop", tier: "web" }, 0);
    await compute.clock.sleep(minute);
    const filters = [
      { path: "State.Name", values: ["running", "stopped"] },
      { path: "Placement.AvailabilityZone", values: [`${region}b`] },
    ];
    const id = start({ targets: { web: target({ resourceTags: { app: "shop", tier: "web" }, filters }) } });
    await initiated(id);
    assert.deepEqual(resolved(id), [wanted]);
  });

  it("rounds PERCENT down, and fails when nothing is left of it", async () => {
    runInstances(5);
    await compute.clock.sleep(minute);
    const half = start({ targets: { web: target({ selectionMode: "PERCENT(50)" }) } });
    const little = start({ targets: { web: target({ selectionMode: "PERCENT(10)" }) } });
    await initiated(half);
    await initiated(little);
    assert.equal(resolved(half).length, 2);
    assert.equal(get(little).state?.status, "failed");
    assert.match(get(little).state?.reason ?? "", /empty set/);
    assert.equal(get(little).actions?.["fault"]?.state?.status, "cancelled");
  });

  it("chooses the same resources for the same seed, others for another, and never more than there are", () => {
    const arns = Array.from({ length: 8 }, (_, index) => `arn:${index}`);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.integer(), (value, seed) => {
        const chosen = select(arns, { kind: "count", value }, createDraw(seed), "key");
        assert.deepEqual(chosen, select([...arns].reverse(), { kind: "count", value }, createDraw(seed), "key"));
        assert.equal(new Set(chosen).size, Math.min(value, arns.length));
        assert.ok(chosen.every((arn) => arns.includes(arn)));
      }),
    );
    const firsts = Array.from(
      { length: 50 },
      (_, seed) => select(arns, { kind: "count", value: 1 }, createDraw(seed), "key")[0],
    );
    assert.ok(new Set(firsts).size > 4, "the choice depends on the seed");
  });

  it("skips an action without targets where the template says so, and goes on with the next", async () => {
    const id = start({
      experimentOptions: { emptyTargetResolutionMode: "skip" },
      actions: {
        fault: { actionId: "aws:ec2:terminate-instances", targets: { Instances: "web" } },
        rest: { actionId: "aws:fis:wait", parameters: { duration: " PT2M " }, startAfter: ["fault"] },
      },
    });
    await initiated(id);
    assert.equal(get(id).actions?.["fault"]?.state?.status, "skipped");
    assert.equal(get(id).actions?.["rest"]?.state?.status, "running");
    await compute.clock.sleep(2 * minute);
    assert.equal(get(id).state?.status, "completed");
  });

  it("fails for a named resource that is missing, also where empty targets may be skipped", async () => {
    const resourceArns = [`arn:aws:ec2:${region}:123456789012:instance/i-0000000000000dead`];
    const { resourceTags: _tags, ...byArn } = target({ resourceArns });
    const id = start({ targets: { web: byArn }, experimentOptions: { emptyTargetResolutionMode: "skip" } });
    await initiated(id);
    assert.equal(get(id).state?.status, "failed");
    assert.match(get(id).state?.reason ?? "", /could not be found/);
  });

  it("starts actions without startAfter together, and the others when those have completed", async () => {
    const wait = (duration: string, startAfter?: string[]) => ({
      actionId: "aws:fis:wait",
      parameters: { duration },
      ...(startAfter ? { startAfter } : {}),
    });
    const id = start({ targets: {}, actions: { a: wait("PT1M"), b: wait("PT3M"), c: wait("PT1M", ["a", "b"]) } });
    const status = (): (string | undefined)[] => ["a", "b", "c"].map((name) => get(id).actions?.[name]?.state?.status);
    await initiated(id);
    assert.deepEqual(status(), ["running", "running", "pending"]);
    await compute.clock.sleep(minute);
    assert.deepEqual(status(), ["completed", "running", "pending"]);
    await compute.clock.sleep(2 * minute);
    assert.deepEqual(status(), ["completed", "completed", "running"]);
    await compute.clock.sleep(minute);
    assert.equal(get(id).state?.status, "completed");
  });

  const stopped = {
    fault: {
      actionId: "aws:ec2:stop-instances",
      targets: { Instances: "web" },
      parameters: { startInstancesAfterDuration: "PT10M" },
    },
  };

  it("starts stopped instances again after the duration", async () => {
    const ids = runInstances(1);
    await compute.clock.sleep(minute);
    const id = start({ actions: stopped });
    await initiated(id);
    await compute.clock.sleep(2 * minute);
    assert.deepEqual(states(ids), ["stopped"]);
    await compute.clock.sleep(9 * minute);
    assert.deepEqual(states(ids), ["running"]);
    assert.equal(get(id).state?.status, "completed");
  });

  it("finishes post-actions when it is stopped, then is stopped", async () => {
    const ids = runInstances(1);
    await compute.clock.sleep(minute);
    const id = start({
      actions: {
        ...stopped,
        later: { actionId: "aws:fis:wait", parameters: { duration: "PT1M" }, startAfter: ["fault"] },
      },
    });
    await initiated(id);
    await compute.clock.sleep(2 * minute);
    compute.call(fis, "StopExperiment", { id });
    assert.equal(get(id).state?.status, "stopping");
    assert.equal(get(id).actions?.["fault"]?.state?.status, "stopping");
    assert.equal(get(id).actions?.["later"]?.state?.status, "cancelled");
    await compute.clock.sleep(minute);
    assert.deepEqual(states(ids), ["running"]);
    assert.equal(get(id).actions?.["fault"]?.state?.status, "stopped");
    assert.equal(get(id).state?.status, "stopped");
    assert.throws(() => compute.call(fis, "StopExperiment", { id }), answersError("ValidationException"));
  });

  it("never begins when it is stopped while it initiates", async () => {
    const ids = runInstances(1);
    await compute.clock.sleep(minute);
    const id = start();
    compute.call(fis, "StopExperiment", { id });
    assert.equal(get(id).state?.status, "stopped");
    await compute.clock.sleep(5 * minute);
    assert.equal(get(id).state?.status, "stopped");
    assert.deepEqual(states(ids), ["running"]);
  });

  describe("stop conditions", () => {
    const alarm = `arn:aws:cloudwatch:${region}:123456789012:alarm:steady-state`;
    const setAlarm = (StateValue: "OK" | "ALARM"): void => {
      compute.call(cloudWatch, "SetAlarmState", { AlarmName: "steady-state", StateValue, StateReason: "test" });
    };
    const guarded: Partial<Template> = {
      actions: stopped,
      stopConditions: [{ source: "aws:cloudwatch:alarm", value: alarm }],
    };

    beforeEach(() => {
      compute.call(cloudWatch, "PutMetricAlarm", {
        AlarmName: "steady-state",
        MetricName: "Failed",
        Namespace: "Shop",
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 60,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "ignore",
      });
    });

    it("stops a running experiment when the alarm goes off", async () => {
      const ids = runInstances(1);
      await compute.clock.sleep(minute);
      const id = start(guarded);
      await initiated(id);
      assert.equal(get(id).state?.status, "running");
      setAlarm("ALARM");
      assert.equal(get(id).state?.status, "stopping");
      await compute.clock.sleep(3 * minute);
      assert.equal(get(id).state?.status, "stopped");
      assert.match(get(id).state?.reason ?? "", /stop condition/);
      assert.deepEqual(states(ids), ["running"]);
    });

    it("never begins while the alarm is already in ALARM", async () => {
      const ids = runInstances(1);
      await compute.clock.sleep(minute);
      setAlarm("ALARM");
      const id = start(guarded);
      await initiated(id);
      assert.equal(get(id).state?.status, "stopped");
      assert.deepEqual(states(ids), ["running"]);
    });

    it("fails when the alarm does not exist", async () => {
      const id = start({ ...guarded, stopConditions: [{ source: "aws:cloudwatch:alarm", value: `${alarm}-none` }] });
      await initiated(id);
      assert.equal(get(id).state?.status, "failed");
    });
  });

  it("fails when its role does not exist or does not trust FIS", async () => {
    compute.call(iam, "CreateRole", { RoleName: "other", AssumeRolePolicyDocument: FIS_TRUST.replace("fis.", "ec2.") });
    runInstances(1);
    await compute.clock.sleep(minute);
    for (const name of ["none", "other"]) {
      const id = start({ roleArn: `arn:aws:iam::123456789012:role/${name}` });
      await initiated(id);
      assert.equal(get(id).state?.status, "failed");
      assert.match(get(id).state?.reason ?? "", /assume role/);
    }
  });

  it("fails when an action fails, and says what the service answered", async () => {
    const [id] = runInstances(1);
    await compute.clock.sleep(minute);
    compute.call(ec2, "ModifyInstanceAttribute", { InstanceId: id, DisableApiTermination: { Value: true } });
    const experiment = start({
      actions: {
        fault: { actionId: "aws:ec2:terminate-instances", targets: { Instances: "web" } },
        other: { actionId: "aws:fis:wait", parameters: { duration: "PT5M" } },
      },
    });
    await initiated(experiment);
    const { state, actions } = get(experiment);
    assert.equal(state?.status, "failed");
    assert.equal(actions?.["fault"]?.state?.status, "failed");
    assert.match(actions["fault"].state.reason ?? "", /OperationNotPermitted/);
    assert.ok(["cancelled", "stopped"].includes(actions["other"]?.state?.status ?? ""));
  });

  it("reboots a database through a failover of its Multi-AZ standby", async () => {
    const instance = compute.call(rds, "CreateDBInstance", {
      DBInstanceIdentifier: "orders",
      Engine: "mysql",
      DBInstanceClass: "db.r6g.large",
      AllocatedStorage: 100,
      MasterUsername: "admin",
      MasterUserPassword: "correct-horse",
      MultiAZ: true,
      Tags: [{ Key: "app", Value: "shop" }],
    }).DBInstance;
    await compute.clock.sleep(30 * minute);
    const zone = (): string | undefined =>
      compute.call(rds, "DescribeDBInstances", {}).DBInstances?.[0]?.AvailabilityZone;
    const before = zone();
    const { resourceTags: _tags, ...byArn } = target({
      resourceType: "aws:rds:db",
      resourceArns: [instance?.DBInstanceArn ?? ""],
    });
    const id = start({
      targets: { database: byArn },
      actions: {
        fault: {
          actionId: "aws:rds:reboot-db-instances",
          parameters: { forceFailover: "true" },
          targets: { DBInstances: "database" },
        },
      },
    });
    await compute.clock.sleep(10 * minute);
    assert.equal(get(id).state?.status, "completed");
    assert.notEqual(zone(), before);
  });

  it("stands still while its Region is impaired, and goes on when it returns", async () => {
    const id = start({
      targets: {},
      actions: { wait: { actionId: "aws:fis:wait", parameters: { duration: "PT1M" } } },
    });
    const { world, clock } = compute;
    world.impair(region, { kind: "lost", since: world.now() });
    await clock.sleep(30 * minute);
    world.impair(region, undefined);
    assert.equal(get(id).state?.status, "running");
    await clock.sleep(minute);
    assert.equal(get(id).state?.status, "completed");
  });

  it("runs five experiments at a time", () => {
    const templateId = create({
      targets: {},
      actions: { wait: { actionId: "aws:fis:wait", parameters: { duration: "PT1M" } } },
    });
    const another = (): Experiment => begin({ experimentTemplateId: templateId });
    for (let count = 0; count < 5; count++) another();
    assert.throws(another, answersError("ServiceQuotaExceededException"));
  });

  it("answers the same client token with the same experiment, and refuses it for another request", () => {
    const templateId = create({ clientToken: "t" });
    assert.equal(create({ clientToken: "t" }), templateId);
    assert.throws(() => create({ clientToken: "t", description: "another" }), answersError("ConflictException"));
    const tagged = (tags: Record<string, string>): string | undefined =>
      begin({ experimentTemplateId: templateId, clientToken: "s", tags }).id;
    assert.equal(tagged({}), tagged({}));
    assert.throws(() => tagged({ run: "2" }), answersError("ConflictException"));
  });

  const wrong: readonly (readonly [string, Partial<Template>, RegExp])[] = [
    [
      "an action paired with targets of another type",
      { targets: { web: target({ resourceType: "aws:rds:db" }) } },
      /needs targets of type aws:ec2:instance/,
    ],
    [
      "a target name that the action does not have",
      { actions: { a: { actionId: "aws:ec2:terminate-instances", targets: { Nodes: "web" } } } },
      /no target named Nodes/,
    ],
    [
      "an action without its target",
      { actions: { a: { actionId: "aws:ec2:terminate-instances" } } },
      /must have a target named Instances/,
    ],
    [
      "a target that does not exist",
      { actions: { a: { actionId: "aws:ec2:terminate-instances", targets: { Instances: "none" } } } },
      /does not exist/,
    ],
    [
      "ARNs together with tags",
      { targets: { web: target({ resourceArns: [`arn:aws:ec2:${region}:123456789012:instance/i-1`] }) } },
      /can't have resource ARNs together/,
    ],
    ["neither ARNs nor tags", { targets: { web: target({ resourceTags: {} }) } }, /at least one/],
    ["an unknown selection", { targets: { web: target({ selectionMode: "SOME" }) } }, /selection mode SOME/],
    ["more than all", { targets: { web: target({ selectionMode: "PERCENT(101)" }) } }, /selection mode/],
    [
      "a parameter that the action does not have",
      {
        actions: {
          a: { actionId: "aws:ec2:terminate-instances", targets: { Instances: "web" }, parameters: { force: "true" } },
        },
      },
      /no parameter force/,
    ],
    ["a wait without a duration", { actions: { a: { actionId: "aws:fis:wait" } } }, /must have the parameter duration/],
    [
      "a duration that is none",
      { actions: { a: { actionId: "aws:fis:wait", parameters: { duration: "10 minutes" } } } },
      /PT1M to PT12H/,
    ],
    [
      "a duration below a minute",
      { actions: { a: { actionId: "aws:fis:wait", parameters: { duration: "PT59S" } } } },
      /PT1M to PT12H/,
    ],
    [
      "an order that can't be",
      { actions: { a: { actionId: "aws:fis:wait", parameters: { duration: "PT1M" }, startAfter: ["a"] } } },
      /cycle/,
    ],
    [
      "a predecessor that does not exist",
      { actions: { a: { actionId: "aws:fis:wait", parameters: { duration: "PT1M" }, startAfter: ["b"] } } },
      /does not exist/,
    ],
    ["no stop condition", { stopConditions: [] }, /stopConditions/],
    ["a stop condition without its alarm", { stopConditions: [{ source: "aws:cloudwatch:alarm" }] }, /alarm/],
    ["no action", { actions: {} }, /must have an action/],
    ["what is not a map of actions", { actions: "all" as never }, /actions/],
    ["a description over 512 characters", { description: "x".repeat(513) }, /description/],
  ];
  for (const [what, changes, message] of wrong) {
    it(`refuses a template with ${what}`, () => {
      assert.throws(
        () => create(changes),
        (error) => answersError("ValidationException")(error) && message.test(String(error)),
      );
    });
  }

  it("says of an action that AWS has and the simulator has not that it is not modelled", () => {
    const actions = { a: { actionId: "aws:eks:pod-delete", targets: { Pods: "web" } } };
    assert.throws(() => create({ actions }), answersError("NotImplemented"));
  });
});
