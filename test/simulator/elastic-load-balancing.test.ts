import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";

import { findSeries } from "../../src/simulator/services/cloud-watch/metrics.js";
import { getInstance } from "../../src/simulator/services/ec2/instances.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import {
  elasticLoadBalancingV2 as elb,
  findLoadBalancerByDns,
  isLoadBalancerHealthy,
  routeRequest,
} from "../../src/simulator/services/elastic-load-balancing-v2/service.js";
import {
  answersError,
  createBalancer,
  createComputeWorld,
  createNetwork,
  createTemplate,
  minute,
  region,
  second,
  targetHealth,
  type Balancer,
  type ComputeWorld,
  type Network,
} from "./compute-services.js";

describe("simulated load balancer", () => {
  let compute: ComputeWorld;
  let network: Network;
  let balancer: Balancer;
  let templateId: string;

  beforeEach(async () => {
    compute = createComputeWorld();
    network = createNetwork(compute);
    templateId = createTemplate(compute, network);
    balancer = await createBalancer(compute, network);
  });

  afterEach(() => compute.clock.stop());

  /** Launches instances in the given subnets; they run, but their user data is still at work. */
  async function launch(...subnetIds: readonly (string | undefined)[]): Promise<string[]> {
    const ids = subnetIds.map((SubnetId, index) => {
      const input = {
        LaunchTemplate: { LaunchTemplateId: templateId },
        SubnetId,
        MinCount: 1,
        MaxCount: 1,
        ClientToken: `${compute.world.now()}/${index}`,
      };
      return compute.call(ec2, "RunInstances", input).Instances?.[0]?.InstanceId ?? "";
    });
    await compute.clock.sleep(30 * second);
    return ids;
  }

  const register = (ids: readonly string[]): void => {
    const { targetGroupArn: TargetGroupArn } = balancer;
    compute.call(elb, "RegisterTargets", { TargetGroupArn, Targets: ids.map((Id) => ({ Id })) });
  };

  const health = (): Record<string, string> => targetHealth(compute, balancer.targetGroupArn);

  const route = (key: string) => routeRequest(compute.world, balancer.dnsName, key);

  it("provisions for minutes, during which its name answers nothing", async () => {
    const { call, clock, world } = compute;
    const input = { Name: "second", Subnets: [...network.subnetIds], SecurityGroups: [network.loadBalancerGroup] };
    const [created] = call(elb, "CreateLoadBalancer", input).LoadBalancers ?? [];
    assert.equal(created?.State?.Code, "provisioning");
    assert.match(created.DNSName ?? "", /^second-\d+\.eu-west-1\.elb\.amazonaws\.com$/);
    assert.equal(created.CanonicalHostedZoneId, "Z32O12XQLNTSW2");
    assert.deepEqual(routeRequest(world, created.DNSName ?? "", "1"), { status: "failed", reason: "unreachable" });
    await clock.sleep(4 * minute);
    assert.equal(call(elb, "DescribeLoadBalancers", { Names: ["second"] }).LoadBalancers?.[0]?.State?.Code, "active");
    assert.equal(call(elb, "CreateLoadBalancer", input).LoadBalancers?.[0]?.LoadBalancerArn, created.LoadBalancerArn);
    assert.throws(
      () => call(elb, "CreateLoadBalancer", { ...input, Scheme: "internal" }),
      answersError("DuplicateLoadBalancerNameException"),
    );
  });

  it("needs one passed check for a new target, and no sooner than the application serves", async () => {
    const { clock, world } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    register([id]);
    assert.deepEqual(health(), { [id]: "initial Elb.RegistrationInProgress" });
    await clock.sleep(4 * second);
    assert.deepEqual(health(), { [id]: "initial Elb.InitialHealthChecking" });
    await clock.sleep(15 * second);
    assert.deepEqual(health(), { [id]: "unhealthy Target.FailedHealthChecks" });
    await clock.sleep(5 * minute);
    assert.deepEqual(health(), { [id]: "healthy" });
    const span = world.spans.filter(({ label }) => label === "target health check").at(-1);
    const cause = span && "span" in span.cause ? span.cause.span : 0;
    assert.equal(world.spans.find((candidate) => candidate.id === cause)?.row, "ec2.bootstrap");
  });

  it("makes a target that serves when it is registered healthy at its first check", async () => {
    const { clock, world } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    await clock.sleep(5 * minute);
    register([id]);
    await clock.sleep(minute);
    assert.deepEqual(health(), { [id]: "healthy" });
    const registration = world.spans.find(({ row }) => row === "elb.register");
    const event = world.events.find(({ what }) => what === "target became healthy");
    assert.equal(event?.at, registration?.endedAt);
  });

  it("asks a recovered target for its healthy threshold, and a failing one for its unhealthy threshold", async () => {
    const { clock, world, call } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    await clock.sleep(5 * minute);
    register([id]);
    await clock.sleep(minute);
    const rebootedAt = world.now();
    call(ec2, "RebootInstances", { InstanceIds: [id] });
    await clock.sleep(5 * minute);
    const at = (what: string): number => world.events.filter((event) => event.what === what).at(-1)?.at ?? Number.NaN;
    const servingAt = at("application began to serve");
    // Two failures at checks 10 s apart; three passes likewise.
    assert.ok(
      at("target became unhealthy") - rebootedAt > 10 * second &&
        at("target became unhealthy") - rebootedAt <= 20 * second,
    );
    assert.ok(
      at("target became healthy") - servingAt > 20 * second && at("target became healthy") - servingAt <= 30 * second,
    );
  });

  it("stays healthy through an interruption shorter than the unhealthy threshold", async () => {
    const quick = createComputeWorld({
      latencies: { "ec2.reboot": { ...compute.world.latencies["ec2.reboot"], typical: 9 } },
    });
    compute.clock.stop();
    compute = quick;
    network = createNetwork(compute);
    templateId = createTemplate(compute, network);
    balancer = await createBalancer(compute, network);
    const { clock, world, call } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    await clock.sleep(5 * minute);
    register([id]);
    await clock.sleep(minute);
    call(ec2, "RebootInstances", { InstanceIds: [id] });
    await clock.sleep(minute);
    assert.equal(world.events.filter(({ what }) => what === "target became unhealthy").length, 0);
    assert.deepEqual(health(), { [id]: "healthy" });
  });

  it("spreads requests over healthy targets only, and the same request always to the same one", async () => {
    const { clock } = compute;
    const [a = "", b = ""] = await launch(network.subnetIds[0], network.subnetIds[1]);
    await clock.sleep(5 * minute);
    const [c = ""] = await launch(network.subnetIds[2]);
    register([a, b, c]);
    await clock.sleep(minute);
    assert.equal(health()[c], "unhealthy Target.FailedHealthChecks");
    const chosen = Array.from({ length: 200 }, (_, index) => {
      const routed = route(`request ${index}`);
      return routed.status === "forwarded" ? routed.instanceId : routed.reason;
    });
    assert.deepEqual([...new Set(chosen)].sort(), [a, b].sort());
    assert.ok(chosen.filter((id) => id === a).length > 60 && chosen.filter((id) => id === b).length > 60);
    assert.deepEqual(route("request 7"), route("request 7"));
  });

  it("fails open to every registered target when none is healthy, and answers 503 without targets", async () => {
    assert.deepEqual(route("1"), { status: "failed", reason: "503" });
    assert.equal(isLoadBalancerHealthy(compute.world, balancer.dnsName), false);
    const [id = ""] = await launch(network.subnetIds[0]);
    register([id]);
    await compute.clock.sleep(minute);
    assert.deepEqual(health(), { [id]: "unhealthy Target.FailedHealthChecks" });
    assert.deepEqual(route("1"), { status: "failed", reason: "502" });
    await compute.clock.sleep(5 * minute);
    assert.deepEqual(route("1"), { status: "forwarded", region, instanceId: id });
    assert.equal(isLoadBalancerHealthy(compute.world, balancer.dnsName), true);
  });

  it("answers 502 for moments after a target was terminated, then stops routing to it", async () => {
    const { clock, call, world } = compute;
    const ids = await launch(network.subnetIds[0], network.subnetIds[1]);
    await clock.sleep(5 * minute);
    register(ids);
    await clock.sleep(minute);
    const [gone = "", kept = ""] = ids;
    call(ec2, "TerminateInstances", { InstanceIds: [gone] });
    const reasons = (): string[] =>
      Array.from({ length: 100 }, (_, index) => {
        const routed = route(`${index}`);
        return routed.status === "failed" ? routed.reason : routed.instanceId;
      });
    assert.deepEqual([...new Set(reasons())].sort(), ["502", kept]);
    await clock.sleep(1000 * world.latencies["elb.target-state"].typical + 1);
    assert.equal(health()[gone], "unused Target.InvalidState");
    assert.deepEqual([...new Set(reasons())], [kept]);
    await clock.sleep(5 * minute);
    assert.deepEqual(health(), { [kept]: "healthy" });
  });

  it("checks a stopped and started target anew", async () => {
    const { clock, call } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    await clock.sleep(5 * minute);
    register([id]);
    await clock.sleep(minute);
    call(ec2, "StopInstances", { InstanceIds: [id] });
    await clock.sleep(2 * minute);
    assert.equal(health()[id], "unused Target.InvalidState");
    call(ec2, "StartInstances", { InstanceIds: [id] });
    await clock.sleep(23 * second);
    assert.equal(health()[id], "initial Elb.RegistrationInProgress");
    await clock.sleep(10 * second);
    assert.equal(health()[id], "healthy");
  });

  it("drains a deregistered target for its delay without new requests", async () => {
    const { clock, call } = compute;
    const ids = await launch(network.subnetIds[0], network.subnetIds[1]);
    await clock.sleep(5 * minute);
    register(ids);
    await clock.sleep(minute);
    const [gone = "", kept = ""] = ids;
    const { targetGroupArn: TargetGroupArn } = balancer;
    call(elb, "DeregisterTargets", { TargetGroupArn, Targets: [{ Id: gone }] });
    assert.equal(health()[gone], "draining Target.DeregistrationInProgress");
    for (let index = 0; index < 50; index++) {
      assert.deepEqual(route(`${index}`), { status: "forwarded", region, instanceId: kept });
    }
    await clock.sleep(299 * second);
    assert.equal(health()[gone], "draining Target.DeregistrationInProgress");
    await clock.sleep(2 * second);
    assert.deepEqual(health(), { [kept]: "healthy" });
    assert.throws(
      () => call(elb, "DeregisterTargets", { TargetGroupArn, Targets: [{ Id: gone }] }),
      answersError("InvalidTargetException"),
    );
  });

  it("counts a target group that no listener uses, and a zone without a foot, as not in use", async () => {
    const { call, clock } = compute;
    const [id = "", other = ""] = await launch(network.subnetIds[0], network.subnetIds[2]);
    register([id, other]);
    const { loadBalancerArn: LoadBalancerArn } = balancer;
    call(elb, "SetSubnets", { LoadBalancerArn, Subnets: network.subnetIds.slice(0, 2) });
    assert.equal(health()[other], "unused Target.NotInUse");
    call(elb, "DeleteListener", { ListenerArn: balancer.listenerArn });
    assert.deepEqual(health(), { [id]: "unused Target.NotInUse", [other]: "unused Target.NotInUse" });
    assert.deepEqual(route("1"), { status: "failed", reason: "unreachable" });
    const { targetGroupArn: TargetGroupArn } = balancer;
    const DefaultActions = [{ Type: "forward" as const, TargetGroupArn }];
    call(elb, "CreateListener", { LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions });
    await clock.sleep(5 * minute);
    assert.equal(health()[id], "healthy");
  });

  it("fails checks by timeout while security groups keep the load balancer out, and notices when they let it in", async () => {
    const { call, clock } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    await clock.sleep(5 * minute);
    const IpPermissions = [
      { IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: network.loadBalancerGroup }] },
    ];
    call(ec2, "RevokeSecurityGroupIngress", { GroupId: network.instanceGroup, IpPermissions });
    register([id]);
    await clock.sleep(minute);
    assert.deepEqual(health(), { [id]: "unhealthy Target.Timeout" });
    assert.deepEqual(route("1"), { status: "failed", reason: "504" });
    call(ec2, "AuthorizeSecurityGroupIngress", { GroupId: network.instanceGroup, IpPermissions });
    await clock.sleep(minute);
    assert.deepEqual(health(), { [id]: "healthy" });
  });

  it("routes by rules: path patterns first, redirects followed, fixed responses answered", () => {
    const { call, world } = compute;
    const { listenerArn: ListenerArn } = balancer;
    const fixed = (StatusCode: string) => [{ Type: "fixed-response" as const, FixedResponseConfig: { StatusCode } }];
    const Conditions = [{ Field: "path-pattern", Values: ["/old/*"] }];
    call(elb, "CreateRule", { ListenerArn, Priority: 10, Conditions, Actions: fixed("410") });
    const ask = (path: string) => routeRequest(world, balancer.dnsName, "1", { path });
    assert.deepEqual(ask("/old/page"), { status: "failed", reason: "410" });
    assert.deepEqual(ask("/new"), { status: "failed", reason: "503" });
    assert.throws(
      () => call(elb, "CreateRule", { ListenerArn, Priority: 10, Conditions, Actions: fixed("404") }),
      answersError("PriorityInUseException"),
    );
    const { loadBalancerArn: LoadBalancerArn } = balancer;
    call(elb, "CreateListener", { LoadBalancerArn, Port: 8080, Protocol: "HTTP", DefaultActions: fixed("418") });
    call(ec2, "AuthorizeSecurityGroupIngress", {
      GroupId: network.loadBalancerGroup,
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    });
    const redirect = { Type: "redirect" as const, RedirectConfig: { Port: "8080", StatusCode: "HTTP_301" as const } };
    call(elb, "ModifyListener", { ListenerArn, DefaultActions: [redirect] });
    assert.deepEqual(ask("/new"), { status: "failed", reason: "418" });
  });

  it("is unreachable while its Region is impaired; afterwards its targets are as they were", async () => {
    const { clock, world } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    await clock.sleep(5 * minute);
    register([id]);
    await clock.sleep(minute);
    world.impair(region, { kind: "lost", since: world.now() });
    await clock.sleep(10 * minute);
    assert.deepEqual(route("1"), { status: "failed", reason: "unreachable" });
    world.impair(region, undefined);
    assert.deepEqual(health(), { [id]: "healthy" });
    assert.deepEqual(route("1"), { status: "forwarded", region, instanceId: id });
    await clock.sleep(10 * minute);
    assert.equal(world.events.filter(({ what }) => what === "target became unhealthy").length, 0);
  });

  it("is found by its name in any case and with dualstack before it", () => {
    const found = findLoadBalancerByDns(compute.world, `dualstack.${balancer.dnsName.toUpperCase()}.`.toLowerCase());
    assert.equal(found?.arn, balancer.loadBalancerArn);
    assert.equal(findLoadBalancerByDns(compute.world, "web-1.eu-west-1.elb.amazonaws.com"), undefined);
  });

  it("publishes how many hosts are healthy every minute", async () => {
    const { clock, world } = compute;
    const ids = await launch(network.subnetIds[0], network.subnetIds[1]);
    await clock.sleep(5 * minute);
    register(ids.slice(0, 1));
    await clock.sleep(5 * minute);
    const series = findSeries(world, region, "AWS/ApplicationELB", "HealthyHostCount", [
      { Name: "LoadBalancer", Value: balancer.loadBalancerArn.split("loadbalancer/")[1] ?? "" },
      { Name: "TargetGroup", Value: balancer.targetGroupArn.split(":").at(-1) ?? "" },
    ]);
    assert.ok((series?.buckets.length ?? 0) >= 4);
    assert.equal(series?.buckets.at(-1)?.maximum, 1);
    const span = world.spans.filter(({ label }) => label === "metric period").at(-1);
    const cause = span && "span" in span.cause ? span.cause.span : 0;
    assert.equal(world.spans.find(({ id }) => id === cause)?.label, "target health check");
  });

  it("refuses what AWS refuses: too few zones, deletion under protection, a group in use, targets that don't run", async () => {
    const { call } = compute;
    const { loadBalancerArn: LoadBalancerArn, targetGroupArn: TargetGroupArn } = balancer;
    const create = (Name: string, Subnets: string[]) => () => call(elb, "CreateLoadBalancer", { Name, Subnets });
    assert.throws(create("narrow", network.subnetIds.slice(0, 1)), answersError("ValidationError"));
    assert.throws(create("lost", ["subnet-1", "subnet-2"]), answersError("SubnetNotFoundException"));
    const attribute = (Value: string) => ({
      LoadBalancerArn,
      Attributes: [{ Key: "deletion_protection.enabled", Value }],
    });
    call(elb, "ModifyLoadBalancerAttributes", attribute("true"));
    assert.throws(
      () => call(elb, "DeleteLoadBalancer", { LoadBalancerArn }),
      answersError("OperationNotPermittedException"),
    );
    assert.throws(() => call(elb, "DeleteTargetGroup", { TargetGroupArn }), answersError("ResourceInUseException"));
    const [id = ""] = await launch(network.subnetIds[0]);
    call(ec2, "StopInstances", { InstanceIds: [id] });
    assert.throws(() => register([id]), answersError("InvalidTargetException"));
    call(elb, "ModifyLoadBalancerAttributes", attribute("false"));
    call(elb, "DeleteLoadBalancer", { LoadBalancerArn });
    call(elb, "DeleteTargetGroup", { TargetGroupArn });
    assert.throws(
      () => call(ec2, "DeleteSubnet", { SubnetId: network.subnetIds[1] }),
      answersError("DependencyViolation"),
    );
    await compute.clock.sleep(minute);
    call(ec2, "DeleteSubnet", { SubnetId: network.subnetIds[1] });
  });

  it("passes a quiet month in little real time", async () => {
    const { clock, world } = compute;
    const [id = ""] = await launch(network.subnetIds[0]);
    register([id]);
    await clock.sleep(10 * minute);
    const startedAt = performance.now();
    await clock.sleep(30 * 24 * 60 * minute);
    assert.ok(performance.now() - startedAt < 5000);
    assert.equal(getInstance(world, region, id)?.serving, true);
    assert.deepEqual(health(), { [id]: "healthy" });
  });
});
