import assert from "node:assert/strict";

import { createSimulatedClock, type SimulatedClock } from "../../src/simulator/clock.js";
import { injectRegionLoss } from "../../src/simulator/fault.js";
import { createApi, type Api } from "../../src/simulator/service.js";
import { alarmState, cloudWatch, onAlarmChange, putMetric } from "../../src/simulator/services/cloud-watch/service.js";
import { createWorld, type World } from "../../src/simulator/world.js";

const region = "ap-northeast-2";
const context = { region, cause: "test" };
const MINUTE = 60_000;

describe("CloudWatch", () => {
  let clock: SimulatedClock;
  let world: World;
  let api: Api;

  beforeEach(() => {
    // On a minute's boundary, so that periods are easy to reason about.
    clock = createSimulatedClock({ origin: Date.UTC(2026, 0, 1) });
    world = createWorld({ clock });
    api = createApi(world);
  });
  afterEach(() => clock.stop());

  const lagAlarm = (overrides: object = {}): void => {
    api.call(
      cloudWatch,
      "PutMetricAlarm",
      {
        AlarmName: "lag",
        Namespace: "AWS/RDS",
        MetricName: "ReplicaLag",
        Dimensions: [{ Name: "DBInstanceIdentifier", Value: "food-shop-db" }],
        Statistic: "Maximum",
        Period: 60,
        EvaluationPeriods: 2,
        Threshold: 5,
        ComparisonOperator: "GreaterThanThreshold",
        ...overrides,
      },
      context,
    );
  };
  const putLag = (value: number): void =>
    putMetric(world, region, {
      namespace: "AWS/RDS",
      name: "ReplicaLag",
      dimensions: { DBInstanceIdentifier: "food-shop-db" },
      value,
    });

  it("goes to ALARM after the evaluation periods and the delay of the data, and back to OK", async () => {
    lagAlarm();
    const changes: string[] = [];
    onAlarmChange(world, (_region, name, state) => changes.push(`${name} ${state}`));
    let value = 1;
    world.every(10_000, () => putLag(value));
    await clock.sleep(5 * MINUTE);
    assert.equal(alarmState(world, region, "lag"), "OK");
    const began = world.now();
    value = 9;
    await clock.sleep(4 * MINUTE);
    assert.equal(alarmState(world, region, "lag"), "ALARM");
    const [alarm] = api.call(cloudWatch, "DescribeAlarms", { AlarmNames: ["lag"] }, context).MetricAlarms ?? [];
    assert.match(alarm?.StateReason ?? "", /Threshold Crossed: 2 datapoints .* greater than the threshold \(5\)/);
    const took = ((alarm?.StateUpdatedTimestamp?.getTime() ?? 0) - began) / 1000;
    const delay = world.latencies["cloudwatch.metric"].typical;
    assert.ok(took > 60 + delay - 10 && took <= 180 + delay, `took ${took} s`);
    value = 1;
    await clock.sleep(4 * MINUTE);
    assert.deepEqual(changes, ["lag OK", "lag ALARM", "lag OK"]);
  });

  it("records the latency of an alarm as caused by what made the data breach", async () => {
    lagAlarm();
    putLag(1);
    await clock.sleep(3 * MINUTE);
    world.causedBy("slow replica", () => world.at(0, () => world.every(10_000, () => putLag(60))));
    await clock.sleep(5 * MINUTE);
    const alarmSpans = world.spans.filter(({ subject }) => subject.resource === "lag");
    const crossed = alarmSpans.find(({ cause }) => "root" in cause && cause.root === "slow replica");
    assert.equal(crossed?.label, "alarm period x data points");
    assert.ok(
      alarmSpans.some(({ row, cause }) => row === "cloudwatch.metric" && "span" in cause && cause.span === crossed.id),
    );
  });

  it("evaluates high-resolution alarms every 10 s", async () => {
    lagAlarm({ Period: 10, EvaluationPeriods: 1 });
    world.every(1_000, () =>
      putMetric(world, region, {
        namespace: "AWS/RDS",
        name: "ReplicaLag",
        dimensions: { DBInstanceIdentifier: "food-shop-db" },
        value: 9,
        resolutionSeconds: 1,
      }),
    );
    await clock.sleep(21_000 + 1000 * world.latencies["cloudwatch.metric"].typical);
    assert.equal(alarmState(world, region, "lag"), "ALARM");
  });

  it("treats missing data as the alarm says", async () => {
    for (const [treatment, state] of [
      ["missing", "INSUFFICIENT_DATA"],
      ["ignore", "INSUFFICIENT_DATA"],
      ["breaching", "ALARM"],
      ["notBreaching", "OK"],
    ] as const) {
      lagAlarm({ AlarmName: treatment, TreatMissingData: treatment });
      await clock.sleep(2 * MINUTE);
      assert.equal(alarmState(world, region, treatment), state, treatment);
    }
  });

  it("stands still in an impaired Region, and loses what would be published there", async () => {
    lagAlarm({ TreatMissingData: "breaching" });
    injectRegionLoss(world, region, world.now());
    await clock.sleep(10 * MINUTE);
    assert.equal(alarmState(world, region, "lag"), "INSUFFICIENT_DATA");
    assert.throws(() => api.call(cloudWatch, "DescribeAlarms", {}, context), { name: "RegionUnreachableError" });
    putLag(100);
    world.impair(region, undefined);
    assert.deepEqual(api.call(cloudWatch, "ListMetrics", {}, context).Metrics, []);
  });

  it("SetAlarmState lasts until the next evaluation, and actions are recorded while enabled", async () => {
    lagAlarm({ AlarmActions: ["arn:aws:sns:ap-northeast-2:123456789012:pager"] });
    world.every(10_000, () => putLag(1));
    await clock.sleep(3 * MINUTE);
    const set = (): object =>
      api.call(cloudWatch, "SetAlarmState", { AlarmName: "lag", StateValue: "ALARM", StateReason: "drill" }, context);
    set();
    assert.equal(alarmState(world, region, "lag"), "ALARM");
    await clock.sleep(2 * MINUTE);
    assert.equal(alarmState(world, region, "lag"), "OK");
    api.call(cloudWatch, "DisableAlarmActions", { AlarmNames: ["lag"] }, context);
    set();
    const { AlarmHistoryItems = [] } = api.call(
      cloudWatch,
      "DescribeAlarmHistory",
      { AlarmName: "lag", HistoryItemType: "Action" },
      context,
    );
    assert.equal(AlarmHistoryItems.length, 1);
  });

  it("composite alarms follow their children, which can't be deleted before them", async () => {
    lagAlarm();
    api.call(cloudWatch, "PutCompositeAlarm", { AlarmName: "page", AlarmRule: "ALARM(lag)" }, context);
    assert.equal(alarmState(world, region, "page"), "OK");
    world.every(10_000, () => putLag(9));
    await clock.sleep(4 * MINUTE);
    assert.equal(alarmState(world, region, "page"), "ALARM");
    assert.throws(() => api.call(cloudWatch, "DeleteAlarms", { AlarmNames: ["lag"] }, context), {
      code: "ValidationError",
    });
    api.call(cloudWatch, "DeleteAlarms", { AlarmNames: ["page", "lag"] }, context);
    assert.equal(alarmState(world, region, "lag"), undefined);
  });

  it("refuses composite alarms that refer to what does not exist or to themselves", () => {
    const put = (AlarmName: string, AlarmRule: string): object =>
      api.call(cloudWatch, "PutCompositeAlarm", { AlarmName, AlarmRule }, context);
    assert.throws(() => put("a", "ALARM(nobody)"), { code: "ValidationError" });
    put("a", "TRUE");
    put("b", "ALARM(a)");
    assert.throws(() => put("a", "ALARM(b)"), { code: "ValidationError" });
  });

  for (const [what, overrides] of Object.entries({
    "a period of 45 s": { Period: 45 },
    "more data points to alarm than periods": { DatapointsToAlarm: 3 },
    "no statistic": { Statistic: undefined },
    "a treatment that is unknown": { TreatMissingData: "guess" },
    "more than a day of periods": { EvaluationPeriods: 1441 },
  })) {
    it(`refuses an alarm with ${what}`, () => {
      assert.throws(() => lagAlarm(overrides), { code: "ValidationError" });
    });
  }

  it("answers statistics by period, from single values, values with counts and statistic sets", async () => {
    const put = (datum: object): object =>
      api.call(
        cloudWatch,
        "PutMetricData",
        { Namespace: "Shop", MetricData: [{ MetricName: "Total", ...datum }] },
        context,
      );
    put({ Value: 10 });
    put({ Values: [1, 2], Counts: [1, 3] });
    await clock.sleep(MINUTE);
    put({ StatisticValues: { SampleCount: 2, Sum: 10, Minimum: 4, Maximum: 6 } });
    const range = { StartTime: new Date(world.now() - 10 * MINUTE), EndTime: new Date(world.now() + MINUTE) };
    const { Datapoints = [] } = api.call(
      cloudWatch,
      "GetMetricStatistics",
      {
        Namespace: "Shop",
        MetricName: "Total",
        Period: 60,
        Statistics: ["Sum", "SampleCount", "Minimum", "Maximum", "Average"],
        ExtendedStatistics: ["p50"],
        ...range,
      },
      context,
    );
    assert.deepEqual(
      Datapoints.map(({ Sum, SampleCount, Minimum, Maximum, Average }) => [
        Sum,
        SampleCount,
        Minimum,
        Maximum,
        Average,
      ]),
      [
        [17, 5, 1, 10, 3.4],
        [10, 2, 4, 6, 5],
      ],
    );
    assert.equal(Datapoints[0]?.ExtendedStatistics?.["p50"], 2);
    const query = {
      Id: "m1",
      MetricStat: { Metric: { Namespace: "Shop", MetricName: "Total" }, Period: 300, Stat: "Sum" },
    };
    const { MetricDataResults = [] } = api.call(
      cloudWatch,
      "GetMetricData",
      { MetricDataQueries: [query], ...range },
      context,
    );
    assert.deepEqual(MetricDataResults[0]?.Values, [27]);
  });

  it("refuses a reserved namespace, a reversed range and too many data points", () => {
    const call = (StartTime: Date, EndTime: Date): object =>
      api.call(
        cloudWatch,
        "GetMetricStatistics",
        { Namespace: "Shop", MetricName: "Total", Period: 60, Statistics: ["Sum"], StartTime, EndTime },
        context,
      );
    assert.throws(() => api.call(cloudWatch, "PutMetricData", { Namespace: "AWS/EC2", MetricData: [] }, context), {
      code: "InvalidParameterValueException",
    });
    assert.throws(() => call(new Date(1), new Date(0)), { code: "InvalidParameterValueException" });
    assert.throws(() => call(new Date(0), new Date(1441 * MINUTE)), { code: "InvalidParameterCombinationException" });
  });

  it("costs little for a simulated day with ten alarms", async () => {
    for (let index = 0; index < 10; index++) lagAlarm({ AlarmName: `lag-${index}` });
    world.every(MINUTE, () => putLag(1));
    const before = process.cpuUsage();
    await clock.sleep(86_400_000);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1e6 < 3, `took ${(user + system) / 1e6} s of CPU`);
    assert.equal(alarmState(world, region, "lag-9"), "OK");
  });
});
