import type { AppSpec } from "../../programs/app.js";
import { regionNames, type RegionNames } from "../../programs/names.js";
import type { AwsScope } from "../aws/aws-service.js";
import type { RunbookInput, TypicalSeconds } from "../plan/runbook-input.js";
import type { Observation, ToolsObservation } from "../plan/observation.js";
import type { Target } from "../target/target.js";
import { stepCause } from "./cause.js";
import type { StackOperations } from "./stack-operations.js";
import type { StepIo } from "./step-effect.js";

/** What the steps of one run share. */
export interface RunContext {
  readonly target: Target;
  readonly app: AppSpec;
  readonly input: RunbookInput;
  readonly typical: TypicalSeconds;
  readonly stacks: StackOperations;
  /** Whether this machine has what stack operations need; found before the run began. */
  readonly tools: ToolsObservation;
  /** What the plan that was shown came from: a lag measured then is better than none. */
  readonly planned?: Observation;
}

/** What the effect of one step works with: the run's context, and what belongs to this attempt. */
export interface StepContext extends RunContext, StepIo {
  readonly step: string;
  /** Application id of the step's calls. */
  readonly cause: string;
  /** Where a call goes; it ends when the step does. */
  readonly scope: (region: string) => AwsScope;
  readonly names: (region: string) => RegionNames;
}

/** Binds a run's context to one attempt of a step. */
export function createStepContext(run: RunContext, io: StepIo, step: string): StepContext {
  const cause = stepCause(run.input.run, step);
  return {
    ...run,
    ...io,
    step,
    cause,
    scope: (region) => ({ target: run.target, region, cause, signal: io.signal }),
    names: (region) => regionNames(run.app, region),
  };
}

/** Seconds on the target's clock, from an instant in milliseconds until now, to a tenth. */
export function secondsSince({ target }: RunContext, instant: number): number {
  return Math.round((target.clock.now() - instant) / 100) / 10;
}
