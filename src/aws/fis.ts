import type { CreateExperimentTemplateCommandInput, Experiment as FisExperiment } from "@aws-sdk/client-fis";

import { ifFound } from "./aws-error.js";
import { defineAwsService, type AwsScope } from "./aws-service.js";
import { keepExperimentOptions, type ActionsMode, type StartExperimentInput } from "./fis-experiment-options.js";

const fis = defineAwsService(
  "fis",
  () => import("@aws-sdk/client-fis"),
  (sdk, { userAgentAppId, ...settings }) => {
    // The client in version 3.523.0 does not know userAgentAppId: this is what newer ones make of it.
    const client = new sdk.FisClient({ ...settings, customUserAgent: [["app", userAgentAppId]] });
    client.middlewareStack.add((next) => keepExperimentOptions(next), {
      step: "build",
      // Before the length of the body is taken.
      priority: "high",
      name: "keepExperimentOptions",
    });
    return client;
  },
);

/** One action on targets that are chosen by tags: what an experiment is allowed to touch. */
export interface ExperimentPlan {
  readonly description: string;
  readonly roleArn: string;
  /** Such as `aws:ec2:terminate-instances`. */
  readonly action: string;
  /** The action's name for its targets, such as `Instances`. */
  readonly targetKey: string;
  /** Such as `aws:ec2:instance`. */
  readonly resourceType: string;
  /** Resources must carry all of these. */
  readonly resourceTags: Readonly<Record<string, string>>;
  /** `ALL`, `COUNT(n)` or `PERCENT(n)`. */
  readonly selectionMode: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Only resources whose description has one of the values at the path. */
  readonly filters?: readonly { readonly path: string; readonly values: readonly string[] }[];
  /** Alarm that stops the experiment. */
  readonly stopAlarmArn?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The same for each attempt to create the same template. */
  readonly clientToken: string;
}

/** State of an experiment. */
export interface Experiment {
  readonly id: string;
  /** FIS's word: pending, initiating, running, completed, stopping, stopped, failed, cancelled. */
  readonly status: string;
  readonly reason?: string;
  /** Milliseconds at which the action began; undefined before. */
  readonly actionStartedAt?: number;
}

const ACTION = "fault";
const TARGET = "targets";

/** Creates a template of one action. @returns its id @throws AwsCallError */
export async function createExperimentTemplate(scope: AwsScope, plan: ExperimentPlan): Promise<string> {
  const input: CreateExperimentTemplateCommandInput = {
    clientToken: plan.clientToken,
    description: plan.description,
    roleArn: plan.roleArn,
    stopConditions: [
      plan.stopAlarmArn === undefined
        ? { source: "none" }
        : { source: "aws:cloudwatch:alarm", value: plan.stopAlarmArn },
    ],
    targets: {
      [TARGET]: {
        resourceType: plan.resourceType,
        resourceTags: { ...plan.resourceTags },
        selectionMode: plan.selectionMode,
        ...(plan.filters ? { filters: plan.filters.map(({ path, values }) => ({ path, values: [...values] })) } : {}),
      },
    },
    actions: {
      [ACTION]: {
        actionId: plan.action,
        targets: { [plan.targetKey]: TARGET },
        ...(plan.parameters ? { parameters: { ...plan.parameters } } : {}),
      },
    },
    tags: { ...plan.tags },
  };
  const { experimentTemplate } = await fis.call(scope, (client, sdk, options) =>
    client.send(new sdk.CreateExperimentTemplateCommand(input), options),
  );
  return required(experimentTemplate?.id, "CreateExperimentTemplate answered no id");
}

/**
 * Starts an experiment.
 *
 * @param actionsMode - `skip-all` resolves targets and touches nothing
 * @throws AwsCallError
 */
export async function startExperiment(
  scope: AwsScope,
  options: {
    readonly template: string;
    readonly clientToken: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly actionsMode: ActionsMode;
  },
): Promise<Experiment> {
  const input: StartExperimentInput = {
    experimentTemplateId: options.template,
    clientToken: options.clientToken,
    tags: { ...options.tags },
    experimentOptions: { actionsMode: options.actionsMode },
  };
  const { experiment } = await fis.call(scope, (client, sdk, callOptions) =>
    client.send(new sdk.StartExperimentCommand(input), callOptions),
  );
  return toExperiment(experiment);
}

/** Describes an experiment. @throws AwsCallError */
export async function getExperiment(scope: AwsScope, id: string): Promise<Experiment> {
  const { experiment } = await fis.call(scope, (client, sdk, options) =>
    client.send(new sdk.GetExperimentCommand({ id }), options),
  );
  return toExperiment(experiment);
}

/** Ends an experiment early; one that has ended stays as it is. @throws AwsCallError */
export async function stopExperiment(scope: AwsScope, id: string): Promise<void> {
  await fis.call(scope, (client, sdk, options) => client.send(new sdk.StopExperimentCommand({ id }), options));
}

/** Deletes a template; one that is gone already stays so. @throws AwsCallError */
export async function deleteExperimentTemplate(scope: AwsScope, id: string): Promise<void> {
  await ifFound(
    fis.call(scope, (client, sdk, options) => client.send(new sdk.DeleteExperimentTemplateCommand({ id }), options)),
  );
}

/** Whether FIS has finished with an experiment. */
export function hasEnded({ status }: Experiment): boolean {
  return ["completed", "stopped", "failed", "cancelled"].includes(status);
}

function toExperiment(experiment: FisExperiment | undefined): Experiment {
  const startedAt = experiment?.actions?.[ACTION]?.startTime;
  const reason = experiment?.state?.reason;
  return {
    id: required(experiment?.id, "FIS answered no experiment"),
    status: experiment?.state?.status ?? "unknown",
    ...(reason === undefined ? {} : { reason }),
    ...(startedAt === undefined ? {} : { actionStartedAt: startedAt.getTime() }),
  };
}

function required(value: string | undefined, problem: string): string {
  if (value === undefined) throw new Error(problem);
  return value;
}
