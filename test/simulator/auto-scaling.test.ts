import assert from "node:assert/strict";

import { autoScaling } from "../../src/simulator/services/auto-scaling/service.js";
import { getInstance, listInstances } from "../../src/simulator/services/ec2/instances.js";
import { setCapacityShortage } from "../../src/simulator/services/ec2/quotas.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import { elasticLoadBalancingV2 as elb } from "../../src/simulator/services/elastic-load-balancing-v2/service.js";
import type { Cause, LatencySpan } from "../../src/simulator/world.js";
import {
  answersError,
  createBalancer,
  createComputeWorld,
  createGroup,
  createNetwork,
  createTemplate,
  describeGroup,
  minute,
  region,
  second,
  targetHealth,
  type ComputeWorld,
  type Network,
} from "./compute-services.js";

describe("simulated Auto Scaling group", () => {
  let compute: ComputeWorld;
  let network: Network;
  let templateId: string;

  beforeEach(() => {
    compute = createComputeWorld();
    network = createNetwork(compute);
    templateId = createTemplate(compute, network);
  });

  afterEach(() => compute.clock.stop());

  const resize = (DesiredCapacity: number, cause?: string): void => {
    compute.call(autoScaling, "SetDesiredCapacity", { AutoScalingGroupName: "web", DesiredCapacity }, cause);
  };

  const members = (): string[] => describeGroup(compute).Instances.map(({ InstanceId }) => InstanceId ?? "");

  const activities = (): string[] =>
    (compute.call(autoScaling, "DescribeScalingActivities", { AutoScalingGroupName: "web" }).Activities ?? []).map(
      ({ StatusCode, Description = "" }) => `${StatusCode ?? ""}: ${Description.replace(/i-[0-9a-f]+/, "i-…")}`,
    );

  it("launches nothing until asked, then balances its instances over the zones and tags them", async () => {
    const { clock, call } = compute;
    createGroup(compute, network, templateId);
    await clock.sleep(10 * minute);
    assert.deepEqual(members(), []);
    resize(4);
    assert.deepEqual(members(), []);
    await clock.sleep(6 * second);
    assert.deepEqual(
      new Set(describeGroup(compute).Instances.map(({ LifecycleState }) => LifecycleState)),
      new Set(["Pending"]),
    );
    await clock.sleep(minute);
    const { Instances, DesiredCapacity } = describeGroup(compute);
    assert.equal(DesiredCapacity, 4);
    assert.deepEqual(
      new Set(Instances.map((member) => `${member.LifecycleState ?? ""} ${member.HealthStatus ?? ""}`)),
      new Set(["InService Healthy"]),
    );
    const zones = Instances.map(({ AvailabilityZone = "" }) => AvailabilityZone.at(-1)).sort();
    assert.deepEqual(zones, ["a", "a", "b", "c"]);
    const tagged = call(ec2, "DescribeInstances", {
      Filters: [{ Name: "tag:aws:autoscaling:groupName", Values: ["web"] }],
    });
    assert.equal(tagged.Reservations?.length, 4);
    const tags = getInstance(compute.world, region, Instances[0]?.InstanceId ?? "")?.tags;
    assert.deepEqual([tags?.["Name"], tags?.["tier"], tags?.["owner"]], ["web", "web", undefined]);
    assert.deepEqual(activities(), Array(4).fill("Successful: Launching a new EC2 instance: i-…"));
  });

  it("keeps the call's cause from the request through launch and bootstrap to the passed health check", async () => {
    const { clock, world } = compute;
    const { targetGroupArn } = await createBalancer(compute, network);
    createGroup(compute, network, templateId, { TargetGroupARNs: [targetGroupArn] });
    resize(1, "run-7/scale");
    await clock.sleep(10 * minute);
    const chain: string[] = [];
    let cause: Cause | undefined = {
      span: world.spans.filter(({ label }) => label === "target health check").at(-1)?.id ?? 0,
    };
    while (cause && "span" in cause) {
      const id: number = cause.span;
      const found: LatencySpan | undefined = world.spans.find((span) => span.id === id);
      chain.unshift(found?.label ?? found?.row ?? "?");
      cause = found?.cause;
    }
    assert.deepEqual(chain, ["autoscaling.reaction", "ec2.launch", "ec2.bootstrap", "target health check"]);
    assert.deepEqual(cause, { root: "run-7/scale" });
    assert.deepEqual(targetHealth(compute, targetGroupArn), { [members()[0] ?? ""]: "healthy" });
  });

  it("replaces an instance that was terminated or stopped", async () => {
    const { clock, call, world } = compute;
    createGroup(compute, network, templateId, { DesiredCapacity: 2, MinSize: 2 });
    await clock.sleep(10 * minute);
    const [terminated = "", stopped = ""] = members();
    call(ec2, "TerminateInstances", { InstanceIds: [terminated] }, "experiment");
    await clock.sleep(10 * minute);
    assert.ok(!members().includes(terminated) && members().length === 2);
    call(ec2, "StopInstances", { InstanceIds: [stopped] });
    await clock.sleep(10 * minute);
    assert.ok(!members().includes(stopped) && members().length === 2);
    assert.equal(getInstance(world, region, stopped)?.state, "terminated");
    assert.equal(listInstances(world, region).filter(({ serving }) => serving).length, 2);
  });

  it("replaces what the load balancer finds unhealthy, but only after the grace period", async () => {
    const { clock, world } = compute;
    const { targetGroupArn } = await createBalancer(compute, network);
    createGroup(compute, network, templateId, {
      DesiredCapacity: 1,
      TargetGroupARNs: [targetGroupArn],
      HealthCheckType: "ELB",
      HealthCheckGracePeriod: 100,
    });
    // The bootstrap takes longer than 100 s: the group kills every instance before it can serve. AWS does that, too.
    await clock.sleep(20 * second);
    await clock.sleep(80 * second);
    const [first = ""] = members();
    assert.equal(targetHealth(compute, targetGroupArn)[first], "unhealthy Target.FailedHealthChecks");
    assert.equal(describeGroup(compute).Instances[0]?.HealthStatus, "Healthy");
    await clock.sleep(minute);
    assert.equal(
      describeGroup(compute).Instances.find(({ InstanceId }) => InstanceId === first)?.HealthStatus,
      "Unhealthy",
    );
    compute.call(autoScaling, "UpdateAutoScalingGroup", { AutoScalingGroupName: "web", HealthCheckGracePeriod: 400 });
    await clock.sleep(20 * minute);
    const [last = ""] = members();
    assert.notEqual(last, first);
    assert.deepEqual(members(), [last]);
    assert.equal(getInstance(world, region, last)?.serving, true);
  });

  it("drains an instance before it ends it, when it shrinks", async () => {
    const { clock, world } = compute;
    const { targetGroupArn } = await createBalancer(compute, network);
    createGroup(compute, network, templateId, { DesiredCapacity: 3, TargetGroupARNs: [targetGroupArn] });
    await clock.sleep(10 * minute);
    resize(2);
    await clock.sleep(minute);
    const leaving =
      describeGroup(compute).Instances.find(({ LifecycleState }) => LifecycleState === "Terminating")?.InstanceId ?? "";
    assert.equal(targetHealth(compute, targetGroupArn)[leaving], "draining Target.DeregistrationInProgress");
    assert.equal(getInstance(world, region, leaving)?.serving, true);
    await clock.sleep(10 * minute);
    assert.equal(getInstance(world, region, leaving)?.state, "terminated");
    assert.equal(members().length, 2);
    assert.equal(activities()[0], "Successful: Terminating EC2 instance: i-…");
  });

  it("goes to another zone when one has no capacity, and tries again when none has", async () => {
    const { clock, world } = compute;
    createGroup(compute, network, templateId);
    for (const zone of ["a", "b", "c"]) setCapacityShortage(world, region, `${region}${zone}`);
    resize(2);
    await clock.sleep(30 * second);
    assert.deepEqual(members(), []);
    assert.deepEqual(activities(), ["Failed: Launching a new EC2 instance."]);
    setCapacityShortage(world, region, `${region}c`, 0);
    await clock.sleep(3 * minute);
    assert.deepEqual(
      describeGroup(compute).Instances.map(({ AvailabilityZone }) => AvailabilityZone),
      [`${region}c`, `${region}c`],
    );
  });

  it("launches the template's latest version from the next instance on", async () => {
    const { clock, call } = compute;
    createGroup(compute, network, templateId, { DesiredCapacity: 1 });
    await clock.sleep(minute);
    call(ec2, "CreateLaunchTemplateVersion", {
      LaunchTemplateId: templateId,
      SourceVersion: "1",
      LaunchTemplateData: { InstanceType: "m6i.large" },
    });
    resize(2);
    await clock.sleep(minute);
    assert.deepEqual(
      describeGroup(compute).Instances.map((member) => [member.InstanceType, member.LaunchTemplate?.Version]),
      [
        ["t3.medium", "1"],
        ["m6i.large", "2"],
      ],
    );
  });

  it("does nothing while its Region is impaired, and catches up when it is back", async () => {
    const { clock, world } = compute;
    createGroup(compute, network, templateId);
    resize(2);
    world.impair(region, { kind: "lost", since: world.now() });
    await clock.sleep(10 * minute);
    assert.equal(listInstances(world, region).length, 0);
    world.impair(region, undefined);
    await clock.sleep(10 * minute);
    assert.equal(listInstances(world, region).filter(({ serving }) => serving).length, 2);
  });

  it("sets a capacity within its bounds, during a cooldown only when told not to honour it", async () => {
    const { clock, call } = compute;
    createGroup(compute, network, templateId);
    resize(1);
    await clock.sleep(2 * minute);
    resize(2);
    const honour = { AutoScalingGroupName: "web", DesiredCapacity: 3, HonorCooldown: true };
    assert.throws(
      () => call(autoScaling, "SetDesiredCapacity", honour),
      answersError("ScalingActivityInProgressFault"),
    );
    assert.throws(() => resize(7), answersError("ValidationError"));
    call(autoScaling, "UpdateAutoScalingGroup", { AutoScalingGroupName: "web", MinSize: 3 });
    assert.equal(describeGroup(compute).DesiredCapacity, 3);
    assert.throws(
      () => call(autoScaling, "UpdateAutoScalingGroup", { AutoScalingGroupName: "web", MinSize: 3, MaxSize: 2 }),
      answersError("ValidationError"),
    );
  });

  it("suspends replacement and makes up for it when resumed", async () => {
    const { clock, call } = compute;
    createGroup(compute, network, templateId, { DesiredCapacity: 1 });
    await clock.sleep(5 * minute);
    const [id = ""] = members();
    call(autoScaling, "SuspendProcesses", {
      AutoScalingGroupName: "web",
      ScalingProcesses: ["ReplaceUnhealthy", "Launch"],
    });
    call(ec2, "StopInstances", { InstanceIds: [id] });
    await clock.sleep(10 * minute);
    assert.deepEqual(members(), [id]);
    call(autoScaling, "ResumeProcesses", { AutoScalingGroupName: "web" });
    await clock.sleep(10 * minute);
    assert.ok(members().length === 1 && !members().includes(id));
  });

  it("terminates an instance on request, with or without a replacement", async () => {
    const { clock, call } = compute;
    createGroup(compute, network, templateId, { DesiredCapacity: 2 });
    await clock.sleep(5 * minute);
    const [a = "", b = ""] = members();
    const end = (InstanceId: string, ShouldDecrementDesiredCapacity: boolean): void => {
      call(autoScaling, "TerminateInstanceInAutoScalingGroup", { InstanceId, ShouldDecrementDesiredCapacity });
    };
    end(a, true);
    await clock.sleep(5 * minute);
    assert.deepEqual(members(), [b]);
    end(b, false);
    await clock.sleep(5 * minute);
    assert.ok(members().length === 1 && !members().includes(b));
  });

  it("registers its instances with target groups that are attached later, and lets them go when detached", async () => {
    const { clock, call } = compute;
    const { targetGroupArn } = await createBalancer(compute, network);
    createGroup(compute, network, templateId, { DesiredCapacity: 1 });
    await clock.sleep(10 * minute);
    const attachment = { AutoScalingGroupName: "web", TargetGroupARNs: [targetGroupArn] };
    call(autoScaling, "AttachLoadBalancerTargetGroups", attachment);
    await clock.sleep(minute);
    assert.deepEqual(targetHealth(compute, targetGroupArn), { [members()[0] ?? ""]: "healthy" });
    const described = call(autoScaling, "DescribeLoadBalancerTargetGroups", { AutoScalingGroupName: "web" });
    assert.equal(described.LoadBalancerTargetGroups?.[0]?.State, "InService");
    call(autoScaling, "DetachLoadBalancerTargetGroups", attachment);
    await clock.sleep(6 * minute);
    assert.deepEqual(targetHealth(compute, targetGroupArn), {});
    assert.equal(members().length, 1);
  });

  it("is deleted when empty, by force when not", async () => {
    const { clock, call, world } = compute;
    createGroup(compute, network, templateId, { DesiredCapacity: 1 });
    await clock.sleep(5 * minute);
    const AutoScalingGroupName = "web";
    assert.throws(
      () => call(autoScaling, "DeleteAutoScalingGroup", { AutoScalingGroupName }),
      answersError("ResourceInUseFault"),
    );
    call(autoScaling, "DeleteAutoScalingGroup", { AutoScalingGroupName, ForceDelete: true });
    assert.equal(describeGroup(compute).Status, "Delete in progress");
    await clock.sleep(5 * minute);
    assert.deepEqual(call(autoScaling, "DescribeAutoScalingGroups", {}).AutoScalingGroups, []);
    assert.deepEqual(
      listInstances(world, region).map(({ state }) => state),
      ["terminated"],
    );
    createGroup(compute, network, templateId);
    call(autoScaling, "DeleteAutoScalingGroup", { AutoScalingGroupName });
  });

  it("refuses what AWS refuses: unknown templates, subnets and target groups, and a name that is taken", () => {
    const create = (options: Parameters<typeof createGroup>[3]) => () =>
      createGroup(compute, network, templateId, options);
    assert.throws(create({ LaunchTemplate: { LaunchTemplateId: "lt-1" } }), answersError("ValidationError"));
    assert.throws(create({ VPCZoneIdentifier: "subnet-1" }), answersError("ValidationError"));
    assert.throws(create({ DesiredCapacity: 9 }), answersError("ValidationError"));
    const byAddress = compute.call(elb, "CreateTargetGroup", {
      Name: "ip",
      Protocol: "HTTP",
      Port: 80,
      VpcId: network.vpcId,
      TargetType: "ip",
    });
    assert.throws(
      create({ TargetGroupARNs: [byAddress.TargetGroups?.[0]?.TargetGroupArn ?? ""] }),
      answersError("ValidationError"),
    );
    create({})();
    assert.throws(create({}), answersError("AlreadyExistsFault"));
    assert.throws(
      () => compute.call(autoScaling, "SetDesiredCapacity", { AutoScalingGroupName: "none", DesiredCapacity: 1 }),
      answersError("ValidationError"),
    );
  });

  it("gives the same instances after the same latencies in worlds with the same seed", async () => {
    const launch = async (seed: number): Promise<unknown[]> => {
      const other = createComputeWorld({ seed, profile: "drawn" });
      const otherNetwork = createNetwork(other);
      createGroup(other, otherNetwork, createTemplate(other, otherNetwork), { DesiredCapacity: 3 });
      await other.clock.sleep(10 * minute);
      other.clock.stop();
      return other.world.spans.map(({ row, subject, startedAt, endedAt }) => [
        row,
        subject,
        Math.round(endedAt - startedAt),
      ]);
    };
    assert.deepEqual(await launch(3), await launch(3));
    assert.notDeepEqual(await launch(3), await launch(4));
  });
});
