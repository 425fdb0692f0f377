import { defineAwsService, type AwsScope } from "./aws-service.js";

const cloudWatch = defineAwsService(
  "cloudwatch",
  () => import("@aws-sdk/client-cloudwatch"),
  (sdk, settings) => new sdk.CloudWatchClient(settings),
);

/** One data point of a metric. */
export interface MetricPoint {
  /** Milliseconds since the epoch: the start of its period. */
  readonly at: number;
  readonly value: number;
}

/** RDS publishes its metrics every minute. */
const PERIOD_SECONDS = 60;

/**
 * Seconds that a replica lags, as RDS measured it: the largest value of each minute, oldest first.
 *
 * @param from - milliseconds since the epoch
 * @param to - milliseconds since the epoch
 * @throws AwsCallError
 */
export async function getReplicaLag(
  scope: AwsScope,
  database: string,
  from: number,
  to: number,
): Promise<readonly MetricPoint[]> {
  const { Datapoints } = await cloudWatch.call(scope, (client, sdk, options) =>
    client.send(
      new sdk.GetMetricStatisticsCommand({
        Namespace: "AWS/RDS",
        MetricName: "ReplicaLag",
        Dimensions: [{ Name: "DBInstanceIdentifier", Value: database }],
        StartTime: new Date(from),
        EndTime: new Date(to),
        Period: PERIOD_SECONDS,
        Statistics: ["Maximum"],
      }),
      options,
    ),
  );
  return (Datapoints ?? [])
    .flatMap(({ Timestamp, Maximum }) =>
      Timestamp && Maximum !== undefined ? [{ at: Timestamp.getTime(), value: Maximum }] : [],
    )
    .sort((a, b) => a.at - b.at);
}
