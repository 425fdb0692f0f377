import type { World } from "../../world.js";
import { alarmState, onAlarmChange } from "../cloud-watch/alarms.js";
import { findRole } from "../iam/state.js";
import { runAction } from "./action-runs.js";
import { whenRegionWorks } from "./region.js";
import { fisSlot, hasEnded, type ActionRecord, type ExperimentRecord, type ExperimentStatus } from "./state.js";
import { resolveTargets } from "./targets.js";

/** An experiment is pending just long enough for StartExperiment to answer so. */
const PENDING_MS = 1;

/** Starts the life of an experiment that was just created: initiating, then its actions. */
export function launch(world: World, experiment: ExperimentRecord): void {
  const { region, id } = experiment;
  const work = (step: () => void) => () => whenRegionWorks(world, region, step);
  world.at(
    PENDING_MS,
    work(() => {
      if (experiment.status === "pending") setStatus(experiment, "initiating", "Experiment is initiating.");
    }),
  );
  world.after(
    "fis.initiate",
    { region, resource: id },
    work(() => begin(world, experiment)),
  );
}

/** Stops an experiment: what has not begun is cancelled, what runs ends with its post-actions. */
export function stop(world: World, experiment: ExperimentRecord, outcome: "stopped" | "failed", reason: string): void {
  if (hasEnded(experiment.status) || experiment.status === "stopping") return;
  const running = [...experiment.actions.values()].filter(({ status }) => status === "running");
  for (const action of experiment.actions.values()) {
    if (action.status === "pending") endAction(world, action, "cancelled", "Action was cancelled.");
  }
  setStatus(experiment, "stopping", reason);
  const finishWhenDone = (): void => {
    if (running.every(({ status }) => hasEnded(status))) end(world, experiment, outcome, reason);
  };
  for (const action of running) {
    action.status = "stopping";
    action.reason = "Action is stopping.";
    action.stop?.(() => {
      if (!hasEnded(action.status)) endAction(world, action, "stopped", "Action was stopped.");
      finishWhenDone();
    });
  }
  if (running.length === 0) finishWhenDone();
}

/** Lets alarms stop the running experiments of a Region that name them; to be called once per world and Region. */
export function watchAlarms(world: World, region: string): void {
  onAlarmChange(world, (alarmRegion, name, state) => {
    if (alarmRegion !== region || state !== "ALARM") return;
    for (const experiment of world.state(fisSlot, region).experiments.values()) {
      if (experiment.status === "running" && alarmNames(experiment).includes(name))
        stop(world, experiment, "stopped", HALTED);
    }
  });
}

const HALTED = "Experiment halted by stop condition.";

function begin(world: World, experiment: ExperimentRecord): void {
  if (experiment.status !== "initiating" && experiment.status !== "pending") return;
  const refusal = whyNot(world, experiment);
  if (refusal !== undefined) return cancelAll(world, experiment, "failed", refusal);
  const resolution = resolveTargets(world, experiment);
  if ("failed" in resolution) return cancelAll(world, experiment, "failed", resolution.failed);
  experiment.resolved = resolution.resolved;
  if (alarmNames(experiment).some((name) => alarmState(world, experiment.region, name) === "ALARM")) {
    return cancelAll(world, experiment, "stopped", HALTED);
  }
  experiment.startedAt = world.now();
  setStatus(experiment, "running", "Experiment is running.");
  if (experiment.actionsMode === "skip-all") {
    for (const action of experiment.actions.values())
      endAction(world, action, "skipped", "Action was skipped: actionsMode is skip-all.");
  }
  proceed(world, experiment);
}

/** What FIS finds wrong before it touches anything. */
function whyNot(world: World, { content, region }: ExperimentRecord): string | undefined {
  const role = findRole(world, content.roleArn);
  if (!role?.trustPolicy.includes("fis.amazonaws.com")) {
    return "Unable to assume role. Verify that the role exists and that its trust policy allows fis.amazonaws.com.";
  }
  const missing = content.stopConditions.find(
    ({ value }) => value !== undefined && alarmState(world, region, alarmName(value)) === undefined,
  );
  return missing && `Stop condition alarm ${missing.value} could not be found.`;
}

/** Starts every action whose predecessors have ended, and ends the experiment when none is left. */
function proceed(world: World, experiment: ExperimentRecord): void {
  for (const action of experiment.actions.values()) {
    if (experiment.status !== "running") return;
    const { startAfter = [] } = experiment.content.actions[action.name] ?? {};
    const isFree = startAfter.every((name) => {
      const status = experiment.actions.get(name)?.status;
      return status === "completed" || status === "skipped";
    });
    if (action.status === "pending" && isFree) start(world, experiment, action);
  }
  if (experiment.status === "running" && [...experiment.actions.values()].every(({ status }) => hasEnded(status))) {
    end(world, experiment, "completed", "Experiment completed.");
  }
}

function start(world: World, experiment: ExperimentRecord, action: ActionRecord): void {
  const input = experiment.content.actions[action.name];
  if (!input) return;
  const targets = Object.fromEntries(
    Object.entries(input.targets ?? {}).map(([key, name]) => [key, experiment.resolved.get(name) ?? []]),
  );
  if (Object.values(targets).some((arns) => arns.length === 0)) {
    endAction(world, action, "skipped", "Action was skipped: its target resolved to no resource.");
    return proceed(world, experiment);
  }
  action.status = "running";
  action.reason = "Action is running.";
  action.startedAt = world.now();
  const arns = Object.values(targets).flat();
  note(world, experiment, `${input.actionId} started${arns.length > 0 ? ` on ${arns.join(", ")}` : ""}`);
  action.stop = runAction({
    world,
    experiment,
    input,
    targets,
    end: ({ status, reason }) => {
      if (hasEnded(action.status)) return;
      const wasStopping = action.status === "stopping";
      endAction(world, action, status, reason);
      if (wasStopping) return;
      if (status === "failed") stop(world, experiment, "failed", `Experiment failed: action ${action.name} failed.`);
      else proceed(world, experiment);
    },
  });
}

function cancelAll(world: World, experiment: ExperimentRecord, status: "failed" | "stopped", reason: string): void {
  for (const action of experiment.actions.values()) endAction(world, action, "cancelled", "Action was cancelled.");
  end(world, experiment, status, reason);
}

function end(world: World, experiment: ExperimentRecord, status: ExperimentStatus, reason: string): void {
  experiment.endedAt = world.now();
  setStatus(experiment, status, reason);
  note(world, experiment, status);
}

function endAction(world: World, action: ActionRecord, status: ActionRecord["status"], reason: string): void {
  action.status = status;
  action.reason = reason;
  if (action.startedAt !== undefined) action.endedAt = world.now();
}

function setStatus(experiment: ExperimentRecord, status: ExperimentStatus, reason: string): void {
  experiment.status = status;
  experiment.reason = reason;
}

function note(world: World, { region, id }: ExperimentRecord, what: string): void {
  world.note({ region, service: "fis", resource: id, what });
}

function alarmNames({ content }: ExperimentRecord): string[] {
  return content.stopConditions.flatMap(({ value }) => (value === undefined ? [] : [alarmName(value)]));
}

function alarmName(arn: string): string {
  return arn.split(":").slice(6).join(":");
}
