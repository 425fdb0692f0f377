import type * as Rds from "@aws-sdk/client-rds";
import type { DBParameterGroup, DBSnapshot, Parameter } from "@aws-sdk/client-rds";

import type { ScheduledEvent } from "../../clock.js";
import { hexOf } from "../../identifiers.js";
import type { Outage } from "../../region-outages.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { Latency, StateSlot, World } from "../../world.js";
import type { DbSettings } from "./settings.js";

export type RdsClient = typeof Rds;
export type RdsHandlers = Handlers<RdsClient>;

/** What RDS holds in one Region. */
export interface RdsState {
  readonly instances: Map<string, DbInstance>;
  readonly subnetGroups: Map<string, SubnetGroup>;
  readonly parameterGroups: Map<string, ParameterGroup>;
  readonly snapshots: Map<string, DBSnapshot>;
  /** Tags by ARN. */
  readonly tags: Map<string, Map<string, string>>;
  /** How many instances of each identifier there have been: each has a resource id of its own. */
  readonly instancesMade: Map<string, number>;
  instanceQuota: number;
}

/** Instances per account and Region unless raised (RDS user guide, CHAP_Limits.md). */
const DEFAULT_INSTANCE_QUOTA = 40;

export type DbStatus =
  | "creating"
  | "available"
  | "backing-up"
  | "modifying"
  | "rebooting"
  | "starting"
  | "stopping"
  | "stopped"
  | "deleting";

export interface DbInstance {
  readonly identifier: string;
  readonly region: string;
  readonly arn: string;
  readonly resourceId: string;
  readonly endpointAddress: string;
  settings: DbSettings;
  /** Changes that are being made, or that wait for the maintenance window. */
  pending: Partial<DbSettings>;
  status: DbStatus;
  /** Milliseconds since the epoch; undefined until the instance was first available. */
  createdAt: number | undefined;
  zone: string;
  /** Where the synchronous copy of a Multi-AZ instance stands. */
  standbyZone: string | undefined;
  /** Refuses writes: a replica, until the last step of its promotion. */
  readOnly: boolean;
  /** Identifier, or for another Region the ARN, of the instance that this is a replica of. */
  source: { readonly region: string; readonly identifier: string; readonly arn: string } | undefined;
  /** How rows come from the source; undefined before the replica exists and after replication has stopped. */
  link: ReplicationLink | undefined;
  readonly log: RowLog;
  /** When the instance accepted no connections, from its first availability on. */
  readonly downtimes: Outage[];
  /** How many latencies it has met: so that its second reboot is drawn apart from its first. */
  operations: number;
  operation: Latency | undefined;
  maintenance: ScheduledEvent | undefined;
  metrics: ScheduledEvent | undefined;
  /** Deleted: what was scheduled for it does nothing. */
  gone: boolean;
}

/** Every row that an instance holds, in commit order. */
export interface RowLog {
  readonly ids: string[];
  readonly byId: Map<string, StoredRow>;
}

export interface StoredRow {
  /** When the primary acknowledged it. Milliseconds since the epoch. */
  readonly committedAt: number;
  /** When this instance had it; equals committedAt on the primary. */
  readonly arrivedAt: number;
}

export interface ReplicationLink {
  readonly source: DbInstance;
  readonly startedAt: number;
  /** Rows of the source's log that have arrived. */
  applied: number;
}

export interface SubnetGroup {
  readonly name: string;
  readonly arn: string;
  description: string;
  vpcId: string;
  subnets: readonly { readonly id: string; readonly zone: string }[];
}

export interface ParameterGroup extends DBParameterGroup {
  readonly DBParameterGroupName: string;
  readonly DBParameterGroupArn: string;
  readonly parameters: Map<string, Parameter>;
}

export const rdsSlot: StateSlot<RdsState> = {
  name: "rds",
  create: () => ({
    instances: new Map(),
    subnetGroups: new Map(),
    parameterGroups: new Map(),
    snapshots: new Map(),
    tags: new Map(),
    instancesMade: new Map(),
    instanceQuota: DEFAULT_INSTANCE_QUOTA,
  }),
};

export function rdsArn(world: World, region: string, type: string, name: string): string {
  return `arn:aws:rds:${region}:${world.accountId}:${type}:${name}`;
}

/** The instance's DNS name: fixed by account, Region and identifier, so promotion keeps it. */
export function endpointAddress(world: World, region: string, identifier: string): string {
  return `${identifier}.c${hexOf(["rds-endpoint", world.accountId, region], 11)}.${region}.rds.amazonaws.com`;
}

/** Finds an instance of a Region by identifier (in any case) or ARN. */
export function findInstance(world: World, region: string, reference: string): DbInstance | undefined {
  const arn = /^arn:aws[a-z-]*:rds:([^:]*):([^:]*):db:(.+)$/.exec(reference);
  if (arn && arn[1] !== region) return undefined;
  return world.state(rdsSlot, region).instances.get((arn?.[3] ?? reference).toLowerCase());
}

/**
 * The same for a caller who needs it.
 *
 * @throws ServiceError DBInstanceNotFoundFault
 */
export function requireInstance(world: World, region: string, reference: string | undefined): DbInstance {
  const instance = reference === undefined ? undefined : findInstance(world, region, reference);
  if (instance) return instance;
  throw new ServiceError("DBInstanceNotFoundFault", `DBInstance ${reference?.toLowerCase() ?? ""} not found.`, {
    status: 404,
  });
}

/** Replicas, in any Region, of an instance. */
export function replicasOf(world: World, source: DbInstance): DbInstance[] {
  return world
    .regionsWith(rdsSlot)
    .flatMap((region) => [...world.state(rdsSlot, region).instances.values()])
    .filter((instance) => instance.source?.arn === source.arn);
}

export function tagsOf(world: World, region: string, arn: string): Map<string, string> {
  const { tags } = world.state(rdsSlot, region);
  const found = tags.get(arn) ?? new Map<string, string>();
  tags.set(arn, found);
  return found;
}

/** Raises or lowers how many instances a Region may hold, as a quota request would. */
export function setInstanceQuota(world: World, region: string, instances: number): void {
  world.state(rdsSlot, region).instanceQuota = instances;
}

export function invalidCombination(message: string): ServiceError {
  return new ServiceError("InvalidParameterCombination", message);
}

export function invalidValue(message: string): ServiceError {
  return new ServiceError("InvalidParameterValue", message);
}

export function invalidState(message: string): ServiceError {
  return new ServiceError("InvalidDBInstanceStateFault", message);
}
