import { randomBytes } from "node:crypto";
import path from "node:path";

import type { AppSpec } from "../../programs/app.js";
import { projectName, type Strategy } from "../../programs/strategy.js";
import { closeAwsClients } from "../aws/aws-service.js";
import { checkTarget } from "../aws/sts.js";
import { InvalidInputError } from "../errors.js";
import type { Target } from "../target/target.js";
import { createAppStacks, type AppStacks } from "./app-stacks.js";
import { stepCause } from "./cause.js";
import type { RunEvent, RunMode } from "./event.js";
import { createJournal, openJournal, type Journal } from "./journal.js";
import { findPulumiCli } from "./pulumi-cli.js";
import { createRecorder, type Recorder } from "./recorder.js";
import { journalFileOf, readInterruptedRun, type InterruptedRun } from "./resume.js";
import { createStackRunner, type StackRunner } from "./stacks.js";

/** Where runs have their folders unless the caller says otherwise. */
export const defaultDirectory = ".runbook";

/** Where Pulumi keeps an app's state. */
export interface StateBackend {
  /** Environment of the Pulumi CLI that points at it: `PULUMI_BACKEND_URL`, a passphrase, `PULUMI_HOME`. */
  readonly env: Readonly<Record<string, string>>;
  /** The Region that holds it; null when it lies in none, as with local files. */
  readonly region: string | null;
}

export interface RunOptions {
  readonly app: AppSpec;
  readonly strategy: Strategy;
  readonly target: Target;
  readonly backend: StateBackend;
  /** @default "drill" */
  readonly mode?: RunMode;
  /** Folder in which each run has a folder of its own. @default ".runbook" in the current folder */
  readonly directory?: string;
  /** Seconds that customers use the app before a drill's fault. @default 120 */
  readonly warmUpSeconds?: number;
  /** Name of the app whose data loss beyond the objective is accepted. */
  readonly acceptDataLoss?: string;
  /** Runs the steps one after another, with the Automation API as it comes; for comparison. @default false */
  readonly sequential?: boolean;
  /** Id of a run of this app that was interrupted, in `directory`: goes on with it. */
  readonly resume?: string;
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run in good order. */
  readonly signal?: AbortSignal;
}

/** What one run holds open from its first check to its last event. */
export interface Session {
  readonly id: string;
  readonly mode: "drill" | "failover";
  readonly folder: string;
  readonly options: RunOptions;
  /** What had happened before, in a run that is resumed. */
  readonly interrupted: InterruptedRun | undefined;
  readonly journal: Journal;
  readonly record: Recorder;
  readonly events: readonly RunEvent[];
  readonly runner: StackRunner;
  readonly stacks: AppStacks;
  readonly close: () => Promise<void>;
}

/**
 * Checks what can be checked before anything is changed, and opens what a run needs.
 *
 * @throws InvalidInputError, TargetUnavailableError, PulumiCliError, JournalError
 */
export async function openSession(options: RunOptions): Promise<Session> {
  const { app, target, strategy, backend } = options;
  const mode = checkMode(options);
  const cli = findPulumiCli();
  const { directory = defaultDirectory, onEvent } = options;
  const interrupted = findInterrupted(options, directory, mode);
  const id = interrupted?.run ?? newRunId(target.clock.now());
  await checkTarget({ target, region: app.regions.standby, cause: stepCause(id, "check-target") });

  const journalFile = journalFileOf(directory, id);
  const folder = path.dirname(journalFile);
  const journal = interrupted
    ? openJournal(journalFile, app.name)
    : createJournal(journalFile, { app: app.name, run: id });
  const events: RunEvent[] = [...(interrupted?.events ?? [])];
  for (const event of events) onEvent?.(event);
  const record = createRecorder({
    clock: target.clock,
    journal,
    listeners: [(event) => events.push(event), ...(onEvent ? [onEvent] : [])],
  });
  const shared = {
    project: projectName,
    workDir: path.join(folder, "workspace"),
    env: { PULUMI_SKIP_UPDATE_CHECK: "true", ...backend.env },
  };
  const runner = createStackRunner({
    ...shared,
    target,
    programModule: strategy.module,
    cli,
    plain: options.sequential ?? false,
  });
  const stacks = createAppStacks({
    ...shared,
    app,
    strategy,
    runner,
    clock: target.clock,
    cli: cli.path,
    stateRegion: backend.region,
  });
  return {
    id,
    mode,
    folder,
    options,
    interrupted,
    journal,
    record,
    events,
    runner,
    stacks,
    close: async () => {
      await runner.close();
      closeAwsClients(target);
      journal.close();
    },
  };
}

function findInterrupted(
  { resume, app, target }: RunOptions,
  directory: string,
  mode: RunMode,
): InterruptedRun | undefined {
  if (resume === undefined) return undefined;
  const interrupted = readInterruptedRun({ directory, run: resume, app: app.name });
  const { planned } = interrupted;
  if (planned.target !== target.name) {
    throw new InvalidInputError("target", `run ${resume} was on ${planned.target}, not on ${target.name}`);
  }
  if (planned.mode !== mode) throw new InvalidInputError("mode", `run ${resume} is a ${planned.mode}, no ${mode}`);
  return interrupted;
}

function checkMode({ app, target, mode = "drill", acceptDataLoss }: RunOptions): "drill" | "failover" {
  if (mode === "switchover" || mode === "failback") {
    throw new InvalidInputError("mode", `${app.strategy} has no ${mode}; it has drill and failover`);
  }
  if (mode === "drill" && !target.rehearsal) {
    throw new InvalidInputError("mode", `target ${target.name} can't lose a Region on request: drill on the simulator`);
  }
  if (acceptDataLoss !== undefined && acceptDataLoss !== app.name) {
    throw new InvalidInputError("accept-data-loss", `must name the app, ${app.name}, not ${acceptDataLoss}`);
  }
  return mode;
}

/** Sorts by time, is short enough for an application id beside a step's, and is unique. */
function newRunId(now: number): string {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]/g, "").slice(0, 15);
  return `${stamp}-${randomBytes(2).toString("hex")}`;
}
