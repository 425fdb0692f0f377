import { StackOperationError } from "../../errors.js";
import { mayPass } from "../../aws/aws-error.js";
import type { Step } from "../../plan/step.js";
import { createStepContext, type RunContext, type StepContext } from "../step-context.js";
import type { StepIo, StepOutcome } from "../step-effect.js";
import { decide } from "./decide.js";
import { fenceRegion } from "./fence-region.js";
import { fenceTraffic } from "./fence-traffic.js";
import { observe } from "./observe.js";
import { promoteStack } from "./promote-stack.js";
import { reconcileStack } from "./reconcile-stack.js";
import { recordActivation } from "./record-activation.js";
import { runExperiment } from "./run-experiment.js";
import { scaleCapacity } from "./scale-capacity.js";
import { shiftTraffic } from "./shift-traffic.js";
import { verifyUsers } from "./verify-users.js";
import { waitHealthy } from "./wait-healthy.js";

/** Binds a run's context to the effects of its steps, as the interpreter calls them. */
export function performSteps(run: RunContext): (step: Step, io: StepIo) => Promise<StepOutcome> {
  return (step, io) => performStep(step, createStepContext(run, io, step.id));
}

/**
 * Does what a step says. Every effect first looks whether it is already there.
 *
 * @throws what may be tried again, see canGetBetter, and what is a bug
 */
export function performStep(step: Step, context: StepContext): Promise<StepOutcome> {
  switch (step.kind) {
    case "observe":
      return observe(step, context);
    case "decide":
      return decide(step, context);
    case "fence-traffic":
      return fenceTraffic(step, context);
    case "fence-region":
      return fenceRegion(step, context);
    case "record-activation":
      return recordActivation(step, context);
    case "promote-stack":
      return promoteStack(step, context);
    case "scale-capacity":
      return scaleCapacity(step, context);
    case "wait-healthy":
      return waitHealthy(step, context);
    case "shift-traffic":
      return shiftTraffic(step, context);
    case "verify-users":
      return verifyUsers(step, context);
    case "run-experiment":
      return runExperiment(step, context);
    case "reconcile-stack":
      return reconcileStack(step, context);
    default:
      return step satisfies never;
  }
}

/** Whether a step's error may be gone at the next attempt: a service that was busy, a stack that was locked. */
export function canGetBetter(error: Error): boolean {
  return mayPass(error) || error instanceof StackOperationError;
}
