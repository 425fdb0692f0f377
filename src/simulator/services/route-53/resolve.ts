import type { ResourceRecordSet } from "@aws-sdk/client-route-53";

import { addressesOf, isLoadBalancerHealthy, loadBalancerTarget } from "../../load-balancer-names.js";
import type { World } from "../../world.js";
import { isHealthy } from "./health-status.js";
import { canonicalName, liesWithin, plainName, wildcardOf } from "./record-name.js";
import { chooseRecords, eligibleRecords, type QueryClient } from "./routing.js";
import { route53State, type Zone } from "./state.js";

/** What the name servers answer: the data plane of Route 53, which needs no Region. */

/** Route 53 answers an alias to a load balancer with this time to live (developer guide, resource-record-sets-choosing-alias-non-alias). */
export const LOAD_BALANCER_TTL_SECONDS = 60;

/** Aliases and CNAMEs that one query follows at most. */
const MAX_CHAIN = 8;

export interface DnsRecord {
  /** Without the trailing dot. */
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly data: string;
}

export interface QueryAnswer {
  readonly code: "NOERROR" | "NXDOMAIN" | "REFUSED";
  readonly answers: readonly DnsRecord[];
  /** The names that a CNAME or alias leads to, first one first; aliases don't show in the answers. */
  readonly names: readonly string[];
  /** The zone's SOA record, where there is no answer. */
  readonly authority?: DnsRecord;
}

/** Who asks; by default a client in us-east-1, and each query another one. */
export type DnsClient = Partial<QueryClient>;

/**
 * Asks for the addresses of a name, as a client without a cache would.
 *
 * @returns the names that a CNAME or alias leads to, last first, then the addresses; undefined when there are none
 */
export function resolveName(
  world: World,
  name: string,
  client: DnsClient = {},
): { readonly targets: string[]; readonly ttlSeconds: number } | undefined {
  const { answers, names } = answerQuery(world, name, "A", client);
  const addresses = answers.filter(({ type }) => type === "A").map(({ data }) => data);
  if (addresses.length === 0) return undefined;
  return {
    targets: [...[...names].reverse(), ...addresses],
    ttlSeconds: Math.min(...answers.map(({ ttlSeconds }) => ttlSeconds)),
  };
}

/** Answers one query. `REFUSED` for names that lie in no zone. */
export function answerQuery(world: World, name: string, type: string, client: DnsClient = {}): QueryAnswer {
  const state = route53State(world);
  const chance = client.chance ?? world.draw(`route-53/query/${name}/${state.queries++}`);
  return answer(world, canonicalName(name), type, { region: client.region ?? "us-east-1", chance }, 0);
}

/** Everything that a name may be answered with now, over all clients: changes exactly when answers change. */
export function answerSignature(world: World, name: string, type: string, depth = 0): readonly string[] {
  const zone = zoneOf(world, name);
  const records = zone && recordsOf(zone, name)?.get(type);
  if (!zone || !records || depth > MAX_CHAIN) return [name];
  return eligibleRecords(records, (record) => recordIsHealthy(world, zone, record, depth)).flatMap((record) =>
    record.AliasTarget
      ? answerSignature(world, canonicalName(record.AliasTarget.DNSName ?? ""), type, depth + 1)
      : (record.ResourceRecords ?? []).map(({ Value = "" }) => Value),
  );
}

function answer(world: World, name: string, type: string, client: QueryClient, depth: number): QueryAnswer {
  const host = plainName(name);
  const balancer = loadBalancerTarget(world, host);
  if (balancer) {
    const addresses = type === "A" ? addressesOf(world, balancer.dnsName) : [];
    const records = addresses.map((data) => ({ name: host, type: "A", ttlSeconds: LOAD_BALANCER_TTL_SECONDS, data }));
    return { code: "NOERROR", answers: records, names: [] };
  }
  const zone = zoneOf(world, name);
  if (!zone || depth > MAX_CHAIN) return { code: "REFUSED", answers: [], names: [] };
  const sets = recordsOf(zone, name);
  if (!sets) return { code: exists(zone, name) ? "NOERROR" : "NXDOMAIN", answers: [], names: [], ...authorityOf(zone) };
  const isHealthyHere = (record: ResourceRecordSet): boolean => recordIsHealthy(world, zone, record, depth);
  const choose = (records: readonly ResourceRecordSet[]): readonly ResourceRecordSet[] =>
    chooseRecords(eligibleRecords(records, isHealthyHere), client);

  const cname = type === "CNAME" ? undefined : sets.get("CNAME");
  if (cname) {
    const own = choose(cname).flatMap((record) => dataOf(host, record));
    const target = own[0] ? answer(world, canonicalName(own[0].data), type, client, depth + 1) : undefined;
    const names = own[0] ? [plainName(own[0].data), ...(target?.names ?? [])] : [];
    return { code: "NOERROR", answers: [...own, ...(target?.answers ?? [])], names };
  }
  const answers: DnsRecord[] = [];
  const names: string[] = [];
  for (const record of choose(sets.get(type) ?? [])) {
    if (!record.AliasTarget) {
      answers.push(...dataOf(host, record));
      continue;
    }
    const alias = canonicalName(record.AliasTarget.DNSName ?? "");
    const target = answer(world, alias, type, client, depth + 1);
    names.push(loadBalancerTarget(world, plainName(alias))?.dnsName ?? plainName(alias), ...target.names);
    answers.push(...target.answers.map((found) => ({ ...found, name: host })));
  }
  return { code: "NOERROR", answers, names, ...(answers.length === 0 ? authorityOf(zone) : {}) };
}

function dataOf(host: string, { Type, TTL = 0, ResourceRecords = [] }: ResourceRecordSet): readonly DnsRecord[] {
  return ResourceRecords.map(({ Value = "" }) => ({ name: host, type: Type ?? "", ttlSeconds: TTL, data: Value }));
}

/** Whether a record may be answered with: its health check, and its alias target where that is to be evaluated. */
function recordIsHealthy(world: World, zone: Zone, record: ResourceRecordSet, depth: number): boolean {
  if (record.HealthCheckId && !isHealthy(world, record.HealthCheckId)) return false;
  const { AliasTarget: alias } = record;
  if (!alias?.EvaluateTargetHealth || depth > MAX_CHAIN) return true;
  const target = canonicalName(alias.DNSName ?? "");
  if (loadBalancerTarget(world, plainName(target))) return isLoadBalancerHealthy(world, plainName(target));
  const records = liesWithin(target, zone.name) ? recordsOf(zone, target)?.get(record.Type ?? "") : undefined;
  return !records || records.some((other) => recordIsHealthy(world, zone, other, depth + 1));
}

/** The public zone with the longest name that holds `name` and that the servers know. */
function zoneOf(world: World, name: string): Zone | undefined {
  let best: Zone | undefined;
  for (const zone of route53State(world).zones.values()) {
    const longer = !best || zone.name.length > best.name.length;
    if (!zone.vpc && zone.served.size > 0 && longer && liesWithin(name, zone.name)) best = zone;
  }
  return best;
}

/** The record sets of a name by type, or those of the nearest wildcard where the name itself doesn't exist. */
function recordsOf(zone: Zone, name: string): ReadonlyMap<string, readonly ResourceRecordSet[]> | undefined {
  const own = zone.served.get(name);
  if (own || exists(zone, name)) return own;
  for (let at = name; at !== zone.name && at.includes("."); at = at.slice(at.indexOf(".") + 1)) {
    const wildcard = zone.served.get(wildcardOf(at));
    if (wildcard) return wildcard;
  }
  return undefined;
}

/** Whether a name stands in the zone, if only because something lies below it. */
function exists(zone: Zone, name: string): boolean {
  if (zone.served.has(name)) return true;
  for (const other of zone.served.keys()) if (other.endsWith(`.${name}`)) return true;
  return false;
}

function authorityOf(zone: Zone): { readonly authority?: DnsRecord } {
  const soa = zone.served
    .get(zone.name)
    ?.get("SOA")
    ?.flatMap((record) => dataOf(plainName(zone.name), record))[0];
  return soa ? { authority: soa } : {};
}
