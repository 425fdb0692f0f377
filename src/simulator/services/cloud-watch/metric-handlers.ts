import type * as client from "@aws-sdk/client-cloudwatch";

import { ServiceError, type Handlers } from "../../service.js";
import type { World } from "../../world.js";
import {
  bucketsBetween,
  findSeries,
  isPercentile,
  metricSlot,
  recordSample,
  statisticOf,
  type Sample,
} from "./metrics.js";
import { page } from "./paging.js";

type Client = typeof client;

const STATISTICS: readonly string[] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
/** Limits of the CloudWatch API reference. */
const MAX_DATUM_COUNT = 1000;
const MAX_DATAPOINTS = 1440;
const METRICS_PER_PAGE = 500;

/** Operations on metrics. */
export function metricHandlers(world: World) {
  return {
    PutMetricData: (input, { region }) => {
      const namespace = required(input.Namespace, "Namespace");
      if (namespace.startsWith("AWS/"))
        throw badValue("The value AWS/ for parameter Namespace is invalid: it is reserved.");
      const data = input.MetricData ?? [];
      if (data.length > MAX_DATUM_COUNT)
        throw badValue(`The collection MetricData must not have a size greater than ${MAX_DATUM_COUNT}.`);
      const samples = data.map((datum, index) => ({ datum, sample: sampleOf(datum, index + 1) }));
      for (const { datum, sample } of samples) {
        recordSample(
          world,
          region,
          {
            namespace,
            name: required(datum.MetricName, "MetricName"),
            dimensions: Object.fromEntries((datum.Dimensions ?? []).map(({ Name = "", Value = "" }) => [Name, Value])),
            ...(datum.Unit ? { unit: datum.Unit } : {}),
            ...(datum.Timestamp ? { at: datum.Timestamp.getTime() } : {}),
            resolutionSeconds: datum.StorageResolution === 1 ? 1 : 60,
          },
          sample,
        );
      }
      return {};
    },

    GetMetricStatistics: (input, { region }) => {
      const { from, to } = timeRange(input.StartTime, input.EndTime);
      const period = validPeriod(input.Period);
      const simple = input.Statistics ?? [];
      const extended = input.ExtendedStatistics ?? [];
      if (simple.length + extended.length === 0) {
        throw new ServiceError(
          "MissingRequiredParameterException",
          "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        );
      }
      for (const statistic of [...simple, ...extended]) validStatistic(statistic);
      const points = Math.ceil((to - from) / (1000 * period));
      if (points > MAX_DATAPOINTS) {
        throw new ServiceError(
          "InvalidParameterCombinationException",
          `You have requested up to ${points} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
        );
      }
      const series = findSeries(
        world,
        region,
        required(input.Namespace, "Namespace"),
        required(input.MetricName, "MetricName"),
        input.Dimensions,
      );
      const Datapoints = pointsOf(series, from, to, period).map(({ start, buckets }): client.Datapoint => ({
        Timestamp: new Date(start),
        Unit: (series?.unit ?? "None") as client.StandardUnit,
        ...Object.fromEntries(simple.map((statistic) => [statistic, statisticOf(buckets, statistic)])),
        ...(extended.length > 0
          ? {
              ExtendedStatistics: Object.fromEntries(
                extended.map((statistic) => [statistic, statisticOf(buckets, statistic) ?? 0]),
              ),
            }
          : {}),
      }));
      return { Label: input.MetricName, Datapoints };
    },

    GetMetricData: (input, { region }) => {
      const { from, to } = timeRange(input.StartTime, input.EndTime);
      const results = (input.MetricDataQueries ?? [])
        .filter(({ ReturnData }) => ReturnData !== false)
        .map((query): client.MetricDataResult => {
          if (!query.MetricStat) {
            throw new ServiceError("NotImplemented", "the simulated cloud-watch does not model metric math", {
              status: 501,
            });
          }
          const { Metric, Stat = "Average" } = query.MetricStat;
          validStatistic(Stat);
          const series = findSeries(
            world,
            region,
            required(Metric?.Namespace, "Namespace"),
            required(Metric?.MetricName, "MetricName"),
            Metric?.Dimensions,
          );
          const points = [...pointsOf(series, from, to, validPeriod(query.MetricStat.Period))];
          if (input.ScanBy !== "TimestampAscending") points.reverse();
          return {
            Id: query.Id,
            Label: query.Label ?? Metric?.MetricName,
            Timestamps: points.map(({ start }) => new Date(start)),
            Values: points.map(({ buckets }) => statisticOf(buckets, Stat) ?? 0),
            StatusCode: "Complete",
          };
        });
      return { MetricDataResults: results, Messages: [] };
    },

    ListMetrics: (input, { region }) => {
      const matching = [...world.state(metricSlot, region).values()]
        .filter(({ namespace }) => !input.Namespace || namespace === input.Namespace)
        .filter(({ name }) => !input.MetricName || name === input.MetricName)
        .filter(({ dimensions }) =>
          (input.Dimensions ?? []).every((wanted) =>
            dimensions.some(
              ({ Name, Value }) => Name === wanted.Name && (wanted.Value === undefined || Value === wanted.Value),
            ),
          ),
        )
        .filter(({ lastPutAt }) => input.RecentlyActive !== "PT3H" || lastPutAt >= world.now() - 3 * 3_600_000);
      const { items, NextToken } = page(matching, METRICS_PER_PAGE, input.NextToken);
      return {
        Metrics: items.map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: [...dimensions],
        })),
        NextToken,
      };
    },
  } satisfies Handlers<Client>;
}

function sampleOf(datum: client.MetricDatum, position: number): Sample {
  const { StatisticValues, Values, Counts, Value } = datum;
  if (StatisticValues) {
    const { Sum = 0, SampleCount = 0, Minimum = 0, Maximum = 0 } = StatisticValues;
    const values = Minimum === Maximum ? ([[Minimum, SampleCount]] as const) : [];
    return { sum: Sum, count: SampleCount, minimum: Minimum, maximum: Maximum, values };
  }
  const list = Values ?? (Value === undefined ? [] : [Value]);
  if (list.length === 0 || list.some((value) => !Number.isFinite(value))) {
    throw new ServiceError(
      "MissingRequiredParameterException",
      `The parameter MetricData.member.${position}.Value is required.`,
    );
  }
  const values = list.map((value, index) => [value, Counts?.[index] ?? 1] as const);
  return {
    sum: values.reduce((total, [value, weight]) => total + value * weight, 0),
    count: values.reduce((total, [, weight]) => total + weight, 0),
    minimum: Math.min(...list),
    maximum: Math.max(...list),
    values,
  };
}

/** Periods with data, oldest first, aligned to the period. */
function pointsOf(series: ReturnType<typeof findSeries>, from: number, to: number, periodSeconds: number) {
  const width = 1000 * periodSeconds;
  const byPeriod = new Map<number, ReturnType<typeof bucketsBetween>[number][]>();
  for (const bucket of bucketsBetween(series, Math.floor(from / width) * width, to)) {
    const start = Math.floor(bucket.start / width) * width;
    const buckets = byPeriod.get(start);
    if (buckets) buckets.push(bucket);
    else byPeriod.set(start, [bucket]);
  }
  return [...byPeriod].map(([start, buckets]) => ({ start, buckets }));
}

function timeRange(start: Date | undefined, end: Date | undefined): { from: number; to: number } {
  const from = required(start, "StartTime").getTime();
  const to = required(end, "EndTime").getTime();
  if (!(from < to)) throw badValue("The parameter StartTime must be less than the parameter EndTime.");
  return { from, to };
}

function validPeriod(period: number | undefined): number {
  const value = required(period, "Period");
  if ([1, 5, 10, 20, 30].includes(value) || (value >= 60 && value % 60 === 0)) return value;
  throw badValue(`The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.`);
}

function validStatistic(statistic: string): void {
  if (!STATISTICS.includes(statistic) && !isPercentile(statistic)) {
    throw badValue(`The value ${statistic} for parameter Stat is not supported.`);
  }
}

function required<T>(value: T | undefined, member: string): T {
  if (value === undefined || value === "") {
    throw new ServiceError("MissingRequiredParameterException", `The parameter ${member} is required.`);
  }
  return value;
}

function badValue(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}
