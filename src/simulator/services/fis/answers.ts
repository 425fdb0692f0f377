import type { Experiment, ExperimentStatus, ExperimentTemplate } from "@aws-sdk/client-fis";

import type { ActionRecord, ExperimentRecord, TemplateRecord } from "./state.js";
import type { TemplateInput } from "./template-input.js";

/** The old client's types lack what the service has come to answer since. */
interface TemplateAnswer extends ExperimentTemplate {
  readonly arn: string;
  readonly targetAccountConfigurationsCount: number;
  readonly experimentReportConfiguration?: unknown;
}

type LogConfiguration = NonNullable<ExperimentTemplate["logConfiguration"]>;

interface ExperimentAnswer extends Experiment {
  readonly arn: string;
  readonly targetAccountConfigurationsCount: number;
  readonly experimentReportConfiguration?: unknown;
}

/** A template as GetExperimentTemplate answers it. */
export function toTemplate({ id, arn, content, createdAt, updatedAt, tags }: TemplateRecord): TemplateAnswer {
  return {
    id,
    arn,
    ...contentAnswer(content),
    actions: plain(content.actions),
    experimentOptions: optionsOf(content),
    creationTime: new Date(createdAt),
    lastUpdateTime: new Date(updatedAt),
    tags: Object.fromEntries(tags),
    targetAccountConfigurationsCount: 0,
  };
}

/** An experiment as GetExperiment answers it. */
export function toExperiment(experiment: ExperimentRecord): ExperimentAnswer {
  const { id, arn, content, tags } = experiment;
  const { description: _description, ...shared } = contentAnswer(content);
  return {
    id,
    arn,
    experimentTemplateId: experiment.templateId,
    ...shared,
    // The old client's types have no "cancelled".
    state: { status: experiment.status as ExperimentStatus, reason: experiment.reason },
    actions: Object.fromEntries(
      [...experiment.actions.values()].map((action) => [action.name, toAction(content, action)]),
    ),
    experimentOptions: { ...optionsOf(content), actionsMode: experiment.actionsMode } as ReturnType<typeof optionsOf>,
    creationTime: new Date(experiment.createdAt),
    ...(experiment.startedAt === undefined ? {} : { startTime: new Date(experiment.startedAt) }),
    ...(experiment.endedAt === undefined ? {} : { endTime: new Date(experiment.endedAt) }),
    tags: Object.fromEntries(tags),
    targetAccountConfigurationsCount: 0,
  };
}

function toAction(content: TemplateInput, { name, status, reason, startedAt, endedAt }: ActionRecord) {
  return {
    ...plain(content.actions[name] ?? { actionId: "" }),
    state: { status, reason },
    ...(startedAt === undefined ? {} : { startTime: new Date(startedAt) }),
    ...(endedAt === undefined ? {} : { endTime: new Date(endedAt) }),
  };
}

function contentAnswer({
  description,
  roleArn,
  stopConditions,
  targets,
  logConfiguration,
  experimentReportConfiguration,
}: TemplateInput) {
  return {
    description,
    roleArn,
    stopConditions: plain(stopConditions),
    targets: plain(targets ?? {}),
    ...(logConfiguration ? { logConfiguration: logConfiguration as LogConfiguration } : {}),
    ...(experimentReportConfiguration ? { experimentReportConfiguration } : {}),
  };
}

/** A template as ListExperimentTemplates answers it. */
export function toTemplateSummary({ id, arn, content, createdAt, updatedAt, tags }: TemplateRecord) {
  return {
    id,
    arn,
    description: content.description,
    creationTime: new Date(createdAt),
    lastUpdateTime: new Date(updatedAt),
    tags: Object.fromEntries(tags),
  };
}

/** An experiment as ListExperiments answers it. */
export function toExperimentSummary(experiment: ExperimentRecord) {
  const { content, actionsMode, status, reason } = experiment;
  return {
    id: experiment.id,
    arn: experiment.arn,
    experimentTemplateId: experiment.templateId,
    state: { status: status as ExperimentStatus, reason },
    creationTime: new Date(experiment.createdAt),
    tags: Object.fromEntries(experiment.tags),
    experimentOptions: { ...optionsOf(content), actionsMode },
  };
}

/** Defaults: single-account, fail. */
export function optionsOf({ experimentOptions }: TemplateInput) {
  return {
    accountTargeting: experimentOptions?.accountTargeting ?? "single-account",
    emptyTargetResolutionMode: experimentOptions?.emptyTargetResolutionMode ?? "fail",
  } as const;
}

/** A copy without undefined members: what a caller holds must not change with the world. */
function plain<T>(value: T): WithoutUndefined<T> {
  return JSON.parse(JSON.stringify(value)) as WithoutUndefined<T>;
}

type WithoutUndefined<T> = T extends object ? { [K in keyof T]: WithoutUndefined<Exclude<T[K], undefined>> } : T;
