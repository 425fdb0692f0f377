import type { Observation } from "./observation.js";
import type { RunbookInput } from "./runbook-input.js";

/**
 * Why the standby must not be promoted now: one sentence each, empty when it may.
 *
 * An observation that is worse in any respect never has fewer reasons.
 */
export function refusals(observation: Observation, input: RunbookInput): readonly string[] {
  return [
    ...environmentRefusals(observation, input),
    ...roleRefusals(observation, input),
    ...replicaRefusals(observation, input),
    ...capacityRefusals(observation, input),
    ...promotionRefusals(observation),
  ];
}

/** What does not forbid the promotion, yet the operator should know. */
export function warnings(observation: Observation, input: RunbookInput): readonly string[] {
  const { replica, capacity, regions } = observation;
  const found: string[] = [];
  if (replica && replica.lagSeconds === null) {
    found.push("how far the replica lags is unknown: what will be lost can't be bounded beforehand");
  }
  if (
    replica &&
    replica.lagSeconds !== null &&
    replica.lagSeconds > input.objectives.rpoSeconds &&
    input.acceptDataLoss
  ) {
    found.push(
      `the replica lags ${replica.lagSeconds} s, more than the objective of ${input.objectives.rpoSeconds} s: accepted`,
    );
  }
  if (replica?.status === "backing-up") {
    found.push("the replica is being backed up: RDS promotes it when the backup has ended");
  }
  if (capacity && capacity.max === input.desiredCapacity) {
    found.push("the group's maximum equals the capacity needed: nothing is left for more load");
  }
  if (regions[input.targetRegion] !== "healthy") {
    found.push(`the health of ${input.targetRegion} is not known`);
  }
  if (regions[input.lostRegion] === "healthy") {
    found.push(`${input.lostRegion} answers: it is fenced by its own services as well`);
  }
  return found;
}

function environmentRefusals(observation: Observation, { lostRegion, targetRegion }: RunbookInput): readonly string[] {
  const { targetReachable, tools, stateBackend, regions } = observation;
  const reasons: string[] = [];
  if (!targetReachable) reasons.push(`AWS does not answer in ${targetRegion}`);
  if (!tools.ready) reasons.push(tools.problem ?? "the Pulumi CLI can't be run");
  if (!stateBackend.reachable) reasons.push("Pulumi's state can't be read: without it no stack can be promoted");
  if (stateBackend.region === lostRegion) {
    reasons.push(`Pulumi's state lies in ${lostRegion}, the Region that is to be given up`);
  }
  if (regions[targetRegion] === "impaired") reasons.push(`${targetRegion}, which is to serve, is impaired itself`);
  return reasons;
}

function roleRefusals(observation: Observation, input: RunbookInput): readonly string[] {
  const { activation, primary } = observation;
  const { run, lostRegion, targetRegion } = input;
  const reasons: string[] = [];
  if (lostRegion === targetRegion) reasons.push(`${targetRegion} can't take over from itself`);
  if (primary === "serving") reasons.push(`${lostRegion} serves its users: nothing is to be recovered`);
  if (!activation) return [...reasons, "the activation record can't be read: which Region is active is not known"];
  const ours = activation.status === "promoting" && activation.run === run;
  if (activation.status === "promoting" && !ours) {
    reasons.push(`run ${activation.run ?? "unknown"} is already promoting ${activation.activeRegion}`);
  }
  // This run's own claim is what its roles should look like: a resumed run goes on.
  if (ours && activation.activeRegion === targetRegion) return reasons;
  if (activation.activeRegion !== lostRegion) {
    reasons.push(`the activation record says that ${activation.activeRegion} is active, not ${lostRegion}`);
  }
  const role = activation.roles[targetRegion];
  if (role !== "standby") {
    reasons.push(`the activation record says that ${targetRegion} is ${role ?? "unknown"}, not standby`);
  }
  return reasons;
}

function replicaRefusals({ replica, activation }: Observation, input: RunbookInput): readonly string[] {
  if (!replica) return [`there is no database ${input.names.database} in ${input.targetRegion}`];
  const { identifier, lagSeconds, replicationStatus, backupRetentionDays, isReplica } = replica;
  const reasons: string[] = [];
  const resumed = activation?.status === "promoting" && activation.run === input.run;
  if (!isReplica && !resumed)
    reasons.push(`${identifier} in ${input.targetRegion} is no replica: it holds data of its own`);
  if (isReplica && replicationStatus !== null && replicationStatus !== "replicating") {
    reasons.push(`${identifier} in ${input.targetRegion} does not replicate: ${replicationStatus}`);
  }
  if (!promotable.has(replica.status)) {
    reasons.push(`${identifier} in ${input.targetRegion} is ${replica.status}: RDS can't promote it`);
  }
  if (isReplica && backupRetentionDays < 1) {
    reasons.push(`${identifier} in ${input.targetRegion} has no backups: RDS can't promote it`);
  }
  if (lagSeconds !== null && lagSeconds > input.objectives.rpoSeconds && !input.acceptDataLoss) {
    reasons.push(
      `the replica lags ${lagSeconds} s, more than the objective of ${input.objectives.rpoSeconds} s, and the loss was not accepted`,
    );
  }
  return reasons;
}

/** States from which RDS promotes, at once or after what it is doing. */
const promotable: ReadonlySet<string> = new Set([
  "available",
  "backing-up",
  "modifying",
  "rebooting",
  "storage-optimization",
]);

function capacityRefusals({ capacity }: Observation, input: RunbookInput): readonly string[] {
  const { targetRegion, desiredCapacity } = input;
  if (!capacity) return [`there is no Auto Scaling group ${input.names.autoScalingGroup} in ${targetRegion}`];
  if (capacity.max < desiredCapacity) {
    return [`the group in ${targetRegion} may have at most ${capacity.max} instances: ${desiredCapacity} are needed`];
  }
  return [];
}

function promotionRefusals({ promotion }: Observation): readonly string[] {
  if (!promotion) return [];
  return [
    ...(promotion.problem === undefined ? [] : [`the promotion can't be previewed: ${promotion.problem}`]),
    ...promotion.destructive.map((urn) => `the promotion would replace or delete ${urn}`),
  ];
}
