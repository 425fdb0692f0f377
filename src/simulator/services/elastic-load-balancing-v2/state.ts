import type * as client from "@aws-sdk/client-elastic-load-balancing-v2";
import type {
  Action,
  Certificate,
  IpAddressType,
  LoadBalancerSchemeEnum,
  ProtocolEnum,
  RuleCondition,
  Tag,
  TargetHealthReasonEnum,
  TargetTypeEnum,
} from "@aws-sdk/client-elastic-load-balancing-v2";

import type { ScheduledEvent } from "../../clock.js";
import { resourceId } from "../../identifiers.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { Cause, StateSlot, World } from "../../world.js";

export type ElbHandlers = Handlers<typeof client>;

export interface LoadBalancerRecord {
  readonly arn: string;
  readonly name: string;
  readonly dnsName: string;
  readonly scheme: LoadBalancerSchemeEnum;
  readonly vpcId: string;
  readonly createdAt: Date;
  ipAddressType: IpAddressType;
  state: "provisioning" | "active";
  zones: readonly ZoneRecord[];
  securityGroups: readonly string[];
  attributes: Map<string, string>;
  tags: Tag[];
}

/** A load balancer's foot in one Availability Zone. */
export interface ZoneRecord {
  readonly zone: string;
  readonly subnetId: string;
  readonly interfaceId: string;
  readonly address: string;
}

export interface HealthCheckSettings {
  protocol: ProtocolEnum;
  port: string;
  path: string;
  enabled: boolean;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  /** HTTP codes of a passed check: "200", "200-299", "200,302". */
  matcher: string;
}

export interface TargetGroupRecord {
  readonly arn: string;
  readonly name: string;
  readonly protocol: ProtocolEnum;
  readonly protocolVersion: string;
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: TargetTypeEnum;
  readonly healthCheck: HealthCheckSettings;
  attributes: Map<string, string>;
  tags: Tag[];
  /** By id and port. */
  readonly targets: Map<string, TargetRecord>;
}

/** Why a target's check fails. */
export type CheckFailure = "refused" | "timeout" | "mismatch";

export interface TargetRecord {
  readonly id: string;
  readonly port: number;
  /** The instance behind the id or address; undefined for an address without one. */
  readonly instanceId: string | undefined;
  /**
   * - `unused`: no checks, no traffic; `unusedReason` says why.
   * - `registering`: until its first check is sent.
   * - `checking`: `health` counts.
   * - `draining`: deregistered, gets no new requests.
   */
  mode: "unused" | "registering" | "checking" | "draining";
  unusedReason: TargetHealthReasonEnum;
  unusedDescription: string;
  health: "initial" | "healthy" | "unhealthy";
  /** What a check would find now: undefined when it passes. */
  failure: CheckFailure | undefined;
  /** Since when checks have found the same, and what caused that. */
  streakSince: number;
  streakCause: Cause;
  /** Checks are sent at this instant and every interval after it. */
  firstCheckAt: number;
  /** Its instance is known to be stopped or terminated. */
  gone: "stopped" | "terminated" | undefined;
  timer: ScheduledEvent | undefined;
  /** Grows when `mode` changes: what was under way before no longer counts. */
  generation: number;
}

export interface ListenerRecord {
  readonly arn: string;
  readonly loadBalancerArn: string;
  port: number;
  protocol: ProtocolEnum;
  sslPolicy: string | undefined;
  certificates: readonly Certificate[];
  defaultActions: readonly Action[];
  attributes: Map<string, string>;
  tags: Tag[];
  readonly rules: Map<string, RuleRecord>;
}

export interface RuleRecord {
  readonly arn: string;
  priority: number;
  conditions: readonly RuleCondition[];
  actions: readonly Action[];
  tags: Tag[];
}

export interface ElbState {
  readonly loadBalancers: Map<string, LoadBalancerRecord>;
  readonly targetGroups: Map<string, TargetGroupRecord>;
  readonly listeners: Map<string, ListenerRecord>;
  readonly usedIds: Set<string>;
}

export const elbSlot: StateSlot<ElbState> = {
  name: "elastic-load-balancing-v2",
  create: () => ({ loadBalancers: new Map(), targetGroups: new Map(), listeners: new Map(), usedIds: new Set() }),
};

/** The 16 digits that end an ARN. */
export function newElbId(world: World, region: string, key: readonly (string | number)[]): string {
  const { usedIds } = world.state(elbSlot, region);
  const id = resourceId("", [world.seed, region, ...key], (candidate) => usedIds.has(candidate), 16);
  usedIds.add(id);
  return id;
}

/** @throws ServiceError LoadBalancerNotFoundException */
export function loadBalancerOf(world: World, region: string, arn: string | undefined): LoadBalancerRecord {
  const record = world.state(elbSlot, region).loadBalancers.get(arn ?? "");
  if (!record) throw new ServiceError("LoadBalancerNotFoundException", "One or more load balancers not found");
  return record;
}

/** @throws ServiceError TargetGroupNotFoundException */
export function targetGroupOf(world: World, region: string, arn: string | undefined): TargetGroupRecord {
  const record = world.state(elbSlot, region).targetGroups.get(arn ?? "");
  if (!record) throw new ServiceError("TargetGroupNotFoundException", "One or more target groups not found");
  return record;
}

/** @throws ServiceError ListenerNotFoundException */
export function listenerOf(world: World, region: string, arn: string | undefined): ListenerRecord {
  const record = world.state(elbSlot, region).listeners.get(arn ?? "");
  if (!record) throw new ServiceError("ListenerNotFoundException", "One or more listeners not found");
  return record;
}

/** Target groups that actions forward to, with their weights. */
export function forwardedTo(actions: readonly Action[]): { readonly arn: string; readonly weight: number }[] {
  return actions
    .filter(({ Type }) => Type === "forward")
    .flatMap(({ TargetGroupArn, ForwardConfig }) =>
      ForwardConfig?.TargetGroups?.length
        ? ForwardConfig.TargetGroups.map(({ TargetGroupArn: arn = "", Weight }) => ({ arn, weight: Weight ?? 1 }))
        : [{ arn: TargetGroupArn ?? "", weight: 1 }],
    );
}

/** Load balancers whose listeners or rules forward to a target group. */
export function loadBalancersUsing(world: World, region: string, targetGroupArn: string): LoadBalancerRecord[] {
  const { listeners, loadBalancers } = world.state(elbSlot, region);
  const arns = new Set<string>();
  for (const listener of listeners.values()) {
    const actions = [...listener.defaultActions, ...[...listener.rules.values()].flatMap((rule) => rule.actions)];
    if (forwardedTo(actions).some(({ arn }) => arn === targetGroupArn)) arns.add(listener.loadBalancerArn);
  }
  return [...arns].flatMap((arn) => loadBalancers.get(arn) ?? []);
}

/** @throws ServiceError ValidationError */
export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationError", message);
}

/** One page of results: a marker is the index of the next item. */
export function page<R>(
  items: readonly R[],
  { Marker, PageSize }: { readonly Marker?: string | undefined; readonly PageSize?: number | undefined },
): { readonly items: R[]; readonly nextMarker: string | undefined } {
  const start = Marker ? Number(Marker) : 0;
  if (!Number.isInteger(start) || start < 0) throw validationError("Invalid marker");
  const end = PageSize ? start + PageSize : items.length;
  return { items: items.slice(start, end), nextMarker: end < items.length ? String(end) : undefined };
}
