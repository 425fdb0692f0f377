import type { PutMetricAlarmInput } from "@aws-sdk/client-cloudwatch";
import type { MetricAlarmArgs, MetricAlarmState } from "@pulumi/aws/cloudwatch/metricAlarm.js";

import { cloudWatch } from "../../services/cloud-watch/service.js";
import { defineResource, sameSet, type Inputs, type ResourceContext } from "../resource-type.js";
import { tagChange, tagList } from "./tags.js";

const metricAlarm = defineResource<MetricAlarmArgs, MetricAlarmState>({
  token: "aws:cloudwatch/metricAlarm:MetricAlarm",
  label: "CloudWatch Metric Alarm",
  replaceOn: ["name"],
  computed: ["evaluateLowSampleCountPercentiles"],
  defaults: { actionsEnabled: true, treatMissingData: "missing" },
  autoName: { property: "name" },
  sameValue: { alarmActions: sameSet, okActions: sameSet, insufficientDataActions: sameSet, metricQueries: sameSet },
  create: (aws, inputs) => {
    aws.call(cloudWatch, "PutMetricAlarm", alarmRequest(inputs));
    return inputs.name ?? aws.name;
  },
  read: (aws, id) => {
    const found = alarmOf(aws, id);
    return (
      found && {
        inputs: {
          name: found.AlarmName,
          actionsEnabled: found.ActionsEnabled,
          comparisonOperator: found.ComparisonOperator ?? "",
          evaluationPeriods: found.EvaluationPeriods,
          threshold: found.Threshold,
          period: found.Period,
          statistic: found.Statistic,
          metricName: found.MetricName,
          namespace: found.Namespace,
          treatMissingData: found.TreatMissingData,
        },
        outputs: { arn: found.AlarmArn },
      }
    );
  },
  update: (aws, id, change) => {
    const { set, remove } = tagChange(change);
    aws.call(cloudWatch, "PutMetricAlarm", { ...alarmRequest(change.after), Tags: undefined });
    const ResourceARN = alarmOf(aws, id)?.AlarmArn;
    if (remove.length > 0) aws.call(cloudWatch, "UntagResource", { ResourceARN, TagKeys: [...remove] });
    if (Object.keys(set).length > 0) aws.call(cloudWatch, "TagResource", { ResourceARN, Tags: tagList(set) });
  },
  delete: (aws, id) => {
    aws.call(cloudWatch, "DeleteAlarms", { AlarmNames: [id] });
  },
});

function alarmOf(aws: ResourceContext, name: string) {
  return aws.call(cloudWatch, "DescribeAlarms", { AlarmNames: [name] }).MetricAlarms?.[0];
}

function dimensions(values: Readonly<Record<string, string>> | undefined) {
  return values && Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
}

function alarmRequest(inputs: Inputs<MetricAlarmArgs>): PutMetricAlarmInput {
  const request = {
    AlarmName: inputs.name,
    AlarmDescription: inputs.alarmDescription,
    ActionsEnabled: inputs.actionsEnabled,
    AlarmActions: actions(inputs.alarmActions),
    OKActions: actions(inputs.okActions),
    InsufficientDataActions: actions(inputs.insufficientDataActions),
    ComparisonOperator: inputs.comparisonOperator,
    DatapointsToAlarm: inputs.datapointsToAlarm,
    Dimensions: dimensions(inputs.dimensions),
    EvaluationPeriods: inputs.evaluationPeriods,
    EvaluateLowSampleCountPercentile: inputs.evaluateLowSampleCountPercentiles || undefined,
    ExtendedStatistic: inputs.extendedStatistic,
    MetricName: inputs.metricName,
    Namespace: inputs.namespace,
    Period: inputs.period,
    Statistic: inputs.statistic,
    Threshold: inputs.threshold,
    ThresholdMetricId: inputs.thresholdMetricId,
    TreatMissingData: inputs.treatMissingData,
    Unit: inputs.unit,
    Metrics: inputs.metricQueries?.map(({ id, accountId, expression, label, metric, period, returnData }) => ({
      Id: id,
      AccountId: accountId,
      Expression: expression,
      Label: label,
      Period: period,
      ReturnData: returnData,
      MetricStat: metric && {
        Period: metric.period,
        Stat: metric.stat,
        Unit: metric.unit,
        Metric: {
          MetricName: metric.metricName,
          Namespace: metric.namespace,
          Dimensions: dimensions(metric.dimensions),
        },
      },
    })),
    Tags: tagList(inputs.tags),
  };
  // Plain strings where the SDK has enumerations; the service checks them.
  return request as PutMetricAlarmInput;
}

/** Actions are ARNs, or topics that stand for theirs. */
function actions(values: readonly unknown[] | undefined): string[] | undefined {
  return values?.map((value) =>
    typeof value === "string" ? value : String((value as { readonly arn?: unknown }).arn),
  );
}

/** Alarms. */
export const cloudWatchTypes = [metricAlarm];
