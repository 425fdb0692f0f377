import { route53 } from "../../src/simulator/services/route-53/service.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import { elasticLoadBalancingV2 as elb } from "../../src/simulator/services/elastic-load-balancing-v2/service.js";
import { AWAY, HOME, type Simulation } from "./data-services.js";

/** The shop's domain in these tests, and the database that its instances name. */
export const DOMAIN = "shop.example.com";
export const DATABASE = "orders";

/** Sizes the simulated Region for the next tests: a load balancer, with instances behind it. */
export interface WebTier {
  readonly region: string;
  readonly dnsName: string;
  readonly zoneId: string;
  readonly targetGroupArn: string;
  readonly instanceIds: readonly string[];
}

/** Creates a network, a load balancer and `instances` instances; it takes simulated minutes until they are healthy. */
export function createWebTier({ api }: Simulation, region: string, instances: number, imagesBucket?: string): WebTier {
  const context = { region, cause: "deploy" };
  const VpcId = api.call(ec2, "CreateVpc", { CidrBlock: "10.0.0.0/16" }, context).Vpc?.VpcId ?? "";
  const { InternetGateway } = api.call(ec2, "CreateInternetGateway", {}, context);
  const InternetGatewayId = InternetGateway?.InternetGatewayId ?? "";
  api.call(ec2, "AttachInternetGateway", { VpcId, InternetGatewayId }, context);
  const subnets = ["a", "b"].map((letter, index) => {
    const input = { VpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${region}${letter}` };
    return api.call(ec2, "CreateSubnet", input, context).Subnet?.SubnetId ?? "";
  });
  const group =
    api.call(ec2, "CreateSecurityGroup", { GroupName: "web", Description: "web", VpcId }, context).GroupId ?? "";
  const everybody = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  api.call(ec2, "AuthorizeSecurityGroupIngress", { GroupId: group, IpPermissions: everybody }, context);
  const [balancer] =
    api.call(elb, "CreateLoadBalancer", { Name: "web", Subnets: subnets, SecurityGroups: [group] }, context)
      .LoadBalancers ?? [];
  const [targets] =
    api.call(
      elb,
      "CreateTargetGroup",
      { Name: "web", Protocol: "HTTP", Port: 80, VpcId, HealthCheckPath: "/healthz", HealthCheckIntervalSeconds: 10 },
      context,
    ).TargetGroups ?? [];
  const targetGroupArn = targets?.TargetGroupArn ?? "";
  api.call(
    elb,
    "CreateListener",
    {
      LoadBalancerArn: balancer?.LoadBalancerArn ?? "",
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "forward", TargetGroupArn: targetGroupArn }],
    },
    context,
  );
  const userData = [`DATABASE_IDENTIFIER=${DATABASE}`, ...(imagesBucket ? [`IMAGES_BUCKET=${imagesBucket}`] : [])].join(
    "\n",
  );
  const tier = {
    region,
    dnsName: balancer?.DNSName ?? "",
    zoneId: balancer?.CanonicalHostedZoneId ?? "",
    targetGroupArn,
  };
  const instanceIds = Array.from({ length: instances }, (_, index) => {
    const input = {
      ImageId: "ami-0123456789abcdef0",
      InstanceType: "t3.medium" as const,
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnets[index % 2],
      SecurityGroupIds: [group],
      UserData: Buffer.from(`#!/bin/bash\n${userData}\n`).toString("base64"),
    };
    return api.call(ec2, "RunInstances", input, context).Instances?.[0]?.InstanceId ?? "";
  });
  return { ...tier, instanceIds };
}

/** Registers the instances once they run. */
export function registerInstances({ api }: Simulation, { region, targetGroupArn, instanceIds }: WebTier): void {
  const Targets = instanceIds.map((Id) => ({ Id }));
  api.call(elb, "RegisterTargets", { TargetGroupArn: targetGroupArn, Targets }, { region, cause: "deploy" });
}

/** Two web tiers that answer, the home one and the standby's. */
export async function createWebTiers(
  simulation: Simulation,
  instances = { home: 2, away: 2 },
): Promise<{ home: WebTier; away: WebTier }> {
  const home = createWebTier(simulation, HOME, instances.home);
  const away = createWebTier(simulation, AWAY, instances.away);
  await simulation.pass(360);
  for (const tier of [home, away]) if (tier.instanceIds.length > 0) registerInstances(simulation, tier);
  await simulation.pass(60);
  return { home, away };
}

export interface FailoverZone {
  readonly zoneId: string;
  readonly answersId: string;
  readonly notFencedId: string;
  readonly homeId: string;
}

/** The failover pair of the pilot light: a calculated check of the home load balancer and of the fence marker. */
export function createFailoverZone({ api }: Simulation, home: WebTier, away: WebTier): FailoverZone {
  const context = { region: AWAY, cause: "deploy" };
  const zoneId =
    api.call(route53, "CreateHostedZone", { Name: DOMAIN, CallerReference: "zone" }, context).HostedZone?.Id ?? "";
  const check = (CallerReference: string, HealthCheckConfig: object): string =>
    api.call(route53, "CreateHealthCheck", { CallerReference, HealthCheckConfig: HealthCheckConfig as never }, context)
      .HealthCheck?.Id ?? "";
  const timing = { Type: "HTTP", Port: 80, RequestInterval: 10, FailureThreshold: 3 };
  const answersId = check("answers", { ...timing, FullyQualifiedDomainName: home.dnsName, ResourcePath: "/healthz" });
  const notFencedId = check("fence", {
    ...timing,
    FullyQualifiedDomainName: `fence.s3.${away.region}.amazonaws.com`,
    ResourcePath: `/fence/${home.region}`,
    Inverted: true,
  });
  const homeId = check("home", { Type: "CALCULATED", ChildHealthChecks: [answersId, notFencedId], HealthThreshold: 2 });
  const record = (Failover: "PRIMARY" | "SECONDARY", tier: WebTier) => ({
    Action: "CREATE" as const,
    ResourceRecordSet: {
      Name: DOMAIN,
      Type: "A" as const,
      SetIdentifier: tier.region,
      Failover,
      ...(Failover === "PRIMARY" ? { HealthCheckId: homeId } : {}),
      AliasTarget: { HostedZoneId: tier.zoneId, DNSName: tier.dnsName, EvaluateTargetHealth: false },
    },
  });
  const Changes = [record("PRIMARY", home), record("SECONDARY", away)];
  api.call(route53, "ChangeResourceRecordSets", { HostedZoneId: zoneId, ChangeBatch: { Changes } }, context);
  return { zoneId, answersId, notFencedId, homeId };
}
