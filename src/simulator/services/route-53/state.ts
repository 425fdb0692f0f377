import type { ChangeStatus, HealthCheckConfig, ResourceRecordSet, Tag, VPC } from "@aws-sdk/client-route-53";

import type { Cause, StateSlot, World } from "../../world.js";

/** What Route 53 holds: hosted zones and health checks, for all Regions together. */
export interface Route53State {
  readonly zones: Map<string, Zone>;
  readonly changes: Map<string, ChangeRecord>;
  readonly checks: Map<string, HealthCheckRecord>;
  /** Ids given out, also of what was deleted. */
  readonly usedIds: Set<string>;
  /** Answers last seen per name and type, to notice when one changes. */
  readonly answers: Map<string, KnownAnswer>;
  /** Counts queries without a client of their own, so that weighted answers spread over them. */
  queries: number;
}

export interface Zone {
  readonly id: string;
  /** With the trailing dot. */
  readonly name: string;
  readonly callerReference: string;
  comment: string | undefined;
  readonly vpc: VPC | undefined;
  readonly nameServers: readonly string[];
  tags: Tag[];
  /** What the API shows, by recordKey. */
  readonly records: Map<string, ResourceRecordSet>;
  /** What the servers answer with: older until a change is INSYNC; record sets by name, then type. */
  readonly served: Map<string, Map<string, readonly ResourceRecordSet[]>>;
  /** Changes that have not reached the servers, oldest first. */
  readonly pending: PendingChange[];
  /** How many changes were made, so that each draws a latency of its own. */
  changeCount: number;
}

export interface PendingChange {
  readonly change: ChangeRecord;
  /** Record sets by key; undefined removes. */
  readonly edits: ReadonlyMap<string, ResourceRecordSet | undefined>;
  propagated: boolean;
}

export interface ChangeRecord {
  readonly id: string;
  status: ChangeStatus;
  readonly submittedAt: number;
  readonly comment: string | undefined;
}

export interface HealthCheckRecord {
  readonly id: string;
  readonly callerReference: string;
  config: HealthCheckConfig;
  version: number;
  tags: Tag[];
  deleted: boolean;
  /** What each checker's Region has observed; empty for checks without an endpoint. */
  readonly checkers: Map<string, CheckerState>;
  /** What the checkers agree on, before it has reached the name servers. */
  verdict: boolean;
  /** What the name servers know, before inversion. */
  published: boolean;
  flips: number;
  /** Whether the endpoint answers, since when and because of what, as far as anybody can know. */
  endpoint: { readonly up: boolean; readonly since: number; readonly cause: Cause } | undefined;
}

/** What the checkers in one Region have seen. */
export interface CheckerState {
  healthy: boolean;
  /** Observations in a row that contradict `healthy`. */
  contradicting: number;
  status: string | undefined;
  checkedAt: number;
}

export interface KnownAnswer {
  readonly signature: string;
  readonly ttlSeconds: number;
}

export const route53Slot: StateSlot<Route53State> = {
  name: "route-53",
  create: () => ({
    zones: new Map(),
    changes: new Map(),
    checks: new Map(),
    usedIds: new Set(),
    answers: new Map(),
    queries: 0,
  }),
};

/** Route 53's state, the one of all Regions. */
export function route53State(world: World): Route53State {
  return world.state(route53Slot, "global");
}

/** Where Route 53's API runs; name servers and health checkers run everywhere. */
export const CONTROL_PLANE_REGION = "us-east-1";
