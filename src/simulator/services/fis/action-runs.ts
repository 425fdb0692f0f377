import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { getInstance } from "../ec2/instances.js";
import { ec2 } from "../ec2/service.js";
import { rds } from "../rds/service.js";
import { parseDuration } from "./duration.js";
import type { ExperimentRecord } from "./state.js";
import type { ActionInput } from "./template-input.js";
import { whenRegionWorks } from "./region.js";

/** How an action ended. */
export interface ActionOutcome {
  readonly status: "completed" | "failed";
  readonly reason: string;
}

/** What a running action needs. */
export interface ActionRun {
  readonly world: World;
  readonly experiment: ExperimentRecord;
  readonly input: ActionInput;
  /** The resolved targets, by the name that the action gives them. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  readonly end: (outcome: ActionOutcome) => void;
}

/** Ends a running action early; calls back when what it has to undo is undone. */
export type StopAction = (done: () => void) => void;

/** FIS polls what it waits for; how often is not documented. */
const POLL_MS = 1_000;

/** Starts an action. What it does, it does by the other services' own operations. */
export function runAction(run: ActionRun): StopAction {
  try {
    switch (run.input.actionId) {
      case "aws:ec2:terminate-instances":
        return terminateInstances(run);
      case "aws:ec2:stop-instances":
        return stopInstances(run);
      case "aws:ec2:reboot-instances":
        call(run, (api, context) => api.call(ec2, "RebootInstances", { InstanceIds: instanceIds(run) }, context));
        return completed(run);
      case "aws:rds:reboot-db-instances":
        return rebootDatabases(run);
      case "aws:fis:wait":
        return wait(run);
      default:
        throw new Error(`${run.input.actionId} passed validation and has no run`);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    run.end({ status: "failed", reason: `${error.code}: ${error.message}` });
    return immediately;
  }
}

const immediately: StopAction = (done) => done();

function completed(run: ActionRun): StopAction {
  run.end({ status: "completed", reason: "Action was completed." });
  return immediately;
}

type Api = ExperimentRecord["api"];

function call<T>(
  { experiment: { api, region, cause } }: ActionRun,
  work: (api: Api, context: { readonly region: string; readonly cause: string }) => T,
): T {
  return work(api, { region, cause });
}

function instanceIds({ targets }: ActionRun): string[] {
  return (targets["Instances"] ?? []).map((arn) => arn.slice(arn.indexOf("/") + 1));
}

function terminateInstances(run: ActionRun): StopAction {
  const ids = instanceIds(run);
  call(run, (api, context) => api.call(ec2, "TerminateInstances", { InstanceIds: ids }, context));
  return whenAll(run, ids, ["terminated"], () => completed(run));
}

function stopInstances(run: ActionRun): StopAction {
  const ids = instanceIds(run);
  const { parameters = {} } = run.input;
  const restartAfter = parseDuration(parameters["startInstancesAfterDuration"] ?? "");
  call(run, (api, context) => api.call(ec2, "StopInstances", { InstanceIds: ids }, context));
  if (restartAfter === undefined) return whenAll(run, ids, ["stopped", "terminated"], () => completed(run));

  let cancelPoll: StopAction = immediately;
  const restart = (then: () => void): void => {
    // An instance that is still stopping can't be started: FIS waits until it has stopped.
    cancelPoll = whenAll(run, ids, ["stopped", "terminated"], () => {
      const stopped = ids.filter((id) => stateOf(run, id) === "stopped");
      if (stopped.length > 0)
        call(run, (api, context) => api.call(ec2, "StartInstances", { InstanceIds: stopped }, context));
      cancelPoll = whenAll(run, stopped, ["running", "terminated"], then);
    });
  };
  const ended = (): void => {
    const isGone = ids.some((id) => stateOf(run, id) === "terminated");
    if (!isGone || parameters["completeIfInstancesTerminated"] === "true") completed(run);
    else run.end({ status: "failed", reason: "A target instance was terminated outside of this action." });
  };
  const timer = run.world.at(restartAfter, () =>
    whenRegionWorks(run.world, run.experiment.region, () => guarded(run, () => restart(ended))),
  );
  return (done) => {
    timer.cancel();
    cancelPoll(() => undefined);
    // Stopping an experiment still runs its post-actions.
    guarded(run, () => restart(done));
  };
}

function rebootDatabases(run: ActionRun): StopAction {
  const ForceFailover = run.input.parameters?.["forceFailover"] === "true";
  for (const arn of run.targets["DBInstances"] ?? []) {
    const DBInstanceIdentifier = arn.slice(arn.lastIndexOf(":") + 1);
    call(run, (api, context) => api.call(rds, "RebootDBInstance", { DBInstanceIdentifier, ForceFailover }, context));
  }
  return completed(run);
}

function wait(run: ActionRun): StopAction {
  const milliseconds = parseDuration(run.input.parameters?.["duration"] ?? "") ?? 0;
  const timer = run.world.at(milliseconds, () =>
    whenRegionWorks(run.world, run.experiment.region, () => completed(run)),
  );
  return (done) => {
    timer.cancel();
    done();
  };
}

function guarded(run: ActionRun, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    run.end({ status: "failed", reason: `${error.code}: ${error.message}` });
  }
}

function stateOf({ world, experiment }: ActionRun, id: string): string {
  return getInstance(world, experiment.region, id)?.state ?? "terminated";
}

/** Looks at instances until all are in one of `states`. @returns what ends the looking */
function whenAll(run: ActionRun, ids: readonly string[], states: readonly string[], then: () => void): StopAction {
  const { world, experiment } = run;
  const holds = (): boolean => ids.every((id) => states.includes(stateOf(run, id)));
  if (holds()) {
    then();
    return immediately;
  }
  const poll = world.every(POLL_MS, () => {
    if (world.impairment(experiment.region) || !holds()) return;
    poll.cancel();
    guarded(run, then);
  });
  return (done) => {
    poll.cancel();
    done();
  };
}
