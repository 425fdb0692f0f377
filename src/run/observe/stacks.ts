import { StackOperationError } from "../../errors.js";
import type { ActivationRecord } from "../../../programs/activation.js";
import type { PromotionObservation, StateBackendObservation } from "../../plan/observation.js";
import { claimActivation, isClaimedBy } from "../activation-change.js";
import type { ResourceStep } from "../stack-protocol.js";
import type { StepContext } from "../step-context.js";

/** What the stacks say: slow to ask, so asked while the primary is watched. */
export interface StackFacts {
  readonly activation: ActivationRecord | null;
  readonly stateBackend: StateBackendObservation;
  readonly promotion: PromotionObservation | null;
}

/** Reads the activation record and the state backend and, if asked, previews the promotion. */
export async function readStacks(context: StepContext, options: { readonly preview: boolean }): Promise<StackFacts> {
  const { stacks } = context;
  const [activation, stateBackend] = await Promise.all([
    stacks.readActivation().catch((error: unknown) => {
      if (error instanceof StackOperationError) return null;
      throw error;
    }),
    stacks.stateBackend(),
  ]);
  const promotion =
    options.preview && activation && stateBackend.reachable ? await previewPromotion(context, activation) : null;
  return { activation, stateBackend, promotion };
}

async function previewPromotion(context: StepContext, activation: ActivationRecord): Promise<PromotionObservation> {
  const { stacks, input, target, cause, signal } = context;
  const { run, lostRegion, targetRegion } = input;
  const next = isClaimedBy(activation, run, targetRegion)
    ? activation
    : claimActivation(activation, { run, lostRegion, targetRegion, since: new Date(target.clock.now()).toISOString() });
  try {
    const { steps } = await stacks.preview({ stack: input.stacks.target, activation: next, cause, signal });
    return { destructive: destructiveSteps(steps) };
  } catch (error) {
    if (!(error instanceof StackOperationError)) throw error;
    return { destructive: [], problem: error.message };
  }
}

/** URNs of what an operation would replace or delete. */
export function destructiveSteps(steps: readonly ResourceStep[]): readonly string[] {
  return [...new Set(steps.filter(({ op }) => destructiveOps.has(op)).map(({ urn }) => urn))];
}

const destructiveOps: ReadonlySet<string> = new Set(["delete", "replace", "create-replacement", "delete-replaced"]);
