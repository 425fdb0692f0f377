import type * as autoScalingClient from "@aws-sdk/client-auto-scaling";

import { createSimulatedClock, type SimulatedClock } from "../../src/simulator/clock.js";
import type { OperationInput, OperationName, OperationOutput } from "../../src/simulator/service.js";
import { createApi, ServiceError, type Api, type ServiceDefinition } from "../../src/simulator/service.js";
import { autoScaling } from "../../src/simulator/services/auto-scaling/service.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import { elasticLoadBalancingV2 as elb } from "../../src/simulator/services/elastic-load-balancing-v2/service.js";
import { createWorld, type World, type WorldOptions } from "../../src/simulator/world.js";

export const region = "eu-west-1";
export const second = 1000;
export const minute = 60 * second;

/** A world with an API, as the tests of the compute services use it; every call is made in `region`. */
export interface ComputeWorld {
  readonly clock: SimulatedClock;
  readonly world: World;
  readonly api: Api;
  call<M, K extends OperationName<M> & string>(
    service: ServiceDefinition<M>,
    operation: K,
    input: OperationInput<M, K>,
    cause?: string,
  ): OperationOutput<M, K>;
}

export function createComputeWorld(options: Omit<WorldOptions, "clock"> = {}): ComputeWorld {
  const clock = createSimulatedClock({ origin: Date.UTC(2026, 0, 1) });
  const world = createWorld({ clock, ...options });
  const api = createApi(world);
  return {
    clock,
    world,
    api,
    call: (service, operation, input, cause = "test") => api.call(service, operation, input, { region, cause }),
  };
}

/** Matches a ServiceError by code, for assert.throws. */
export function answersError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ServiceError && error.code === code;
}

export interface Network {
  readonly vpcId: string;
  /** One public subnet in each of the zones a, b and c. */
  readonly subnetIds: readonly string[];
  readonly loadBalancerGroup: string;
  readonly instanceGroup: string;
}

/** A VPC with three subnets, and security groups that let the internet reach load balancers, and those reach instances. */
export function createNetwork({ call }: ComputeWorld): Network {
  const vpcId =
    call(ec2, "CreateVpc", { CidrBlock: "10.0.0.0/16", TagSpecifications: named("vpc", "web") }).Vpc?.VpcId ?? "";
  const subnetIds = ["a", "b", "c"].map((zone, index) => {
    const input = { VpcId: vpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${region}${zone}` };
    return call(ec2, "CreateSubnet", input).Subnet?.SubnetId ?? "";
  });
  const group = (GroupName: string): string =>
    call(ec2, "CreateSecurityGroup", { GroupName, Description: GroupName, VpcId: vpcId }).GroupId ?? "";
  const [loadBalancerGroup, instanceGroup] = [group("load-balancer"), group("instance")];
  const http = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
  call(ec2, "AuthorizeSecurityGroupIngress", {
    GroupId: loadBalancerGroup,
    IpPermissions: [{ ...http, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  call(ec2, "AuthorizeSecurityGroupIngress", {
    GroupId: instanceGroup,
    IpPermissions: [{ ...http, UserIdGroupPairs: [{ GroupId: loadBalancerGroup }] }],
  });
  return { vpcId, subnetIds, loadBalancerGroup, instanceGroup };
}

/** A launch template whose user data has to run before the application serves. */
export function createTemplate(
  { call }: ComputeWorld,
  network: Network,
  userData = "#!/bin/sh\nDATABASE_IDENTIFIER=shop-db\n",
): string {
  const created = call(ec2, "CreateLaunchTemplate", {
    LaunchTemplateName: "web",
    LaunchTemplateData: {
      ImageId: "ami-0123456789abcdef0",
      InstanceType: "t3.medium",
      SecurityGroupIds: [network.instanceGroup],
      UserData: Buffer.from(userData).toString("base64"),
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "tier", Value: "web" }] }],
    },
  });
  return created.LaunchTemplate?.LaunchTemplateId ?? "";
}

export interface Balancer {
  readonly dnsName: string;
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  readonly listenerArn: string;
}

/** A load balancer that stands, with one listener and a target group checked every 10 s (2 failures, 3 passes). */
export async function createBalancer(compute: ComputeWorld, network: Network): Promise<Balancer> {
  const { call, clock, world } = compute;
  const created = call(elb, "CreateLoadBalancer", {
    Name: "web",
    Subnets: [...network.subnetIds],
    SecurityGroups: [network.loadBalancerGroup],
  }).LoadBalancers?.[0];
  const loadBalancerArn = created?.LoadBalancerArn ?? "";
  const targetGroup = call(elb, "CreateTargetGroup", {
    Name: "web",
    Protocol: "HTTP",
    Port: 80,
    VpcId: network.vpcId,
    HealthCheckPath: "/healthz",
    HealthCheckIntervalSeconds: 10,
    HealthyThresholdCount: 3,
    UnhealthyThresholdCount: 2,
  }).TargetGroups?.[0];
  const targetGroupArn = targetGroup?.TargetGroupArn ?? "";
  const listener = call(elb, "CreateListener", {
    LoadBalancerArn: loadBalancerArn,
    Port: 80,
    Protocol: "HTTP",
    DefaultActions: [{ Type: "forward", TargetGroupArn: targetGroupArn }],
  }).Listeners?.[0];
  await clock.sleep(1000 * world.seconds("elb.create", `${region}/${loadBalancerArn}/`) + 1);
  return { dnsName: created?.DNSName ?? "", loadBalancerArn, targetGroupArn, listenerArn: listener?.ListenerArn ?? "" };
}

/** A group over the template in all subnets of the network. */
export function createGroup(
  compute: ComputeWorld,
  network: Network,
  templateId: string,
  options: Partial<OperationInput<typeof autoScalingClient, "CreateAutoScalingGroup">> = {},
): void {
  compute.call(autoScaling, "CreateAutoScalingGroup", {
    AutoScalingGroupName: "web",
    MinSize: 0,
    MaxSize: 6,
    DesiredCapacity: 0,
    VPCZoneIdentifier: network.subnetIds.join(","),
    LaunchTemplate: { LaunchTemplateId: templateId, Version: "$Latest" },
    Tags: [
      { Key: "Name", Value: "web", PropagateAtLaunch: true },
      { Key: "owner", Value: "team", PropagateAtLaunch: false },
    ],
    ...options,
  });
}

/** The group "web" as it is described now. */
export function describeGroup({ call }: ComputeWorld) {
  const group = call(autoScaling, "DescribeAutoScalingGroups", { AutoScalingGroupNames: ["web"] })
    .AutoScalingGroups?.[0];
  if (!group) throw new Error("the group is gone");
  return { ...group, Instances: group.Instances ?? [] };
}

/** State and reason of each target, by instance id. */
export function targetHealth({ call }: ComputeWorld, TargetGroupArn: string): Record<string, string> {
  const described = call(elb, "DescribeTargetHealth", { TargetGroupArn }).TargetHealthDescriptions ?? [];
  return Object.fromEntries(
    described.map(({ Target, TargetHealth }) => [
      Target?.Id ?? "",
      [TargetHealth?.State, TargetHealth?.Reason].filter(Boolean).join(" "),
    ]),
  );
}

export function named(
  ResourceType: "vpc" | "subnet" | "instance" | "natgateway" | "elastic-ip" | "internet-gateway",
  Value: string,
) {
  return [{ ResourceType, Tags: [{ Key: "Name", Value }] }];
}
