import type { World } from "../../world.js";
import { listenerOf, loadBalancerOf, targetGroupOf, validationError, type ElbHandlers } from "./state.js";

/** Attributes of a new Application Load Balancer, as the user guide lists their defaults. */
export function defaultLoadBalancerAttributes(): Map<string, string> {
  return new Map(
    Object.entries({
      "deletion_protection.enabled": "false",
      "access_logs.s3.enabled": "false",
      "access_logs.s3.bucket": "",
      "access_logs.s3.prefix": "",
      "connection_logs.s3.enabled": "false",
      "connection_logs.s3.bucket": "",
      "connection_logs.s3.prefix": "",
      "health_check_logs.s3.enabled": "false",
      "health_check_logs.s3.bucket": "",
      "health_check_logs.s3.prefix": "",
      "client_keep_alive.seconds": "3600",
      "idle_timeout.timeout_seconds": "60",
      "ipv6.deny_all_igw_traffic": "false",
      "load_balancing.cross_zone.enabled": "true",
      "routing.http.desync_mitigation_mode": "defensive",
      "routing.http.drop_invalid_header_fields.enabled": "false",
      "routing.http.preserve_host_header.enabled": "false",
      "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
      "routing.http.xff_client_port.enabled": "false",
      "routing.http.xff_header_processing.mode": "append",
      "routing.http2.enabled": "true",
      "waf.fail_open.enabled": "false",
      "zonal_shift.config.enabled": "false",
    }),
  );
}

/** Attributes of a new target group of an Application Load Balancer. */
export function defaultTargetGroupAttributes(): Map<string, string> {
  return new Map(
    Object.entries({
      "deregistration_delay.timeout_seconds": "300",
      "stickiness.enabled": "false",
      "stickiness.type": "lb_cookie",
      "stickiness.lb_cookie.duration_seconds": "86400",
      "stickiness.app_cookie.cookie_name": "",
      "stickiness.app_cookie.duration_seconds": "86400",
      "slow_start.duration_seconds": "0",
      "load_balancing.algorithm.type": "round_robin",
      "load_balancing.algorithm.anomaly_mitigation": "off",
      "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
      "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
      "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
      "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
      "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
    }),
  );
}

interface Attribute {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Attributes of load balancers, target groups and listeners. */
export function attributeHandlers(world: World) {
  return {
    DescribeLoadBalancerAttributes: ({ LoadBalancerArn }, { region }) => ({
      Attributes: listed(loadBalancerOf(world, region, LoadBalancerArn).attributes),
    }),

    ModifyLoadBalancerAttributes: ({ LoadBalancerArn, Attributes = [] }, { region }) => ({
      Attributes: listed(change(loadBalancerOf(world, region, LoadBalancerArn).attributes, Attributes)),
    }),

    DescribeTargetGroupAttributes: ({ TargetGroupArn }, { region }) => ({
      Attributes: listed(targetGroupOf(world, region, TargetGroupArn).attributes),
    }),

    ModifyTargetGroupAttributes: ({ TargetGroupArn, Attributes = [] }, { region }) => {
      const delay = Attributes.find(({ Key }) => Key === "deregistration_delay.timeout_seconds")?.Value;
      if (delay !== undefined && !(Number(delay) >= 0 && Number(delay) <= 3600)) {
        throw validationError("Deregistration delay must be between 0 and 3600 seconds");
      }
      return { Attributes: listed(change(targetGroupOf(world, region, TargetGroupArn).attributes, Attributes)) };
    },

    DescribeListenerAttributes: ({ ListenerArn }, { region }) => ({
      Attributes: listed(listenerOf(world, region, ListenerArn).attributes),
    }),

    ModifyListenerAttributes: ({ ListenerArn, Attributes = [] }, { region }) => {
      const { attributes } = listenerOf(world, region, ListenerArn);
      for (const { Key = "", Value = "" } of Attributes) attributes.set(Key, Value);
      return { Attributes: listed(attributes) };
    },
  } satisfies ElbHandlers;
}

function change(attributes: Map<string, string>, changes: readonly Attribute[]): Map<string, string> {
  const unknown = changes.find(({ Key = "" }) => !attributes.has(Key));
  if (unknown) throw validationError(`Key '${unknown.Key ?? ""}' is not valid for this resource`);
  for (const { Key = "", Value = "" } of changes) attributes.set(Key, Value);
  return attributes;
}

function listed(attributes: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
  return [...attributes].map(([Key, Value]) => ({ Key, Value }));
}
