import { randomBytes } from "node:crypto";
import path from "node:path";

import type { AppSpec } from "../../programs/app.js";
import { projectName, type Strategy } from "../../programs/strategy.js";
import { checkTarget } from "../aws/sts.js";
import { closeAwsClients } from "../aws/aws-service.js";
import { InvalidInputError } from "../errors.js";
import type { Observation } from "../plan/observation.js";
import { planPilotLight } from "../plan/pilot-light.js";
import type { Plan } from "../plan/plan.js";
import { sequentialRunbook } from "../plan/sequential.js";
import type { Target } from "../target/target.js";
import { createAppStacks, type AppStacks } from "./app-stacks.js";
import { stepCause } from "./cause.js";
import type { RunEvent, RunMode, RunStatus } from "./event.js";
import { runSteps, type StepsOutcome } from "./interpreter.js";
import { createJournal, type Journal } from "./journal.js";
import { measureRun, type RunMeasurements } from "./measure.js";
import { gatherObservation } from "./observe/gather.js";
import { findPulumiCli } from "./pulumi-cli.js";
import { createRecorder, type Recorder } from "./recorder.js";
import { runbookInput } from "./runbook-input.js";
import type { DeclaredResource, StackResult } from "./stack-protocol.js";
import { createStackRunner, type StackRunner } from "./stacks.js";
import { createStepContext, type RunContext } from "./step-context.js";
import { canGetBetter, performSteps } from "./steps/registry.js";

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
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops the run in good order. */
  readonly signal?: AbortSignal;
}

/** How a run ended, what was measured, and what its standby and a full copy of it declare. */
export interface EndedRun {
  readonly run: string;
  readonly status: RunStatus;
  readonly reasons: readonly string[];
  readonly predictedRtoSeconds: number;
  readonly measurements: RunMeasurements;
  readonly declared: DeclaredStacks | null;
  readonly folder: string;
  readonly journalFile: string;
  readonly wallSeconds: number;
}

/** Resources of the standby Region's stack, as they stand before the fault and as a primary would have them. */
export interface DeclaredStacks {
  readonly stack: string;
  readonly region: string;
  readonly standby: readonly DeclaredResource[];
  readonly fullCopy: readonly DeclaredResource[];
}

const DEFAULT_WARM_UP_SECONDS = 120;

/** Workers that a deployment starts with: what depends on nothing, and the first to follow. */
const DEPLOYMENT_WORKERS = 2;

/**
 * Runs a recovery from the first look to the last record. In a drill it first deploys the app, lets customers use it
 * and loses the primary Region.
 *
 * @throws InvalidInputError, TargetUnavailableError, PulumiCliError, JournalError before anything has been changed
 */
export async function run(options: RunOptions): Promise<EndedRun> {
  const started = process.uptime();
  const session = await openSession(options);
  const { record, events, journal, id } = session;
  let planned: PlannedRun | undefined;
  let declared: DeclaredStacks | null = null;
  let outcome: StepsOutcome;
  try {
    try {
      if (session.mode === "drill") declared = await deployForDrill(session, options.signal);
      planned = await planRun(session, options);
      outcome = planned.plan.status === "refused" ? planned.plan : await runPlan(session, options, planned);
    } catch (error) {
      if (!options.signal?.aborted) {
        record({ type: "run-ended", status: "failed", reasons: [reasonOf(error)] });
        throw error;
      }
      outcome = { status: "stopped", reasons: [reasonOf(options.signal.reason)] };
    }
    record({ type: "run-ended", status: outcome.status, reasons: outcome.reasons });
    const measurements = measureRun({
      run: id,
      app: options.app,
      target: options.target,
      steps: planned?.steps ?? [],
      events,
      activeRegion: options.app.regions.standby,
    });
    return {
      run: id,
      status: outcome.status,
      reasons: outcome.reasons,
      predictedRtoSeconds: planned?.plan.status === "planned" ? planned.plan.predictedRtoSeconds : 0,
      measurements,
      declared,
      folder: session.folder,
      journalFile: journal.file,
      wallSeconds: Math.round((process.uptime() - started) * 100) / 100,
    };
  } finally {
    await session.close();
  }
}

/** A plan with what it would change. */
export interface ShownPlan {
  readonly plan: Plan;
  readonly changes: ReadonlyMap<string, StackResult>;
}

/** Plans a recovery and previews what it would change in each stack; changes nothing that outlives a simulator. */
export async function plan(options: RunOptions): Promise<ShownPlan> {
  const session = await openSession(options);
  try {
    if (session.mode === "drill") await deployForDrill(session, options.signal);
    const { plan, context } = await planRun(session, options);
    const changes = new Map<string, StackResult>();
    if (plan.status === "planned") {
      const stack = context.input.stacks.target;
      const activation = promotedRoles(session, await session.stacks.readActivation());
      changes.set(stack, await session.stacks.preview({ stack, activation, cause: stepCause(session.id, "plan") }));
    }
    return { plan, changes };
  } finally {
    await session.close();
  }
}

interface Session {
  readonly id: string;
  readonly mode: "drill" | "failover";
  readonly folder: string;
  readonly options: RunOptions;
  readonly journal: Journal;
  readonly record: Recorder;
  readonly events: readonly RunEvent[];
  readonly runner: StackRunner;
  readonly stacks: AppStacks;
  readonly close: () => Promise<void>;
}

async function openSession(options: RunOptions): Promise<Session> {
  const { app, target, strategy, backend } = options;
  const mode = checkMode(options);
  const cli = findPulumiCli();
  const id = newRunId(target.clock.now());
  await checkTarget({ target, region: app.regions.standby, cause: stepCause(id, "check-target") });

  const folder = path.resolve(options.directory ?? ".runbook", id);
  const journal = createJournal(path.join(folder, "journal.jsonl"), { app: app.name, run: id });
  const events: RunEvent[] = [];
  const { onEvent } = options;
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
    journal,
    record,
    events,
    runner,
    stacks,
    close: async () => {
      await runner.close();
      await closeAwsClients(target);
      journal.close();
    },
  };
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

/** Deploys every stack, and asks what a full copy of the primary would declare in the standby's Region. */
async function deployForDrill(session: Session, signal: AbortSignal | undefined): Promise<DeclaredStacks> {
  const { record, runner, stacks, options } = session;
  record({ type: "phase-started", phase: "deploy", title: `Deploy ${stacks.specs.length} stacks` });
  runner.warm(DEPLOYMENT_WORKERS);
  const results = await stacks.deploy({ cause: stepCause(session.id, "deploy"), ...(signal ? { signal } : {}) });
  const region = options.app.regions.standby;
  const standby = stacks.specs.find((spec) => spec.kind === "region" && spec.region === region);
  if (!standby) throw new Error(`${options.app.name} has no stack in ${region}`);
  const copy = await stacks.preview({
    stack: standby.name,
    activation: promotedRoles(session, await stacks.readActivation(), "active"),
    cause: stepCause(session.id, "full-copy"),
    ...(signal ? { signal } : {}),
  });
  record({ type: "phase-completed", phase: "deploy" });
  return {
    stack: standby.name,
    region,
    standby: results.get(standby.name)?.resources ?? [],
    fullCopy: copy.resources,
  };
}

/** The record as it would be with the standby's Region as primary. */
function promotedRoles(
  { options, id }: Session,
  present: Awaited<ReturnType<AppStacks["readActivation"]>>,
  status: "promoting" | "active" = "promoting",
): typeof present {
  const { primary, standby } = options.app.regions;
  return {
    ...present,
    epoch: present.epoch + 1,
    activeRegion: standby,
    status,
    run: id,
    roles: { ...present.roles, [standby]: "primary", [primary]: "lost" },
  };
}

interface PlannedRun {
  readonly plan: Plan;
  readonly steps: Extract<Plan, { status: "planned" }>["steps"];
  readonly context: RunContext;
}

async function planRun(session: Session, options: RunOptions): Promise<PlannedRun> {
  const { id, mode, stacks, record } = session;
  const { app, target } = options;
  const input = runbookInput({
    app,
    stacks: stacks.specs,
    run: id,
    mode,
    acceptDataLoss: options.acceptDataLoss === app.name,
  });
  const typical = target.typicalLatencies;
  const bare: RunContext = { target, app, input, typical, stacks, tools: { ready: true } };
  const observation: Observation = await gatherObservation(createStepContext(bare, quietIo(record), "plan"), {
    preview: true,
  });
  const plan = planPilotLight(observation, input, typical);
  const planned = plan.status === "planned" ? plan.steps : [];
  const steps = options.sequential ? sequentialRunbook(planned) : planned;
  record({
    type: "run-planned",
    run: id,
    app: app.name,
    strategy: app.strategy,
    mode,
    target: target.name,
    seed: target.rehearsal?.seed ?? 0,
    profile: target.rehearsal?.latencyProfile ?? "measured",
    objectives: app.objectives,
    steps,
    predictedRtoSeconds: plan.status === "planned" ? plan.predictedRtoSeconds : 0,
  });
  return { plan, steps, context: { ...bare, planned: observation } };
}

/** What a look outside of any step uses. */
function quietIo(record: Recorder): Parameters<typeof createStepContext>[1] {
  return {
    signal: new AbortController().signal,
    attempt: 1,
    progress: () => undefined,
    record,
    data: () => undefined,
  };
}

async function runPlan(session: Session, options: RunOptions, planned: PlannedRun): Promise<StepsOutcome> {
  const { record, runner } = session;
  const { target, signal } = options;
  const faultRecorded = session.mode === "drill" ? await rehearseFault(session, options) : Promise.resolve();
  record({ type: "phase-started", phase: "runbook", title: "Run the runbook" });
  const { rehearsal } = target;
  const outcome = await runSteps({
    steps: planned.steps,
    perform: performSteps(planned.context),
    clock: target.clock,
    record,
    canGetBetter,
    ...(signal ? { signal } : {}),
    ...(rehearsal ? { random: rehearsal.draw } : {}),
  });
  await faultRecorded;
  await runner.ready();
  record({ type: "phase-completed", phase: "runbook" });
  return outcome;
}

/**
 * Lets customers use the app, and has the primary Region fail after the warm-up. The observation begins before the
 * fault, as it does in production.
 *
 * @returns once the users are there: a promise of the fault's being on record
 */
async function rehearseFault(session: Session, options: RunOptions): Promise<Promise<void>> {
  const { record, runner, stacks } = session;
  const { app, target, warmUpSeconds = DEFAULT_WARM_UP_SECONDS, signal } = options;
  const { rehearsal, clock } = target;
  if (!rehearsal) throw new Error(`target ${target.name} can't rehearse`);
  // Workers that start would use the processor during the recovery.
  stacks.warm(DEPLOYMENT_WORKERS);
  await clock.busy(() => runner.ready());
  rehearsal.startUsers({ domain: app.domain, ordersPerSecond: app.traffic.ordersPerSecond });
  const faultAt = rehearsal.loseRegion(app.regions.primary, warmUpSeconds);
  record({ type: "phase-started", phase: "warm-up", title: `Customers order for ${warmUpSeconds} s` });
  const recordFault = async (): Promise<void> => {
    await clock.sleep(faultAt - clock.now(), signal);
    record({ type: "phase-completed", phase: "warm-up" });
    record({
      type: "fault-injected",
      fault: "loss of the Region",
      region: app.regions.primary,
      faultAt: new Date(faultAt).toISOString(),
    });
  };
  return recordFault().catch(() => undefined);
}

/** Sorts by time, is short enough for an application id beside a step's, and is unique. */
function newRunId(now: number): string {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]/g, "").slice(0, 15);
  return `${stamp}-${randomBytes(2).toString("hex")}`;
}

function reasonOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason ?? "no reason was given");
}
