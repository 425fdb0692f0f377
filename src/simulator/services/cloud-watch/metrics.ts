import type { Cause, StateSlot, World } from "../../world.js";

/** Metrics of one Region: values aggregated into buckets of one second or one minute, as CloudWatch stores them. */

/** A data point that a simulated service publishes. */
export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  /** @default none */
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly value: number;
  /** How many samples had this value. @default 1 */
  readonly count?: number;
  /** Such as "Seconds" or "Count". @default "None" */
  readonly unit?: string;
  /** Milliseconds since the epoch. @default now */
  readonly at?: number;
  /** 1 for a high-resolution metric. @default 60 */
  readonly resolutionSeconds?: 1 | 60;
}

/** A metric that exists because data was put to it. */
export interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly buckets: Bucket[];
  unit: string;
  lastPutAt: number;
}

/** Samples of one second or one minute. */
export interface Bucket {
  /** Milliseconds since the epoch. */
  readonly start: number;
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  /** The samples as value and weight, for percentiles. */
  readonly samples: Map<number, number>;
  /** When, and on whose account, the first sample came. */
  readonly firstPutAt: number;
  readonly cause: Cause;
}

/** Data points with a period below 60 s are kept for 3 hours, those of a minute for 15 days (CloudWatch user guide). */
const RETENTION_MS = { 1: 3 * 3_600_000, 60: 15 * 86_400_000 } as const;

/** Buckets between two looks at what retention lets go. */
const TRIM_EVERY = 512;

export const metricSlot: StateSlot<Map<string, Series>> = {
  name: "cloud-watch/metrics",
  create: () => new Map(),
};

/** Publishes a data point. What an impaired Region would publish is lost, as its CloudWatch is. */
export function putMetric(world: World, region: string, value: MetricValue): void {
  const { count = 1 } = value;
  recordSample(world, region, value, {
    sum: value.value * count,
    count,
    minimum: value.value,
    maximum: value.value,
    values: [[value.value, count]],
  });
}

/** Samples that arrive together: of one value, or as a statistic set that no longer knows its values. */
export interface Sample {
  readonly sum: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly values: readonly (readonly [value: number, weight: number])[];
}

/** Adds samples to the metric that `identity` names. */
export function recordSample(
  world: World,
  region: string,
  identity: Omit<MetricValue, "value" | "count">,
  sample: Sample,
): void {
  if (world.impairment(region)) return;
  const dimensions = Object.entries(identity.dimensions ?? {})
    .map(([Name, Value]) => ({ Name, Value }))
    .sort((a, b) => (a.Name < b.Name ? -1 : 1));
  const all = world.state(metricSlot, region);
  const key = seriesKey(identity.namespace, identity.name, dimensions);
  let series = all.get(key);
  if (!series) {
    const { namespace, name } = identity;
    series = { namespace, name, dimensions, buckets: [], unit: "None", lastPutAt: 0 };
    all.set(key, series);
  }
  const now = world.now();
  const resolution = identity.resolutionSeconds ?? 60;
  const width = 1000 * resolution;
  const bucket = bucketAt(series, Math.floor((identity.at ?? now) / width) * width, now, world.currentCause());
  bucket.sum += sample.sum;
  bucket.count += sample.count;
  bucket.minimum = Math.min(bucket.minimum, sample.minimum);
  bucket.maximum = Math.max(bucket.maximum, sample.maximum);
  for (const [value, weight] of sample.values) bucket.samples.set(value, (bucket.samples.get(value) ?? 0) + weight);
  series.unit = identity.unit ?? series.unit;
  series.lastPutAt = now;
  if (series.buckets.length % TRIM_EVERY === 0) trim(series.buckets, now - RETENTION_MS[resolution]);
}

/** The metric with exactly these dimensions, or undefined when nothing was ever put to it. */
export function findSeries(
  world: World,
  region: string,
  namespace: string,
  name: string,
  dimensions: readonly { readonly Name: string | undefined; readonly Value: string | undefined }[] = [],
): Series | undefined {
  const sorted = dimensions
    .map(({ Name = "", Value = "" }) => ({ Name, Value }))
    .sort((a, b) => (a.Name < b.Name ? -1 : 1));
  return world.state(metricSlot, region).get(seriesKey(namespace, name, sorted));
}

/** The buckets that start from `from` (inclusive) to `to` (exclusive), in milliseconds since the epoch. */
export function bucketsBetween(series: Series | undefined, from: number, to: number): readonly Bucket[] {
  if (!series) return [];
  const first = lowerBound(series.buckets, from);
  const end = lowerBound(series.buckets, to);
  return series.buckets.slice(first, end);
}

/**
 * One statistic over buckets: SampleCount, Sum, Average, Minimum, Maximum or a percentile such as p99.
 *
 * @returns undefined without data, or for a statistic that is not known
 */
export function statisticOf(buckets: readonly Bucket[], statistic: string): number | undefined {
  if (buckets.length === 0) return undefined;
  const count = buckets.reduce((total, bucket) => total + bucket.count, 0);
  const sum = buckets.reduce((total, bucket) => total + bucket.sum, 0);
  switch (statistic) {
    case "SampleCount":
      return count;
    case "Sum":
      return sum;
    case "Average":
      return sum / count;
    case "Minimum":
      return Math.min(...buckets.map(({ minimum }) => minimum));
    case "Maximum":
      return Math.max(...buckets.map(({ maximum }) => maximum));
    default:
      return isPercentile(statistic) ? percentile(buckets, Number(statistic.slice(1)), count) : undefined;
  }
}

/** Whether `statistic` is a percentile from p0 to p100, with up to ten decimals. */
export function isPercentile(statistic: string): boolean {
  return /^p(100|\d{1,2})(\.\d{0,10})?$/.test(statistic);
}

function percentile(buckets: readonly Bucket[], percent: number, count: number): number | undefined {
  const weights = new Map<number, number>();
  for (const { samples } of buckets) {
    for (const [value, weight] of samples) weights.set(value, (weights.get(value) ?? 0) + weight);
  }
  let seen = 0;
  let last: number | undefined;
  for (const value of [...weights.keys()].sort((a, b) => a - b)) {
    seen += weights.get(value) ?? 0;
    last = value;
    if (seen >= (percent / 100) * count) return value;
  }
  return last;
}

function bucketAt(series: Series, start: number, now: number, cause: Cause): Bucket {
  const { buckets } = series;
  const index = lowerBound(buckets, start);
  const found = buckets[index];
  if (found?.start === start) return found;
  const bucket: Bucket = {
    start,
    sum: 0,
    count: 0,
    minimum: Infinity,
    maximum: -Infinity,
    samples: new Map(),
    firstPutAt: now,
    cause,
  };
  buckets.splice(index, 0, bucket);
  return bucket;
}

function trim(buckets: Bucket[], before: number): void {
  buckets.splice(0, lowerBound(buckets, before));
}

/** Index of the first bucket that starts at or after `start`; nearly always asked for the end. */
function lowerBound(buckets: readonly Bucket[], start: number): number {
  let low = 0;
  let high = buckets.length;
  const last = buckets[high - 1];
  if (!last || last.start < start) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((buckets[middle] as Bucket).start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function seriesKey(
  namespace: string,
  name: string,
  sorted: readonly { readonly Name: string; readonly Value: string }[],
): string {
  return [namespace, name, ...sorted.map(({ Name, Value }) => `${Name}=${Value}`)].join("\u0000");
}
