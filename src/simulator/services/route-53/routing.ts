import type { ResourceRecordSet } from "@aws-sdk/client-route-53";

import { regionDistance } from "./region-distance.js";

/**
 * Which record sets of one name and type Route 53 chooses among, and which of them one query gets. Pure; after the
 * developer guide, dns-failover-types and routing-policy.
 */

/** Records that a multivalue answer holds at most. */
const MAX_MULTIVALUE = 8;

/**
 * The record sets that the policy would answer with, for one or another client: one for failover and simple routing,
 * all eligible ones for weighted, latency and multivalue routing. Where none is healthy, all count as healthy.
 */
export function eligibleRecords(
  records: readonly ResourceRecordSet[],
  isHealthy: (record: ResourceRecordSet) => boolean,
): readonly ResourceRecordSet[] {
  const [first] = records;
  if (!first) return [];
  if (first.Failover !== undefined) return failover(records, isHealthy);
  if (first.Weight !== undefined) return weighted(records, isHealthy);
  if (first.SetIdentifier === undefined) return records;
  const healthy = records.filter(isHealthy);
  return healthy.length > 0 ? healthy : records;
}

/** Who asks: latency records depend on where, weighted and multivalue ones on chance. */
export interface QueryClient {
  /** The Region nearest to the client. */
  readonly region: string;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly chance: number;
}

/** The record sets that one query is answered with. */
export function chooseRecords(
  eligible: readonly ResourceRecordSet[],
  client: QueryClient,
): readonly ResourceRecordSet[] {
  const [first] = eligible;
  if (!first) return [];
  if (first.Weight !== undefined) return [byWeight(eligible, client.chance)];
  if (first.Region !== undefined) return [nearest(eligible, client.region)];
  if (first.MultiValueAnswer) return rotated(eligible, client.chance).slice(0, MAX_MULTIVALUE);
  return eligible;
}

/** The secondary only while the primary is unhealthy and the secondary healthy; both unhealthy: the primary. */
function failover(
  records: readonly ResourceRecordSet[],
  isHealthy: (record: ResourceRecordSet) => boolean,
): readonly ResourceRecordSet[] {
  const primary = records.find(({ Failover }) => Failover === "PRIMARY");
  const secondary = records.find(({ Failover }) => Failover === "SECONDARY");
  const chosen = primary && (isHealthy(primary) || !secondary || !isHealthy(secondary)) ? primary : secondary;
  return chosen ? [chosen] : [];
}

/** Records of weight 0 are considered only while every other one is unhealthy. */
function weighted(
  records: readonly ResourceRecordSet[],
  isHealthy: (record: ResourceRecordSet) => boolean,
): readonly ResourceRecordSet[] {
  const positive = records.filter(({ Weight = 0 }) => Weight > 0);
  const zero = records.filter(({ Weight = 0 }) => Weight === 0);
  for (const group of [positive, zero]) {
    const healthy = group.filter(isHealthy);
    if (healthy.length > 0) return healthy;
  }
  return positive.length > 0 ? positive : zero;
}

function byWeight(records: readonly ResourceRecordSet[], chance: number): ResourceRecordSet {
  const sum = records.reduce((total, { Weight = 0 }) => total + Weight, 0);
  // All weights 0: equal probability.
  const weightOf = ({ Weight = 0 }: ResourceRecordSet): number => (sum === 0 ? 1 : Weight);
  let left = chance * records.reduce((total, record) => total + weightOf(record), 0);
  for (const record of records) {
    left -= weightOf(record);
    if (left < 0) return record;
  }
  return records.at(-1) as ResourceRecordSet;
}

function nearest(records: readonly ResourceRecordSet[], region: string): ResourceRecordSet {
  const distanceOf = (record: ResourceRecordSet): number => regionDistance(region, record.Region ?? "");
  return records.reduce((best, record) => (distanceOf(record) < distanceOf(best) ? record : best));
}

function rotated(records: readonly ResourceRecordSet[], chance: number): readonly ResourceRecordSet[] {
  const start = Math.floor(chance * records.length);
  return [...records.slice(start), ...records.slice(0, start)];
}
