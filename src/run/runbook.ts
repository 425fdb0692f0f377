import { reasonOf } from "../errors.js";
import { planPilotLight } from "../plan/pilot-light.js";
import type { Plan } from "../plan/plan.js";
import { sequentialRunbook } from "../plan/sequential.js";
import { stepCause } from "./cause.js";
import { deployForDrill, rehearseFault, takenOver, type DeclaredStacks } from "./drill.js";
import type { RunStatus } from "./event.js";
import { runSteps, type StepsOutcome } from "./interpreter.js";
import { measureRun, type RunMeasurements } from "./measure.js";
import { gatherObservation } from "./observe/gather.js";
import type { Recorder } from "./recorder.js";
import { runbookInput } from "./runbook-input.js";
import type { InterruptedRun } from "./resume.js";
import { openSession, type RunOptions, type Session } from "./session.js";
import type { StackResult } from "./stack-protocol.js";
import { createStepContext, type RunContext } from "./step-context.js";
import { canGetBetter, performSteps } from "./steps/registry.js";

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
      const { interrupted } = session;
      if (session.mode === "drill" && !interrupted) declared = await deployForDrill(session, options.signal);
      planned = interrupted ? plannedBefore(session, interrupted) : await planRun(session, options);
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
      const activation = takenOver(session, await session.stacks.readActivation());
      changes.set(stack, await session.stacks.preview({ stack, activation, cause: stepCause(session.id, "plan") }));
    }
    return { plan, changes };
  } finally {
    await session.close();
  }
}

interface PlannedRun {
  readonly plan: Plan;
  readonly steps: Extract<Plan, { status: "planned" }>["steps"];
  readonly context: RunContext;
}

async function planRun(session: Session, options: RunOptions): Promise<PlannedRun> {
  const { id, mode, record } = session;
  const { app, target } = options;
  const bare = runContext(session);
  const { input, typical } = bare;
  const observation = await gatherObservation(createStepContext(bare, quietIo(record), "plan"), {
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

/** A resumed run keeps to what was planned when it began. */
function plannedBefore(session: Session, { planned }: InterruptedRun): PlannedRun {
  const { steps, predictedRtoSeconds } = planned;
  return {
    plan: { status: "planned", steps, criticalPath: [], predictedRtoSeconds, warnings: [] },
    steps,
    context: runContext(session),
  };
}

function runContext({ id, mode, stacks, options }: Session): RunContext {
  const { app, target } = options;
  const acceptDataLoss = options.acceptDataLoss === app.name;
  return {
    target,
    app,
    input: runbookInput({ app, stacks: stacks.specs, run: id, mode, acceptDataLoss }),
    typical: target.typicalLatencies,
    stacks,
    tools: { ready: true },
  };
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
  const { record, runner, interrupted } = session;
  const { target, signal } = options;
  // A resumed drill has had its fault: its users still order.
  const fault = session.mode === "drill" && !interrupted ? await rehearseFault(session) : undefined;
  record({ type: "phase-started", phase: "runbook", title: "Run the runbook" });
  const { rehearsal } = target;
  const outcome = await runSteps({
    steps: planned.steps,
    perform: performSteps(planned.context),
    clock: target.clock,
    record,
    canGetBetter,
    ...(interrupted ? { history: interrupted.events } : {}),
    ...(signal ? { signal } : {}),
    ...(rehearsal ? { random: rehearsal.draw } : {}),
  });
  await fault?.recorded;
  await runner.ready();
  record({ type: "phase-completed", phase: "runbook" });
  return outcome;
}
