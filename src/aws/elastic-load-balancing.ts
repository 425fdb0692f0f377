import { ifFound } from "./aws-error.js";
import { defineAwsService, type AwsScope } from "./aws-service.js";

const elasticLoadBalancing = defineAwsService(
  "elastic-load-balancing-v2",
  () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  (sdk, settings) => new sdk.ElasticLoadBalancingV2Client(settings),
);

/** A registered target and what the load balancer's checks say of it. */
export interface TargetHealth {
  readonly id: string;
  /** The service's word: `initial`, `healthy`, `unhealthy`, `draining`, `unused`... */
  readonly state: string;
}

/** A target group, as far as steps need it. */
export interface TargetGroup {
  readonly arn: string;
  /** Seconds of passing checks until a target that failed counts as healthy: interval times threshold. */
  readonly checkSeconds: number;
}

/** Finds a target group; undefined when there is none of this name. @throws AwsCallError */
export async function findTargetGroup(scope: AwsScope, name: string): Promise<TargetGroup | undefined> {
  const output = await ifFound(
    elasticLoadBalancing.call(scope, (client, sdk, options) =>
      client.send(new sdk.DescribeTargetGroupsCommand({ Names: [name] }), options),
    ),
  );
  const group = output?.TargetGroups?.[0];
  if (group?.TargetGroupArn === undefined) return undefined;
  return {
    arn: group.TargetGroupArn,
    checkSeconds: (group.HealthCheckIntervalSeconds ?? 0) * (group.HealthyThresholdCount ?? 0),
  };
}

/** Describes the targets of a group. @throws AwsCallError */
export async function describeTargetHealth(scope: AwsScope, targetGroupArn: string): Promise<readonly TargetHealth[]> {
  const { TargetHealthDescriptions } = await elasticLoadBalancing.call(scope, (client, sdk, options) =>
    client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }), options),
  );
  return (TargetHealthDescriptions ?? []).map(({ Target, TargetHealth: health }) => ({
    id: Target?.Id ?? "unknown",
    state: health?.State ?? "unknown",
  }));
}

/** The DNS name of a load balancer; undefined when there is none of this name. @throws AwsCallError */
export async function findLoadBalancerDnsName(scope: AwsScope, name: string): Promise<string | undefined> {
  const output = await ifFound(
    elasticLoadBalancing.call(scope, (client, sdk, options) =>
      client.send(new sdk.DescribeLoadBalancersCommand({ Names: [name] }), options),
    ),
  );
  return output?.LoadBalancers?.[0]?.DNSName;
}
