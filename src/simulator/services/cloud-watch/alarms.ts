import type { PutCompositeAlarmInput, PutMetricAlarmInput, Tag } from "@aws-sdk/client-cloudwatch";

import type { ScheduledEvent } from "../../clock.js";
import type { Cause, StateSlot, World } from "../../world.js";
import {
  breaches,
  evaluateAlarm,
  evaluationRange,
  type AlarmState,
  type DataPoint,
  type MissingDataTreatment,
} from "./alarm-evaluation.js";
import { alarmRuleHolds, type AlarmRule } from "./alarm-rule.js";
import { bucketsBetween, findSeries, statisticOf, type Bucket } from "./metrics.js";

/** The alarms of one Region, evaluated at the boundaries of their periods and whenever a child of theirs changes. */

export type Alarm = MetricAlarmRecord | CompositeAlarmRecord;

interface AlarmBase {
  readonly name: string;
  readonly arn: string;
  state: AlarmState;
  stateReason: string;
  stateReasonData: string | undefined;
  stateUpdatedAt: number;
  configuredAt: number;
  tags: Tag[];
  readonly history: HistoryItem[];
}

export interface MetricAlarmRecord extends AlarmBase {
  readonly kind: "metric";
  config: MetricAlarmConfig;
  /** What the last evaluation found; the state follows when the data has been ingested. */
  evaluated: AlarmState;
  ticks: ScheduledEvent | undefined;
}

export interface CompositeAlarmRecord extends AlarmBase {
  readonly kind: "composite";
  config: PutCompositeAlarmInput;
  rule: AlarmRule;
}

/** The members that every metric alarm has once it is validated. */
export interface MetricAlarmConfig extends PutMetricAlarmInput {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly ComparisonOperator: keyof typeof COMPARISONS;
}

export interface HistoryItem {
  readonly at: number;
  readonly type: "ConfigurationUpdate" | "StateUpdate" | "Action";
  readonly summary: string;
  readonly data: string;
}

/** Told of every change of an alarm's state. */
export type AlarmListener = (region: string, alarm: string, state: AlarmState) => void;

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
} as const;

/** Alarms of a period below a minute are evaluated every 10 s, the others every minute (CloudWatch user guide). */
const cadenceMs = (periodSeconds: number): number => (periodSeconds < 60 ? 10_000 : 60_000);

/** CloudWatch keeps more; a report needs no more. */
const HISTORY_ITEMS = 500;

export const alarmSlot: StateSlot<Map<string, Alarm>> = {
  name: "cloud-watch/alarms",
  create: () => new Map(),
};

const listenerSlot: StateSlot<AlarmListener[]> = { name: "cloud-watch/alarm-listeners", create: () => [] };

/** The state of an alarm as CloudWatch tells it; undefined when there is no such alarm. */
export function alarmState(world: World, region: string, name: string): AlarmState | undefined {
  return world.state(alarmSlot, region).get(name)?.state;
}

/** Is told of every change of any alarm's state, in any Region, as a world event. */
export function onAlarmChange(world: World, listener: AlarmListener): void {
  world.state(listenerSlot, "global").push(listener);
}

/** Starts or restarts the evaluation of a metric alarm, at the boundaries of its cadence. */
export function scheduleEvaluation(world: World, region: string, alarm: MetricAlarmRecord): void {
  alarm.ticks?.cancel();
  const cadence = cadenceMs(alarm.config.Period);
  const toBoundary = cadence - (world.now() % cadence);
  let ticks: ScheduledEvent | undefined;
  const first = world.at(toBoundary, () => {
    ticks = world.every(cadence, () => evaluateMetricAlarm(world, region, alarm));
    evaluateMetricAlarm(world, region, alarm);
  });
  alarm.ticks = {
    cancel: () => {
      first.cancel();
      ticks?.cancel();
    },
  };
}

/** Sets a state, tells listeners and records what CloudWatch would have done about it. */
export function setState(
  world: World,
  region: string,
  alarm: Alarm,
  state: AlarmState,
  reason: string,
  data?: string,
): void {
  const before = alarm.state;
  alarm.stateReason = reason;
  alarm.stateReasonData = data;
  if (state === before) return;
  alarm.state = state;
  alarm.stateUpdatedAt = world.now();
  if (alarm.kind === "metric") alarm.evaluated = state;
  addHistory(world, alarm, "StateUpdate", `Alarm updated from ${before} to ${state}`, {
    oldState: before,
    newState: state,
    reason,
  });
  world.note({ region, service: "cloud-watch", resource: alarm.name, what: `alarm went from ${before} to ${state}` });
  runActions(world, alarm, state);
  for (const listener of world.state(listenerSlot, "global")) listener(region, alarm.name, state);
  evaluateComposites(world, region);
}

/** Decides the state of every composite alarm of the Region anew. */
export function evaluateComposites(world: World, region: string): void {
  const alarms = world.state(alarmSlot, region);
  for (const alarm of alarms.values()) {
    if (alarm.kind !== "composite") continue;
    const state = alarmRuleHolds(alarm.rule, (name) => alarms.get(name)?.state) ? "ALARM" : "OK";
    if (state !== alarm.state)
      setState(world, region, alarm, state, `The alarm rule is ${state === "ALARM" ? "true" : "false"}`);
  }
}

/** Adds an item to an alarm's history. */
export function addHistory(world: World, alarm: Alarm, type: HistoryItem["type"], summary: string, data: object): void {
  alarm.history.push({ at: world.now(), type, summary, data: JSON.stringify({ version: "1.0", ...data }) });
  if (alarm.history.length > HISTORY_ITEMS) alarm.history.shift();
}

function runActions(world: World, alarm: Alarm, state: AlarmState): void {
  if (alarm.config.ActionsEnabled === false) return;
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = alarm.config;
  const actions = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[state];
  for (const action of actions) {
    addHistory(world, alarm, "Action", `Successfully executed action ${action}`, { actionState: "Succeeded", action });
  }
}

interface Period {
  readonly start: number;
  readonly buckets: readonly Bucket[];
  readonly value: number | undefined;
  readonly point: DataPoint;
}

function evaluateMetricAlarm(world: World, region: string, alarm: MetricAlarmRecord): void {
  if (world.impairment(region)) return;
  const { config } = alarm;
  const periods = evaluationPeriods(world, region, config);
  const state = evaluateAlarm(
    periods.map(({ point }) => point),
    {
      evaluationPeriods: config.EvaluationPeriods,
      datapointsToAlarm: config.DatapointsToAlarm ?? config.EvaluationPeriods,
      treatMissingData: (config.TreatMissingData ?? "missing") as MissingDataTreatment,
    },
  );
  if (state === undefined || state === alarm.evaluated) return;
  const reason = reasonFor(config, periods, state);
  const data = JSON.stringify({
    version: "1.0",
    queryDate: new Date(world.now()).toISOString(),
    period: config.Period,
    recentDatapoints: periods.flatMap(({ value }) => (value === undefined ? [] : [value])),
    threshold: config.Threshold,
  });
  alarm.evaluated = state;
  const origin = originOf(world, periods, state);
  const subject = { region, resource: alarm.name };
  world.elapsed({ row: "configured", label: "alarm period x data points", subject, ...origin }, () => {
    world.after("cloudwatch.metric", subject, () => {
      // Deleted or set by hand meanwhile: the next evaluation decides.
      if (world.state(alarmSlot, region).get(alarm.name) !== alarm || alarm.evaluated !== state) return;
      if (!world.impairment(region)) setState(world, region, alarm, state, reason, data);
      else alarm.evaluated = alarm.state;
    });
  });
}

function evaluationPeriods(world: World, region: string, config: MetricAlarmConfig): readonly Period[] {
  const cadence = cadenceMs(config.Period);
  const width = 1000 * config.Period;
  const end = Math.floor(world.now() / cadence) * cadence;
  const series = findSeries(world, region, config.Namespace, config.MetricName, config.Dimensions);
  const statistic = config.Statistic ?? config.ExtendedStatistic ?? "Average";
  return Array.from(
    { length: evaluationRange(config.EvaluationPeriods) },
    (_, index, count = evaluationRange(config.EvaluationPeriods)) => {
      const start = end - (count - index) * width;
      const buckets = bucketsBetween(series, start, start + width);
      const value = statisticOf(buckets, statistic);
      const point =
        value === undefined
          ? "missing"
          : breaches(value, config.ComparisonOperator, config.Threshold)
            ? "breaching"
            : "within";
      return { start, buckets, value, point };
    },
  );
}

/** Since when, and because of what, the data says what the new state says. */
function originOf(world: World, periods: readonly Period[], state: AlarmState): { startedAt: number; cause: Cause } {
  const wanted: DataPoint = state === "ALARM" ? "breaching" : state === "OK" ? "within" : "missing";
  const first = periods.find(({ point }) => point === wanted) ?? periods.at(-1);
  const bucket = first?.buckets[0];
  return {
    startedAt: Math.min(bucket?.firstPutAt ?? first?.start ?? world.now(), world.now()),
    cause: bucket?.cause ?? world.currentCause(),
  };
}

function reasonFor(config: MetricAlarmConfig, periods: readonly Period[], state: AlarmState): string {
  const recent = periods.slice(-config.EvaluationPeriods);
  const known = recent.filter(({ value }) => value !== undefined);
  if (known.length === 0 && state !== "INSUFFICIENT_DATA") {
    const count = recent.length;
    const missing = count === 1 ? "1 missing datapoint was" : `${count} missing datapoints were`;
    const treatment = state === "ALARM" ? "Breaching" : "NonBreaching";
    return `Threshold Crossed: no datapoints were received for ${count} period${count === 1 ? "" : "s"} and ${missing} treated as [${treatment}].`;
  }
  if (state === "INSUFFICIENT_DATA") {
    return `Insufficient Data: ${recent.length - known.length} datapoints were unknown.`;
  }
  const values = known.map(({ value, start }) => `${value} (${new Date(start).toISOString()})`).join(", ");
  const relation = COMPARISONS[config.ComparisonOperator];
  return `Threshold Crossed: ${known.length} datapoints [${values}] were ${state === "ALARM" ? "" : "not "}${relation} the threshold (${config.Threshold}).`;
}
