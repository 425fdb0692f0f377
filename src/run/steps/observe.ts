import type { ReplicaObservation } from "../../plan/observation.js";
import type { ObserveStep } from "../../plan/step.js";
import { toObservation } from "../observe/gather.js";
import { judgeLoss, type Loss, type PrimarySignals } from "../observe/loss.js";
import { regionHealth } from "../observe/region-health.js";
import { readStacks } from "../observe/stacks.js";
import { readStandby, type StandbyFacts } from "../observe/standby.js";
import { leadsToStandby } from "../observe/traffic.js";
import { secondsSince, type StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { waitUntil, type Look } from "../wait-until.js";

/** Seconds between two looks: what detection takes on top of the name service's own, half of it on average. */
const LOOK_SECONDS = 2;

/** Operations that follow the decision at once: the claim, then the promotion. */
const WARM_OPERATIONS = 2;

/**
 * Watches users, name service, the primary's Region and the standby until the primary is lost. What is slow to find
 * out, and would cost time later, is found out meanwhile: the activation record, a preview of the promotion.
 */
export async function observe(_step: ObserveStep, context: StepContext): Promise<StepOutcome> {
  const { target, input, signal, progress, stacks } = context;
  const startedAt = target.clock.now();
  stacks.warm(WARM_OPERATIONS);
  const slow = readStacks(context, { preview: true });
  // Awaited below; a failure before that must not count as unhandled.
  slow.catch(() => undefined);

  const looks: PrimarySignals[] = [];
  const replicasBefore: ReplicaObservation[] = [];
  const { loss, standby } = await waitUntil(
    async (): Promise<Look<{ readonly loss: Loss; readonly standby: StandbyFacts }>> => {
      const [signals, facts] = await Promise.all([lookAtPrimary(context), readStandby(context)]);
      looks.push(signals);
      const judged = judgeLoss(looks, lossOptions(context));
      if (judged.suspectedAt === undefined && facts.replica) replicasBefore.push(facts.replica);
      if (judged.lost) return { found: { loss: judged, standby: facts } };
      return { missing: judged.signs.length === 0 ? "the primary serves" : judged.signs.join(", ") };
    },
    { clock: target.clock, signal, everySeconds: LOOK_SECONDS, onMissing: progress },
  );

  const before = replicasBefore.at(-1) ?? context.planned?.replica;
  const lagSeconds =
    replicasBefore.findLast((replica) => replica.lagSeconds !== null)?.lagSeconds ?? before?.lagSeconds ?? null;
  const observation = toObservation(context, {
    stacks: await slow,
    standby,
    lagSeconds,
    replicationStatus: before?.replicationStatus ?? null,
    primary: "lost",
    primaryAnswers: looks.at(-1)?.regionAnswers ?? false,
  });
  return {
    status: "completed",
    findings: [
      `${input.lostRegion} is lost after ${secondsSince(context, startedAt)} s of watching: ${loss.signs.join(", ")}`,
      lagSeconds === null
        ? "how far the replica lagged before is not known"
        : `the replica lagged ${lagSeconds.toFixed(1)} s when the primary last worked`,
      `the replica in ${input.targetRegion} is ${standby.replica?.status ?? "absent"}`,
    ],
    data: { observation, suspectedAt: loss.suspectedAt ?? null },
  };
}

async function lookAtPrimary(context: StepContext): Promise<PrimarySignals> {
  const { target, input } = context;
  const [nameServiceLeft, users, health] = await Promise.all([
    leadsToStandby(context),
    target.users.sample(input.traffic.healthCheck.intervalSeconds),
    regionHealth(context, input.lostRegion),
  ]);
  return {
    at: target.clock.now(),
    nameServiceLeft,
    usersSucceeding: users.requests === 0 ? undefined : 1 - users.failed / users.requests,
    regionAnswers: health === "healthy",
  };
}

function lossOptions({ input }: StepContext): { readonly successRate: number; readonly patienceSeconds: number } {
  const { intervalSeconds, failureThreshold } = input.traffic.healthCheck;
  return { successRate: input.steadyState.successRate, patienceSeconds: intervalSeconds * failureThreshold };
}
