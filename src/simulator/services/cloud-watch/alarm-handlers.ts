import type * as client from "@aws-sdk/client-cloudwatch";

import { ServiceError, type Handlers, type RequestContext } from "../../service.js";
import type { World } from "../../world.js";
import { isPercentile } from "./metrics.js";
import { page } from "./paging.js";
import { alarmsInRule, parseAlarmRule, type AlarmRule } from "./alarm-rule.js";
import {
  addHistory,
  alarmSlot,
  evaluateComposites,
  scheduleEvaluation,
  setState,
  type Alarm,
  type CompositeAlarmRecord,
  type MetricAlarmConfig,
  type MetricAlarmRecord,
} from "./alarms.js";

type Client = typeof client;

const SECONDS_PER_DAY = 86_400;

/** Operations on alarms. */
export function alarmHandlers(world: World) {
  const alarmsIn = (region: string): Map<string, Alarm> => world.state(alarmSlot, region);

  const find = (region: string, name: string | undefined): Alarm => {
    const alarm = alarmsIn(region).get(required(name, "AlarmName"));
    if (!alarm) throw new ServiceError("ResourceNotFound", `Alarm ${name} does not exist`, { status: 404 });
    return alarm;
  };

  const byArn = (region: string, arn: string | undefined): Alarm => {
    const alarm = [...alarmsIn(region).values()].find((candidate) => candidate.arn === arn);
    if (!alarm)
      throw new ServiceError("ResourceNotFoundException", `The resource ${arn} does not exist`, { status: 404 });
    return alarm;
  };

  const newAlarm = (name: string, { region, accountId }: RequestContext, tags: readonly client.Tag[] = []) => ({
    name,
    arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
    state: "INSUFFICIENT_DATA" as const,
    stateReason: "Unchecked: Initial alarm creation",
    stateReasonData: undefined,
    stateUpdatedAt: world.now(),
    configuredAt: world.now(),
    tags: [...tags],
    history: [],
  });

  const setActions = (region: string, names: readonly string[] | undefined, enabled: boolean): void => {
    for (const name of names ?? []) {
      const alarm = alarmsIn(region).get(name);
      if (!alarm) continue;
      if (alarm.kind === "metric") alarm.config = { ...alarm.config, ActionsEnabled: enabled };
      else alarm.config = { ...alarm.config, ActionsEnabled: enabled };
      addHistory(world, alarm, "ConfigurationUpdate", `Alarm "${name}" updated`, { type: "Update" });
    }
  };

  return {
    PutMetricAlarm: (input, context) => {
      const config = validateMetricAlarm(input);
      const existing = alarmsIn(context.region).get(config.AlarmName as string);
      if (existing && existing.kind !== "metric") throw invalid("An alarm of another type has this name");
      // Tags are those of the creation; PutMetricAlarm doesn't change them afterwards.
      const alarm: MetricAlarmRecord = existing ?? {
        ...newAlarm(config.AlarmName as string, context, input.Tags),
        kind: "metric",
        config,
        evaluated: "INSUFFICIENT_DATA",
        ticks: undefined,
      };
      alarm.config = config;
      alarm.configuredAt = world.now();
      alarmsIn(context.region).set(alarm.name, alarm);
      addHistory(world, alarm, "ConfigurationUpdate", `Alarm "${alarm.name}" ${existing ? "updated" : "created"}`, {
        type: existing ? "Update" : "Create",
      });
      scheduleEvaluation(world, context.region, alarm);
      return {};
    },

    PutCompositeAlarm: (input, context) => {
      const name = required(input.AlarmName, "AlarmName");
      const rule = parseAlarmRule(required(input.AlarmRule, "AlarmRule"));
      const missing = alarmsInRule(rule).filter((child) => child !== name && !alarmsIn(context.region).has(child));
      if (missing.length > 0) throw invalid(`AlarmRule refers to alarms that do not exist: ${missing.join(", ")}`);
      if (refersTo(alarmsIn(context.region), rule, name)) throw invalid("AlarmRule must not refer to the alarm itself");
      const existing = alarmsIn(context.region).get(name);
      if (existing && existing.kind !== "composite") throw invalid("An alarm of another type has this name");
      const alarm: CompositeAlarmRecord = existing ?? {
        ...newAlarm(name, context, input.Tags),
        kind: "composite",
        config: input,
        rule,
      };
      alarm.config = { ActionsEnabled: true, ...input };
      alarm.rule = rule;
      alarm.configuredAt = world.now();
      alarmsIn(context.region).set(name, alarm);
      evaluateComposites(world, context.region);
      return {};
    },

    DescribeAlarms: (input, { region }) => {
      const types = input.AlarmTypes ?? ["MetricAlarm"];
      if (input.AlarmNames && input.AlarmNamePrefix) {
        throw new ServiceError(
          "InvalidParameterCombinationException",
          "AlarmNames and AlarmNamePrefix can't be used together",
        );
      }
      const matching = [...alarmsIn(region).values()]
        .filter((alarm) => types.includes(alarm.kind === "metric" ? "MetricAlarm" : "CompositeAlarm"))
        .filter(({ name }) => !input.AlarmNames || input.AlarmNames.includes(name))
        .filter(({ name }) => name.startsWith(input.AlarmNamePrefix ?? ""))
        .filter(({ state }) => !input.StateValue || state === input.StateValue)
        .filter(
          ({ config }) =>
            !input.ActionPrefix ||
            (config.AlarmActions ?? []).some((action) => action.startsWith(input.ActionPrefix ?? "")),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const { items, NextToken } = page(matching, input.MaxRecords ?? 50, input.NextToken);
      return {
        MetricAlarms: items.flatMap((alarm) => (alarm.kind === "metric" ? [describeMetricAlarm(alarm)] : [])),
        CompositeAlarms: items.flatMap((alarm) => (alarm.kind === "composite" ? [describeCompositeAlarm(alarm)] : [])),
        NextToken,
      };
    },

    DescribeAlarmsForMetric: (input, { region }) => ({
      MetricAlarms: [...alarmsIn(region).values()].flatMap((alarm) =>
        alarm.kind === "metric" && watches(alarm.config, input) ? [describeMetricAlarm(alarm)] : [],
      ),
    }),

    DescribeAlarmHistory: (input, { region }) => {
      const items = [...alarmsIn(region).values()]
        .filter(({ name }) => !input.AlarmName || name === input.AlarmName)
        .flatMap((alarm) => alarm.history.map((item) => ({ alarm, item })))
        .filter(({ item }) => !input.HistoryItemType || item.type === input.HistoryItemType)
        .filter(({ item }) => item.at >= (input.StartDate?.getTime() ?? -Infinity))
        .filter(({ item }) => item.at <= (input.EndDate?.getTime() ?? Infinity))
        .sort((a, b) => (input.ScanBy === "TimestampAscending" ? a.item.at - b.item.at : b.item.at - a.item.at));
      const { items: some, NextToken } = page(items, input.MaxRecords ?? 100, input.NextToken);
      return {
        AlarmHistoryItems: some.map(({ alarm, item }) => ({
          AlarmName: alarm.name,
          AlarmType: alarm.kind === "metric" ? "MetricAlarm" : "CompositeAlarm",
          Timestamp: new Date(item.at),
          HistoryItemType: item.type,
          HistorySummary: item.summary,
          HistoryData: item.data,
        })),
        NextToken,
      };
    },

    DeleteAlarms: ({ AlarmNames = [] }, { region }) => {
      const alarms = alarmsIn(region);
      const parents = [...alarms.values()].filter(
        (alarm) => alarm.kind === "composite" && !AlarmNames.includes(alarm.name),
      );
      for (const name of AlarmNames) {
        if (!alarms.has(name))
          throw new ServiceError("ResourceNotFound", `Alarm ${name} does not exist`, { status: 404 });
        const parent = parents.find((alarm) => alarm.kind === "composite" && alarmsInRule(alarm.rule).includes(name));
        if (parent)
          throw invalid(`Cannot delete ${name} as there are composite alarm(s) depending on it: ${parent.name}`);
      }
      for (const name of AlarmNames) {
        const alarm = alarms.get(name);
        if (alarm?.kind === "metric") alarm.ticks?.cancel();
        alarms.delete(name);
      }
      return {};
    },

    SetAlarmState: (input, { region }) => {
      const alarm = find(region, input.AlarmName);
      const state = required(input.StateValue, "StateValue");
      setState(world, region, alarm, state, required(input.StateReason, "StateReason"), input.StateReasonData);
      return {};
    },

    EnableAlarmActions: ({ AlarmNames }, { region }) => {
      setActions(region, AlarmNames, true);
      return {};
    },

    DisableAlarmActions: ({ AlarmNames }, { region }) => {
      setActions(region, AlarmNames, false);
      return {};
    },

    ListTagsForResource: ({ ResourceARN }, { region }) => ({ Tags: byArn(region, ResourceARN).tags }),

    TagResource: ({ ResourceARN, Tags = [] }, { region }) => {
      const alarm = byArn(region, ResourceARN);
      alarm.tags = [...alarm.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)), ...Tags];
      return {};
    },

    UntagResource: ({ ResourceARN, TagKeys = [] }, { region }) => {
      const alarm = byArn(region, ResourceARN);
      alarm.tags = alarm.tags.filter(({ Key }) => !TagKeys.includes(Key ?? ""));
      return {};
    },
  } satisfies Handlers<Client>;
}

function validateMetricAlarm(input: client.PutMetricAlarmInput): MetricAlarmConfig {
  required(input.AlarmName, "AlarmName");
  if (input.Metrics || input.ThresholdMetricId) {
    throw new ServiceError("NotImplemented", "the simulated cloud-watch does not model alarms on metric math", {
      status: 501,
    });
  }
  const Namespace = required(input.Namespace, "Namespace");
  const MetricName = required(input.MetricName, "MetricName");
  const Period = required(input.Period, "Period");
  const EvaluationPeriods = required(input.EvaluationPeriods, "EvaluationPeriods");
  const Threshold = required(input.Threshold, "Threshold");
  const operator = required(input.ComparisonOperator, "ComparisonOperator");
  if (
    operator === "GreaterThanUpperThreshold" ||
    operator === "LessThanLowerThreshold" ||
    operator === "LessThanLowerOrGreaterThanUpperThreshold"
  ) {
    throw invalid("ComparisonOperator for an alarm without an anomaly detection model must compare with the threshold");
  }
  if (!(Period === 10 || Period === 20 || Period === 30 || (Period > 0 && Period % 60 === 0))) {
    throw invalid("Period must be 10, 20, 30 or a multiple of 60");
  }
  if (!Number.isInteger(EvaluationPeriods) || EvaluationPeriods < 1)
    throw invalid("EvaluationPeriods must be 1 or more");
  if (Period * EvaluationPeriods > SECONDS_PER_DAY * (Period >= 3600 ? 7 : 1)) {
    throw invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
  }
  const needed = input.DatapointsToAlarm;
  if (needed !== undefined && (!Number.isInteger(needed) || needed < 1 || needed > EvaluationPeriods)) {
    throw invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods");
  }
  if (input.Statistic && input.ExtendedStatistic) {
    throw new ServiceError(
      "InvalidParameterCombinationException",
      "Statistic and ExtendedStatistic can't be used together",
    );
  }
  if (!input.Statistic && !input.ExtendedStatistic) throw invalid("Statistic or ExtendedStatistic must be given");
  if (input.ExtendedStatistic && !isPercentile(input.ExtendedStatistic)) {
    throw invalid(`ExtendedStatistic ${input.ExtendedStatistic} is not supported; percentiles p0 to p100 are`);
  }
  const treatment = input.TreatMissingData ?? "missing";
  if (!["missing", "ignore", "breaching", "notBreaching"].includes(treatment)) {
    throw invalid(`TreatMissingData ${treatment} must be one of missing, ignore, breaching, notBreaching`);
  }
  const { Tags: _tags, ...kept } = input;
  return {
    ...kept,
    Namespace,
    MetricName,
    Period,
    EvaluationPeriods,
    Threshold,
    ComparisonOperator: operator,
    ActionsEnabled: input.ActionsEnabled ?? true,
  };
}

/** Whether a rule refers to the alarm `name`, directly or through other composite alarms. */
function refersTo(alarms: ReadonlyMap<string, Alarm>, rule: AlarmRule, name: string): boolean {
  return alarmsInRule(rule).some((child) => {
    const alarm = alarms.get(child);
    return child === name || (alarm?.kind === "composite" && refersTo(alarms, alarm.rule, name));
  });
}

function watches(config: MetricAlarmConfig, input: client.DescribeAlarmsForMetricInput): boolean {
  const dimensions = (list: readonly client.Dimension[] = []): string =>
    list
      .map(({ Name, Value }) => `${Name}=${Value}`)
      .sort()
      .join();
  return (
    config.Namespace === input.Namespace &&
    config.MetricName === input.MetricName &&
    dimensions(config.Dimensions) === dimensions(input.Dimensions) &&
    (input.Statistic === undefined || config.Statistic === input.Statistic) &&
    (input.Period === undefined || config.Period === input.Period)
  );
}

function describeMetricAlarm(alarm: MetricAlarmRecord): client.MetricAlarm {
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [], Dimensions = [] } = alarm.config;
  return { ...alarm.config, AlarmActions, OKActions, InsufficientDataActions, Dimensions, ...describeState(alarm) };
}

function describeCompositeAlarm(alarm: CompositeAlarmRecord): client.CompositeAlarm {
  const { Tags: _tags, ...config } = alarm.config;
  const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = config;
  return { ...config, AlarmActions, OKActions, InsufficientDataActions, ...describeState(alarm) };
}

function describeState(alarm: Alarm) {
  return {
    AlarmArn: alarm.arn,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateReasonData: alarm.stateReasonData,
    StateUpdatedTimestamp: new Date(alarm.stateUpdatedAt),
    StateTransitionedTimestamp: new Date(alarm.stateUpdatedAt),
  };
}

function required<T>(value: T | undefined, member: string): T {
  if (value === undefined || value === "") {
    throw new ServiceError(
      "ValidationError",
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    );
  }
  return value;
}

function invalid(message: string): ServiceError {
  return new ServiceError("ValidationError", message);
}
