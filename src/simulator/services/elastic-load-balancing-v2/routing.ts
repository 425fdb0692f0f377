import type { Action, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";

import type { World } from "../../world.js";
import { getInstance } from "../ec2/instances.js";
import { admitsTcp } from "../ec2/security-group-rules.js";
import { loadBalancerZoneId } from "./hosted-zones.js";
import {
  elbSlot,
  forwardedTo,
  loadBalancersUsing,
  type ListenerRecord,
  type LoadBalancerRecord,
  type TargetGroupRecord,
  type TargetRecord,
} from "./state.js";

/** What happened to a request: an instance got it, or the client got a status code or no answer at all. */
export type RoutedRequest =
  | { readonly status: "forwarded"; readonly region: string; readonly instanceId: string }
  /** `reason` is an HTTP status code, or "unreachable" when nothing answers. */
  | { readonly status: "failed"; readonly reason: string };

export interface RequestOptions {
  /** @default the port of the first listener, as users are told */
  readonly port?: number;
  /** @default "/" */
  readonly path?: string;
  /** Host header. @default the load balancer's DNS name */
  readonly host?: string;
}

/** A load balancer, as the name service knows it. */
export interface KnownLoadBalancer {
  readonly region: string;
  readonly arn: string;
  readonly dnsName: string;
  readonly hostedZoneId: string;
  readonly state: "provisioning" | "active";
}

/** The load balancer behind a DNS name, in any case, "dualstack." before it or not; undefined when there is none. */
export function findLoadBalancerByDns(world: World, dnsName: string): KnownLoadBalancer | undefined {
  const found = recordByDns(world, dnsName);
  if (!found) return undefined;
  const { region, record } = found;
  const { arn, state } = record;
  return { region, arn, dnsName: record.dnsName, hostedZoneId: loadBalancerZoneId(region), state };
}

/**
 * Whether Route 53 counts an alias to this load balancer as healthy: each target group that it forwards to has a
 * healthy target; a group without targets counts as unhealthy (Route 53 developer guide, EvaluateTargetHealth).
 */
export function isLoadBalancerHealthy(world: World, dnsName: string): boolean {
  const found = recordByDns(world, dnsName);
  if (!found || found.record.state !== "active") return false;
  const groups = [...world.state(elbSlot, found.region).targetGroups.values()].filter(({ arn }) =>
    loadBalancersUsing(world, found.region, arn).includes(found.record),
  );
  return groups.length > 0 && groups.every((group) => [...group.targets.values()].some(isHealthy));
}

/** An address of a client somewhere on the internet (TEST-NET-2). */
const CLIENT = { groupIds: [], address: "198.51.100.1" };

/**
 * Sends a request through a load balancer: to one of the healthy targets, or, when fewer are healthy than the group
 * requires, to any that is registered (fail-open). `key` seeds the choice.
 */
export function routeRequest(world: World, dnsName: string, key: string, options: RequestOptions = {}): RoutedRequest {
  const found = recordByDns(world, dnsName);
  if (!found || found.record.state !== "active" || world.impairment(found.region)) return failed("unreachable");
  const { region, record } = found;
  const listeners = [...world.state(elbSlot, region).listeners.values()]
    .filter(({ loadBalancerArn }) => loadBalancerArn === record.arn)
    .sort((a, b) => a.port - b.port);
  let port = options.port ?? listeners[0]?.port;
  // A redirect to another listener of the same load balancer is followed, as clients do.
  for (let hops = 0; hops <= listeners.length; hops++) {
    const listener = listeners.find((candidate) => candidate.port === port);
    if (!listener || !admitsTcp(world, region, record.securityGroups, "ingress", listener.port, CLIENT)) {
      return failed("unreachable");
    }
    const action = actionFor(listener, options, record.dnsName);
    switch (action?.Type) {
      case "fixed-response":
        return failed(action.FixedResponseConfig?.StatusCode ?? "503");
      case "redirect": {
        const next = redirectPort(listener, action);
        if (next === undefined || next === port)
          return failed(action.RedirectConfig?.StatusCode === "HTTP_302" ? "302" : "301");
        port = next;
        continue;
      }
      default:
        return action ? forward(world, region, record, action, key) : failed("503");
    }
  }
  return failed("310");
}

function forward(
  world: World,
  region: string,
  loadBalancer: LoadBalancerRecord,
  action: Action,
  key: string,
): RoutedRequest {
  const draw = (what: string): number => world.draw(`route/${loadBalancer.dnsName}/${what}/${key}`);
  const group = chooseGroup(world, region, action, draw("group"));
  const candidates = group ? candidatesOf(group) : [];
  const target = candidates[Math.floor(draw("target") * candidates.length)];
  if (!target) return failed("503");
  const instance = getInstance(world, region, target.instanceId ?? "");
  if (!instance?.serving) return failed("502");
  const isAdmitted = loadBalancer.zones.some(
    ({ address }) =>
      admitsTcp(world, region, instance.securityGroupIds, "ingress", target.port, {
        groupIds: loadBalancer.securityGroups,
        address,
      }) &&
      admitsTcp(world, region, loadBalancer.securityGroups, "egress", target.port, {
        groupIds: instance.securityGroupIds,
        address: instance.privateIp,
      }),
  );
  return isAdmitted ? { status: "forwarded", region, instanceId: instance.id } : failed("504");
}

/** Targets that may get a request, in an order that does not depend on when they were registered. */
function candidatesOf(group: TargetGroupRecord): TargetRecord[] {
  const registered = [...group.targets.values()]
    .filter(({ mode }) => mode === "checking" || mode === "registering")
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.port - b.port));
  const healthy = registered.filter(isHealthy);
  const setting = (what: string): number =>
    Number(group.attributes.get(`target_group_health.unhealthy_state_routing.minimum_healthy_targets.${what}`));
  const percentage = setting("percentage");
  const share = Number.isNaN(percentage) ? 0 : Math.ceil((percentage / 100) * registered.length);
  return healthy.length < Math.max(setting("count"), share) ? registered : healthy;
}

function chooseGroup(world: World, region: string, action: Action, u: number): TargetGroupRecord | undefined {
  const { targetGroups } = world.state(elbSlot, region);
  const groups = forwardedTo([action]);
  let remaining = u * groups.reduce((sum, { weight }) => sum + weight, 0);
  for (const { arn, weight } of groups) {
    if (remaining < weight) return targetGroups.get(arn);
    remaining -= weight;
  }
  return undefined;
}

function actionFor(listener: ListenerRecord, options: RequestOptions, dnsName: string): Action | undefined {
  const { path = "/", host = dnsName } = options;
  const rules = [...listener.rules.values()].sort((a, b) => a.priority - b.priority);
  const rule = rules.find(({ conditions }) => conditions.every((condition) => meets(condition, path, host)));
  const actions = rule?.actions ?? listener.defaultActions;
  // Authentication comes before the action that ends the chain; every client counts as signed in.
  return actions.find(({ Type }) => Type === "forward" || Type === "redirect" || Type === "fixed-response");
}

/** Whether a GET for this path and host meets a condition; conditions on anything else are not met. */
function meets(condition: RuleCondition, path: string, host: string): boolean {
  const values = [
    ...(condition.Values ?? []),
    ...(condition.PathPatternConfig?.Values ?? []),
    ...(condition.HostHeaderConfig?.Values ?? []),
    ...(condition.HttpRequestMethodConfig?.Values ?? []),
  ];
  switch (condition.Field) {
    case "path-pattern":
      return values.some((pattern) => wildcard(pattern).test(path));
    case "host-header":
      return values.some((pattern) => wildcard(pattern.toLowerCase()).test(host.toLowerCase()));
    case "http-request-method":
      return values.includes("GET");
    default:
      return false;
  }
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${escaped}$`);
}

function redirectPort(listener: ListenerRecord, { RedirectConfig }: Action): number | undefined {
  if (RedirectConfig?.Host && RedirectConfig.Host !== "#{host}") return undefined;
  const port = RedirectConfig?.Port ?? "#{port}";
  return port === "#{port}" ? listener.port : Number(port);
}

function recordByDns(world: World, dnsName: string): { region: string; record: LoadBalancerRecord } | undefined {
  const name = dnsName
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^dualstack\./, "");
  const region = /^[^.]+\.([a-z0-9-]+)\.elb\.amazonaws\.com$/.exec(name)?.[1];
  if (!region) return undefined;
  for (const record of world.state(elbSlot, region).loadBalancers.values()) {
    if (record.dnsName.toLowerCase() === name) return { region, record };
  }
  return undefined;
}

function isHealthy({ mode, health }: TargetRecord): boolean {
  return mode === "checking" && health === "healthy";
}

function failed(reason: string): RoutedRequest {
  return { status: "failed", reason };
}
