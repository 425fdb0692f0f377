import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";

import { ServiceError } from "../../service.js";
import { canonicalName, liesWithin } from "./record-name.js";
import { validateChange, valueProblem, type ValidChange } from "./validate-change.js";

/** How a batch of changes meets the records of its zone: all of it, or nothing. Pure. */

/** Limits of one ChangeResourceRecordSets request; an UPSERT counts twice (Route 53 developer guide, DNSLimitations). */
const MAX_RECORDS = 1000;
const MAX_CHARACTERS = 32_000;

/** What a batch needs to know of the world around its zone. */
export interface BatchContext {
  readonly zoneId: string;
  readonly zoneName: string;
  readonly records: ReadonlyMap<string, ResourceRecordSet>;
  healthCheckExists(id: string): boolean;
  /** Whether a name that lies in no zone of ours stands in the hosted zone `zoneId` of an AWS service. */
  aliasTargetExists(dnsName: string, zoneId: string): "exists" | "not-found" | "other-zone";
}

/** Names one record set of a zone. */
export function recordKey({ Name, Type, SetIdentifier = "" }: ResourceRecordSet): string {
  return `${Name ?? ""}|${Type ?? ""}|${SetIdentifier}`;
}

/**
 * Applies a batch.
 *
 * @returns the record sets to write by key; undefined removes
 * @throws ServiceError InvalidInput, NoSuchHealthCheck or InvalidChangeBatch, as Route 53 answers
 */
export function applyBatch(
  changes: readonly Change[],
  context: BatchContext,
): ReadonlyMap<string, ResourceRecordSet | undefined> {
  const valid = changes.map(validateChange);
  if (valid.length === 0)
    throw new ServiceError("InvalidInput", "Invalid request: ChangeBatch must contain at least one change");
  const missing = valid.find(({ record }) => record.HealthCheckId && !context.healthCheckExists(record.HealthCheckId));
  if (missing) {
    throw new ServiceError(
      "NoSuchHealthCheck",
      `No health check exists with the specified ID: ${missing.record.HealthCheckId}`,
      { status: 404 },
    );
  }
  const problems = sizeProblems(valid);
  const records = new Map(context.records);
  const edits = new Map<string, ResourceRecordSet | undefined>();
  const touched = new Map<string, string[]>();
  for (const change of valid) {
    const { action, record } = change;
    const key = recordKey(record);
    const actions = [...(touched.get(key) ?? []), action];
    touched.set(key, actions);
    // The same record set may appear twice only as DELETE, then CREATE.
    if (actions.length > 1 && actions.join() !== "DELETE,CREATE") {
      problems.push(
        `The request contains an invalid set of changes for a resource record set '${record.Type} ${record.Name}'`,
      );
      continue;
    }
    const problem = changeProblem(change, records, context);
    if (problem) {
      problems.push(...problem);
      continue;
    }
    if (action === "DELETE") {
      records.delete(key);
      edits.set(key, undefined);
    } else {
      records.set(key, record);
      edits.set(key, record);
    }
  }
  problems.push(...setProblems(valid, records, context));
  if (problems.length > 0) {
    const unique = [...new Set(problems)];
    throw new ServiceError("InvalidChangeBatch", `[${unique.join(", ")}]`, { fields: { messages: unique } });
  }
  return edits;
}

function sizeProblems(changes: readonly ValidChange[]): string[] {
  let records = 0;
  let characters = 0;
  for (const { action, record } of changes) {
    const weight = action === "UPSERT" ? 2 : 1;
    const values = record.ResourceRecords ?? [];
    records += weight * Math.max(1, values.length);
    characters += weight * values.reduce((total, { Value = "" }) => total + Value.length, 0);
  }
  const problems: string[] = [];
  if (records > MAX_RECORDS) problems.push(`Number of records limit of ${MAX_RECORDS} exceeded.`);
  if (characters > MAX_CHARACTERS) problems.push(`RDATA character limit of ${MAX_CHARACTERS} exceeded.`);
  return problems;
}

/** What is wrong with one change, given the records as the changes before it left them. */
function changeProblem(
  { action, record }: ValidChange,
  records: ReadonlyMap<string, ResourceRecordSet>,
  context: BatchContext,
): readonly string[] | undefined {
  const existing = records.get(recordKey(record));
  const set = record.SetIdentifier === undefined ? "" : `, set identifier='${record.SetIdentifier}'`;
  const named = `resource record set [name='${record.Name}', type='${record.Type}'${set}]`;
  if (action === "DELETE") {
    if (!existing) return [`Tried to delete ${named} but it was not found`];
    if (!sameRecord(existing, record)) {
      return [`Tried to delete ${named} but the values provided do not match the current values`];
    }
    return undefined;
  }
  if (!liesWithin(record.Name, context.zoneName)) {
    return [`RRSet with DNS name ${record.Name} is not permitted in zone ${context.zoneName}`];
  }
  if (action === "CREATE" && existing) return [`Tried to create ${named} but it already exists`];
  const value = valueProblem(record);
  if (value) return [value];
  if (record.Type === "CNAME" && record.Name === context.zoneName) {
    return [`RRSet of type CNAME with DNS name ${record.Name} is not permitted at apex in zone ${context.zoneName}`];
  }
  if (record.Type === "SOA" && record.Name !== context.zoneName) {
    return [`RRSet of type SOA with DNS name ${record.Name} is only permitted at apex in zone ${context.zoneName}`];
  }
  return aliasProblem(record, records, context);
}

function aliasProblem(
  { AliasTarget, Type, Name }: ValidChange["record"],
  records: ReadonlyMap<string, ResourceRecordSet>,
  context: BatchContext,
): readonly string[] | undefined {
  if (!AliasTarget) return undefined;
  const target = canonicalName(AliasTarget.DNSName ?? "");
  const tried = `Tried to create an alias that targets ${target}, type ${Type} in zone ${AliasTarget.HostedZoneId}`;
  const notFound = `${tried}, but that target was not found`;
  const outside = `${tried}, but the alias target name does not lie within the target zone`;
  if (AliasTarget.HostedZoneId === context.zoneId) {
    if (!liesWithin(target, context.zoneName)) return [outside, notFound];
    const found = [...records.values()].some(
      (record) => record.Name === target && record.Type === Type && target !== Name,
    );
    return found ? undefined : [notFound];
  }
  switch (context.aliasTargetExists(target, AliasTarget.HostedZoneId ?? "")) {
    case "exists":
      return undefined;
    case "not-found":
      return [notFound];
    case "other-zone":
      return [outside, notFound];
  }
}

/** What is wrong with the record sets of a name together, once all changes are made. */
function setProblems(
  changes: readonly ValidChange[],
  records: ReadonlyMap<string, ResourceRecordSet>,
  { zoneName }: BatchContext,
): readonly string[] {
  const problems: string[] = [];
  const byName = new Map<string, ResourceRecordSet[]>();
  for (const record of records.values())
    byName.set(record.Name ?? "", [...(byName.get(record.Name ?? "") ?? []), record]);
  for (const { action, record } of changes) {
    if (action === "DELETE") continue;
    const { Name, Type, SetIdentifier } = record;
    const sameName = byName.get(Name) ?? [];
    if (Type === "CNAME" && sameName.some((other) => other.Type !== "CNAME")) {
      problems.push(
        `RRSet of type CNAME with DNS name ${Name} is not permitted as it conflicts with other records with the same DNS name in zone ${zoneName}`,
      );
    } else if (Type !== "CNAME" && sameName.some((other) => other.Type === "CNAME")) {
      problems.push(
        `RRSet of type ${Type} with DNS name ${Name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zoneName}`,
      );
    }
    const others = sameName.filter((other) => other.Type === Type && other.SetIdentifier !== SetIdentifier);
    const named = `RRSet with DNS name ${Name}, type ${Type}${SetIdentifier === undefined ? "" : `, SetIdentifier ${SetIdentifier}`}`;
    if (
      others.some((other) => other.SetIdentifier === undefined) ||
      (SetIdentifier === undefined && others.length > 0)
    ) {
      problems.push(`${named} cannot be created as other RRSets exist with the same name and type.`);
    } else if (others.some((other) => routingOf(other) !== routingOf(record))) {
      problems.push(
        `${named} cannot be created as a RRSet with a different routing policy exists with the same name and type.`,
      );
    } else if (record.Failover && others.some((other) => other.Failover === record.Failover)) {
      problems.push(
        `${named} cannot be created as another RRSet with Failover ${record.Failover} exists with the same name and type.`,
      );
    } else if (record.Region && others.some((other) => other.Region === record.Region)) {
      problems.push(
        `${named} cannot be created as another RRSet with Region ${record.Region} exists with the same name and type.`,
      );
    }
  }
  const apex = byName.get(zoneName) ?? [];
  if (!apex.some(({ Type }) => Type === "NS"))
    problems.push("A HostedZone must contain at least one NS record for the zone itself.");
  if (apex.filter(({ Type }) => Type === "SOA").length !== 1)
    problems.push("A HostedZone must contain exactly one SOA record.");
  return problems;
}

function routingOf(record: ResourceRecordSet): string {
  if (record.Weight !== undefined) return "weighted";
  if (record.Region !== undefined) return "latency";
  if (record.Failover !== undefined) return "failover";
  return record.MultiValueAnswer === undefined ? "simple" : "multivalue";
}

function sameRecord(a: ResourceRecordSet, b: ResourceRecordSet): boolean {
  return comparable(a) === comparable(b);
}

function comparable(record: ResourceRecordSet): string {
  const { AliasTarget: alias } = record;
  return JSON.stringify([
    record.TTL,
    (record.ResourceRecords ?? []).map(({ Value }) => Value).sort(),
    alias && [alias.HostedZoneId, canonicalName(alias.DNSName ?? ""), alias.EvaluateTargetHealth ?? false],
    record.Weight,
    record.Region,
    record.Failover,
    record.MultiValueAnswer,
    record.HealthCheckId,
  ]);
}
