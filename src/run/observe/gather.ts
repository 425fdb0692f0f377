import type { Observation, PrimaryStatus } from "../../plan/observation.js";
import type { StepContext } from "../step-context.js";
import { regionHealth } from "./region-health.js";
import { readStacks, type StackFacts } from "./stacks.js";
import { readStandby, type StandbyFacts } from "./standby.js";

/**
 * Looks once at everything that a plan depends on, without judging the primary: for a plan that is shown before
 * anything has happened.
 *
 * @param options.preview - preview the promotion too. @default false
 */
export async function gatherObservation(
  context: StepContext,
  options: { readonly preview?: boolean } = {},
): Promise<Observation> {
  const { lostRegion } = context.input;
  const [stacks, standby, primaryHealth] = await Promise.all([
    readStacks(context, { preview: options.preview ?? false }),
    readStandby(context),
    regionHealth(context, lostRegion),
  ]);
  // After the source was lost, every replica reports an error and a lag that grows: neither says what will be missing.
  const { lagSeconds, replicationStatus } =
    (primaryHealth === "healthy" ? standby.replica : null) ?? unknownReplication;
  return toObservation(context, {
    stacks,
    standby,
    lagSeconds,
    replicationStatus,
    primary: "presumed-lost",
    primaryAnswers: primaryHealth === "healthy",
  });
}

const unknownReplication = { lagSeconds: null, replicationStatus: null };

/** Puts together what was read. */
export function toObservation(
  context: StepContext,
  facts: {
    readonly stacks: StackFacts;
    readonly standby: StandbyFacts;
    /** Lag and status of the replication while the source still worked; null when unknown. */
    readonly lagSeconds: number | null;
    readonly replicationStatus: string | null;
    readonly primary: PrimaryStatus;
    readonly primaryAnswers: boolean;
  },
): Observation {
  const { target, tools, input } = context;
  const { stacks, standby, lagSeconds, replicationStatus } = facts;
  return {
    at: new Date(target.clock.now()).toISOString(),
    targetReachable: standby.health !== "impaired",
    tools,
    stateBackend: stacks.stateBackend,
    regions: {
      [input.lostRegion]: facts.primaryAnswers ? "healthy" : "impaired",
      [input.targetRegion]: standby.health,
    },
    primary: facts.primary,
    activation: stacks.activation,
    replica: standby.replica && { ...standby.replica, lagSeconds, replicationStatus },
    capacity: standby.capacity,
    promotion: stacks.promotion,
  };
}
