import {
  createExperimentTemplate,
  deleteExperimentTemplate,
  getExperiment,
  hasEnded,
  startExperiment,
  stopExperiment,
  type Experiment,
} from "../../aws/fis.js";
import { describeTargetHealth, findTargetGroup } from "../../aws/elastic-load-balancing.js";
import { getAccount } from "../../aws/sts.js";
import type { RunExperimentStep } from "../../plan/step.js";
import type { ExperimentResult } from "../event.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { waitUntil, type Look } from "../wait-until.js";

const LOOK_SECONDS = 2;

/**
 * Terminates one instance of the new primary by AWS FIS, and measures how long full capacity takes to serve again
 * while the steady state must hold for users. Only instances of this app's group can be touched.
 */
export async function runExperiment(step: RunExperimentStep, context: StepContext): Promise<StepOutcome> {
  const scope = context.scope(step.region);
  const { app, input } = context;
  const account = await getAccount(scope);
  const tags = { app: app.name, run: input.run };
  const before = await healthyTargets(context, step);
  if (before.size === 0) return { status: "failed", reason: "no target is healthy: an experiment would only add harm" };

  const template = await createExperimentTemplate(scope, {
    clientToken: `${context.cause}-${context.attempt}`,
    description: `${app.name}: ${step.title}`,
    roleArn: `arn:aws:iam::${account}:role/${context.names(step.region).experimentRole}`,
    action: step.action,
    targetKey: "Instances",
    resourceType: "aws:ec2:instance",
    // Both must match: the blast radius is one group of one app.
    resourceTags: { app: app.name, "aws:autoscaling:groupName": step.target },
    filters: [{ path: "State.Name", values: ["running"] }],
    selectionMode: "COUNT(1)",
    tags,
  });
  let experiment: Experiment | undefined;
  try {
    experiment = await startExperiment(scope, {
      template,
      clientToken: `${context.cause}-${context.attempt}`,
      tags,
      actionsMode: "run-all",
    });
    context.progress(`experiment ${experiment.id} started`);
    const outcome = await measure(step, context, experiment.id, before);
    if ("reason" in outcome) return { status: "failed", reason: outcome.reason };
    context.record({ type: "experiment-completed", experiment: outcome.result });
    context.signal.throwIfAborted();
    return { status: "completed", findings: findingsOf(outcome.result), data: { experiment: outcome.result } };
  } finally {
    await cleanUp(context, step.region, template, experiment?.id);
  }
}

type Measured = { readonly result: ExperimentResult } | { readonly reason: string };

async function measure(
  step: RunExperimentStep,
  context: StepContext,
  id: string,
  before: ReadonlySet<string>,
): Promise<Measured> {
  const { target, signal, progress } = context;
  const scope = context.scope(step.region);
  const waiting = { clock: target.clock, signal, everySeconds: LOOK_SECONDS, onMissing: progress };

  const started = await waitUntil(async (): Promise<Look<Experiment>> => {
    const experiment = await getExperiment(scope, id);
    const began = experiment.actionStartedAt !== undefined || experiment.status === "running" || hasEnded(experiment);
    return began ? { found: experiment } : { missing: `experiment ${id} is ${experiment.status}` };
  }, waiting);
  if (started.status === "failed" || started.status === "cancelled") {
    return { reason: `experiment ${id} ${started.status}: ${started.reason ?? "no reason given"}` };
  }
  const faultAt = started.actionStartedAt ?? target.clock.now();

  // The load balancer notices the loss late: capacity is whole again when it has been short, and no longer is.
  let short = false;
  const rates: number[] = [];
  let wholeAt: number | undefined;
  const window = step.windowSeconds;
  const look = async (): Promise<Look<number>> => {
    const [healthy, users] = await Promise.all([healthyTargets(context, step), target.users.sample(window)]);
    const now = target.clock.now();
    const lost = [...before].filter((instance) => !healthy.has(instance));
    short ||= lost.length > 0;
    if (users.requests > 0) rates.push(1 - users.failed / users.requests);
    if (short && healthy.size >= before.size) wholeAt ??= now;
    if (wholeAt === undefined) {
      return { missing: short ? `${healthy.size} of ${before.size} targets healthy` : "waiting for the fault to show" };
    }
    // Failures of the last seconds before recovery count too.
    return now - wholeAt >= window * 1000 ? { found: wholeAt } : { missing: "recovered; watching users for a window" };
  };
  const resultOf = (recoverySeconds: number | null): ExperimentResult => ({
    id,
    action: step.action,
    target: step.target,
    recoverySeconds,
    steadyState: rates.some((rate) => rate < step.successRate) ? "deviated" : "held",
  });
  try {
    const recoveredAt = await waitUntil(look, waiting);
    return { result: resultOf(Math.max(0, (recoveredAt - faultAt) / 1000)) };
  } catch (error) {
    // Out of time: what was measured until then is a result too.
    if (!signal.aborted) throw error;
    return { result: resultOf(null) };
  }
}

async function healthyTargets(context: StepContext, step: RunExperimentStep): Promise<ReadonlySet<string>> {
  const scope = context.scope(step.region);
  const targetGroup = await findTargetGroup(scope, context.input.names.targetGroup);
  const targets = targetGroup === undefined ? [] : await describeTargetHealth(scope, targetGroup.arn);
  return new Set(targets.filter(({ state }) => state === "healthy").map(({ id }) => id));
}

/** Leaves no template behind and, where the step was aborted, no experiment that still runs. */
async function cleanUp(context: StepContext, region: string, template: string, id: string | undefined): Promise<void> {
  // Without the step's signal: an aborted step cleans up all the same. The client's own time limits end each call.
  const scope = { target: context.target, region, cause: context.cause };
  try {
    if (id !== undefined && !hasEnded(await getExperiment(scope, id))) await stopExperiment(scope, id);
    await deleteExperimentTemplate(scope, template);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.progress(`experiment template ${template} could not be deleted: ${why}`);
  }
}

function findingsOf({ id, recoverySeconds, steadyState }: ExperimentResult): readonly string[] {
  return [
    recoverySeconds === null
      ? `experiment ${id}: full capacity did not serve again in time`
      : `experiment ${id}: full capacity served again after ${Math.round(recoverySeconds)} s`,
    `the steady state ${steadyState}`,
  ];
}
