import { JournalError, reasonOf } from "../errors.js";
import { validateRunbook } from "../plan/graph.js";
import type { Step } from "../plan/step.js";
import type { Clock } from "../target/clock.js";
import type { RunEvent, RunStatus } from "./event.js";
import type { Recorder } from "./recorder.js";
import { withRetry } from "./retry.js";
import { completedData } from "./status.js";
import type { StepIo, StepOutcome } from "./step-effect.js";

export interface RunStepsOptions {
  readonly steps: readonly Step[];
  /** Does what a step says; see performStep in steps/registry.ts. */
  readonly perform: (step: Step, io: StepIo) => Promise<StepOutcome>;
  readonly clock: Clock;
  readonly record: Recorder;
  /** Stops the run: steps under way are aborted, no other begins. */
  readonly signal?: AbortSignal;
  /** Events of an earlier part of the same run: what completed there is not done again. */
  readonly history?: readonly RunEvent[];
  /** Whether another attempt can end otherwise. @default never */
  readonly canGetBetter?: (error: Error) => boolean;
  /** A number from 0 to 1 for a key, for the jitter of waits. @default Math.random */
  readonly random?: (key: string) => number;
}

/** How a runbook ended. */
export interface StepsOutcome {
  readonly status: RunStatus;
  /** Why it did not complete, one sentence each. */
  readonly reasons: readonly string[];
}

/** Seconds that an aborted step has to end in good order: a Pulumi operation saves its state first. */
const GRACE_SECONDS = 30;

type Ending = "completed" | "failed" | "skipped";

/**
 * Runs steps, each as soon as those that it comes after have completed. A step that fails lets those that wait for it
 * be skipped, unless it is optional; the others go on.
 *
 * @throws Error when the steps are no runbook, JournalError when what happened can't be written down
 */
export async function runSteps(options: RunStepsOptions): Promise<StepsOutcome> {
  const { steps, record, signal } = options;
  const problems = validateRunbook(steps);
  if (problems.length > 0) throw new Error(`not a runbook: ${problems.join("; ")}`);

  const data = new Map(completedData(options.history ?? []));
  const endings = new Map<string, Ending>(steps.filter(({ id }) => data.has(id)).map(({ id }) => [id, "completed"]));
  const optional = new Set(steps.filter((step) => step.optional).map(({ id }) => id));
  const running = new Map<string, Promise<void>>();
  const failures: string[] = [];
  const refusals: string[] = [];
  const halt = new AbortController();
  let broken: Error | undefined;

  const settle = (step: Step, outcome: StepOutcome): void => {
    switch (outcome.status) {
      case "completed":
        data.set(step.id, outcome.data ?? {});
        endings.set(step.id, "completed");
        record({
          type: "step-completed",
          step: step.id,
          findings: outcome.findings,
          ...(outcome.data ? { data: outcome.data } : {}),
        });
        return;
      case "failed":
        endings.set(step.id, "failed");
        if (!optional.has(step.id)) failures.push(`${step.id}: ${outcome.reason}`);
        record({ type: "step-failed", step: step.id, reason: outcome.reason });
        return;
      case "refused":
        endings.set(step.id, "failed");
        refusals.push(...outcome.reasons);
        record({ type: "step-failed", step: step.id, reason: `refused: ${outcome.reasons.join("; ")}` });
        return;
      default:
        return outcome satisfies never;
    }
  };

  const skip = (step: Step, reason: string): void => {
    endings.set(step.id, "skipped");
    record({ type: "step-skipped", step: step.id, reason });
  };

  const start = (step: Step): void => {
    const stop = signal ? AbortSignal.any([signal, halt.signal]) : halt.signal;
    const work = runStep(step, { ...options, stop, data })
      .then((outcome) => settle(step, outcome))
      .catch((error: unknown) => {
        // Without its journal a run must not go on.
        broken ??= error instanceof Error ? error : new Error(reasonOf(error));
        halt.abort(broken);
      })
      .finally(() => running.delete(step.id));
    running.set(step.id, work);
  };

  const whyNot = (step: Step): string | undefined => {
    if (signal?.aborted) return "the run was stopped";
    if (refusals.length > 0) return "the run was refused";
    return blocked(step, endings, optional);
  };

  /** @returns whether anything changed */
  const advance = (): boolean => {
    let changed = false;
    for (const step of steps) {
      if (endings.has(step.id) || running.has(step.id)) continue;
      const reason = whyNot(step);
      if (reason !== undefined) skip(step, reason);
      else if (step.after.every((id) => endings.has(id))) start(step);
      else continue;
      changed = true;
    }
    return changed;
  };

  for (;;) {
    while (broken === undefined && advance());
    if (running.size === 0) break;
    await Promise.race(running.values());
  }

  if (broken !== undefined) throw broken;
  const unfinished = steps.some(({ id }) => endings.get(id) !== "completed" && !optional.has(id));
  if (signal?.aborted && unfinished) return { status: "stopped", reasons: [reasonOf(signal.reason)] };
  if (refusals.length > 0) return { status: "refused", reasons: refusals };
  if (failures.length > 0) return { status: "failed", reasons: failures };
  return { status: "completed", reasons: [] };
}

/** Why a step can never begin, or undefined. */
function blocked(step: Step, endings: ReadonlyMap<string, Ending>, optional: ReadonlySet<string>): string | undefined {
  for (const id of step.after) {
    const ending = endings.get(id);
    if (ending === "failed" && !optional.has(id)) return `${id} failed`;
    if (ending === "skipped") return `${id} was skipped`;
  }
  return undefined;
}

interface RunStepOptions extends RunStepsOptions {
  readonly stop: AbortSignal;
  readonly data: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

async function runStep(step: Step, options: RunStepOptions): Promise<StepOutcome> {
  const { perform, clock, record, stop, data, random, canGetBetter = () => false } = options;
  const deadline = new AbortController();
  const signal = AbortSignal.any([stop, deadline.signal]);
  const attempts = withRetry(
    async (attempt) => {
      record({ type: "step-started", step: step.id, attempt });
      return perform(step, {
        signal,
        attempt,
        record,
        progress: (message) => record({ type: "step-progress", step: step.id, message }),
        data: (id) => data.get(id),
      });
    },
    {
      policy: step.retry,
      clock,
      signal,
      canGetBetter: (error) => !(error instanceof JournalError) && canGetBetter(error),
      ...(random ? { random: (attempt: number) => random(`${step.id}/${attempt}`) } : {}),
      onFailedAttempt: ({ error, attempt, retryInSeconds }) => {
        if (error instanceof JournalError || signal.aborted) return;
        record({ type: "step-attempt-failed", step: step.id, attempt, reason: error.message, retryInSeconds });
      },
    },
  ).catch((error: unknown): StepOutcome => {
    if (error instanceof JournalError) throw error;
    return { status: "failed", reason: reasonOf(error) };
  });

  const over = await within(attempts, step.timeoutSeconds, clock, stop);
  if (over === "time") deadline.abort(new Error(`not done within ${step.timeoutSeconds} s`));
  if (over !== "done") {
    // Aborted work is waited for, so that nothing of it goes on unseen; what ignores the signal is left behind.
    await within(attempts, GRACE_SECONDS, clock);
    const reason = over === "time" ? `not done within ${step.timeoutSeconds} s` : `stopped: ${reasonOf(stop.reason)}`;
    const late = await Promise.race([attempts, Promise.resolve(undefined)]);
    return late?.status === "completed" ? late : { status: "failed", reason };
  }
  return attempts;
}

/** Waits for work, at most `seconds` on the clock and until `stop` is aborted. */
async function within(
  work: Promise<unknown>,
  seconds: number,
  clock: Clock,
  stop?: AbortSignal,
): Promise<"done" | "time" | "stopped"> {
  const timer = new AbortController();
  const signal = stop ? AbortSignal.any([stop, timer.signal]) : timer.signal;
  try {
    return await Promise.race([
      work.then(
        () => "done" as const,
        () => "done" as const,
      ),
      clock.sleep(seconds * 1000, signal).then(
        () => "time" as const,
        () => "stopped" as const,
      ),
    ]);
  } finally {
    timer.abort();
  }
}
