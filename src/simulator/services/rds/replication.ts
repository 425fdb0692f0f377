import { outagesOf, type Outage } from "../../region-outages.js";
import type { World } from "../../world.js";
import { isUp } from "./lifecycle.js";
import { findInstance, type DbInstance, type StoredRow } from "./state.js";

/**
 * Rows, and how they reach replicas. Nothing is scheduled per row: when a row arrives is known as soon as it is
 * committed, unless an outage comes first, so arrivals are computed when somebody looks.
 */

/** What became of a write. */
export type WriteResult =
  | { readonly status: "committed" }
  | {
      readonly status: "failed";
      readonly reason: "region-impaired" | "no-such-database" | "not-available" | "read-only";
    };

/** Commits a row on an instance, as its application would. A row that is already there stays as it is. */
export function writeRow(
  world: World,
  region: string,
  identifier: string,
  row: { readonly id: string; readonly at: number },
): WriteResult {
  if (world.impairment(region)) return { status: "failed", reason: "region-impaired" };
  const instance = findInstance(world, region, identifier);
  if (!instance) return { status: "failed", reason: "no-such-database" };
  if (!isUp(instance)) return { status: "failed", reason: "not-available" };
  if (instance.readOnly) return { status: "failed", reason: "read-only" };
  const { ids, byId } = instance.log;
  if (!byId.has(row.id)) {
    ids.push(row.id);
    byId.set(row.id, { committedAt: row.at, arrivedAt: row.at });
  }
  return { status: "committed" };
}

const noRows: ReadonlyMap<string, StoredRow> = new Map();

/**
 * The rows that an instance holds now, in commit order; also of an instance in an impaired Region, whose disks are
 * still there. A live view: it grows with later writes and later calls of this function, so copy it to keep a moment.
 */
export function rows(world: World, region: string, identifier: string): ReadonlyMap<string, StoredRow> {
  const instance = findInstance(world, region, identifier);
  if (!instance) return noRows;
  replicate(world, instance);
  return instance.log.byId;
}

/** Whether an instance would accept a write now. */
export function isWritable(world: World, region: string, identifier: string): boolean {
  const instance = findInstance(world, region, identifier);
  return instance !== undefined && !world.impairment(region) && isUp(instance) && !instance.readOnly;
}

/** Whether an instance would answer a query now; a replica does. */
export function isReadable(world: World, region: string, identifier: string): boolean {
  const instance = findInstance(world, region, identifier);
  return instance !== undefined && !world.impairment(region) && isUp(instance);
}

/** Begins replication: what the source held before stands in the replica from now on. */
export function startReplication(world: World, replica: DbInstance, source: DbInstance): void {
  // Asked now so that every later outage of either Region is known.
  outagesOf(world, source.region);
  outagesOf(world, replica.region);
  replica.link = { source, startedAt: world.now(), applied: 0 };
}

/** Stops replication for good. What has not arrived by now never will. */
export function stopReplication(world: World, replica: DbInstance): void {
  replicate(world, replica);
  replica.link = undefined;
  replica.metrics?.cancel();
}

/** Applies to a replica, and first to the replicas between it and the primary, every row that has arrived by now. */
export function replicate(world: World, replica: DbInstance): void {
  const { link, log } = replica;
  if (!link) return;
  replicate(world, link.source);
  const sent = link.source.log;
  if (link.applied === sent.ids.length) return;
  const interruptions = interruptionsOf(world, replica);
  const now = world.now();
  let previous = log.byId.get(log.ids.at(-1) ?? "")?.arrivedAt ?? -Infinity;
  for (; link.applied < sent.ids.length; link.applied++) {
    const id = sent.ids[link.applied] as string;
    const row = sent.byId.get(id) as StoredRow;
    const lagMs = 1000 * lagSeconds(world, replica, id);
    const arrivedAt = Math.max(previous, link.startedAt, arrival(row.arrivedAt, lagMs, interruptions));
    if (arrivedAt > now) return;
    log.ids.push(id);
    log.byId.set(id, { committedAt: row.committedAt, arrivedAt });
    previous = arrivedAt;
  }
}

/** Drawn by the row's id, so that it does not depend on the order of calls. */
function lagSeconds(world: World, replica: DbInstance, id: string): number {
  const row = replica.link?.source.region === replica.region ? "rds.replica-lag-in-region" : "rds.replica-lag";
  return world.seconds(row, `${replica.arn}/${id}`);
}

/**
 * When something that left at `sentAt` is there: after the lag, or, when an interruption began first, the lag after
 * its end.
 */
function arrival(sentAt: number, lagMs: number, interruptions: readonly Outage[]): number {
  let arrivesAt = sentAt + lagMs;
  for (const { from, to } of interruptions) {
    if (to > sentAt && from < arrivesAt) arrivesAt = Math.max(arrivesAt, to + lagMs);
  }
  return arrivesAt;
}

/** When rows could not move between a replica and its source, in order. */
function interruptionsOf(world: World, replica: DbInstance): readonly Outage[] {
  const source = replica.link?.source;
  if (!source) return [];
  return [
    ...outagesOf(world, source.region),
    ...outagesOf(world, replica.region),
    ...source.downtimes,
    ...replica.downtimes,
  ].sort((a, b) => a.from - b.from);
}

/** Since when rows can't reach a replica, or undefined while they can. */
export function interruptedSince(world: World, replica: DbInstance): number | undefined {
  return interruptionsOf(world, replica).find(({ to }) => to === Infinity)?.from;
}

/**
 * Seconds by which a replica is behind: the age of the oldest committed row that it lacks, or, while its source can't
 * be reached, at least the time since then. Undefined when it does not replicate.
 */
export function replicaLagSeconds(world: World, replica: DbInstance): number | undefined {
  const { link } = replica;
  if (!link) return undefined;
  replicate(world, replica);
  const missing = link.source.log.ids[link.applied];
  const committedAt = missing === undefined ? undefined : link.source.log.byId.get(missing)?.committedAt;
  const since = Math.min(committedAt ?? Infinity, interruptedSince(world, replica) ?? Infinity);
  return since === Infinity ? 0 : (world.now() - since) / 1000;
}
