import { whenRegionWorks } from "../../standstill.js";
import type { World } from "../../world.js";
import { getInstance, terminateInstance } from "../ec2/instances.js";
import { ec2Slot } from "../ec2/state.js";
import { elbSlot } from "../elastic-load-balancing-v2/state.js";
import { deregisterTarget, deregistrationDelay, findTarget } from "../elastic-load-balancing-v2/targets.js";
import { beginActivity, endActivity } from "./activities.js";
import { activeMembers, autoScalingSlot, note, type GroupRecord, type MemberRecord } from "./state.js";

/** Takes an instance out of its group: first out of the load balancers, and when they have drained it, out of EC2. */
export function terminateMember(
  world: World,
  region: string,
  group: GroupRecord,
  member: MemberRecord,
  cause: string,
  options: { readonly drain: boolean } = { drain: true },
): void {
  if (member.lifecycleState === "Terminating") return;
  endActivity(world, member.launch, "Cancelled");
  member.lifecycleState = "Terminating";
  member.termination = beginActivity(world, group, {
    key: `terminate/${member.instanceId}`,
    description: `Terminating EC2 instance: ${member.instanceId}`,
    cause: `At ${new Date(world.now()).toISOString()} ${cause}`,
  });
  note(world, region, group, `began to terminate ${member.instanceId}`);
  const drainSeconds = deregisterMember(world, region, member, group.targetGroupArns);
  const end = (): void => {
    const record = world.state(ec2Slot, region).instances.get(member.instanceId);
    if (!record || record.state === "terminated") finishTermination(world, region, group, member);
    else terminateInstance(world, region, record);
  };
  if (drainSeconds === 0 || !options.drain) return end();
  const subject = { region, resource: member.instanceId };
  const startedAt = world.now();
  const spanCause = world.currentCause();
  world.at(1000 * drainSeconds, () =>
    whenRegionWorks(world, subject, () =>
      world.elapsed({ row: "configured", label: "deregistration delay", subject, startedAt, cause: spanCause }, end),
    ),
  );
}

/** @returns seconds for which the load balancers drain the instance; 0 when it can have no requests */
export function deregisterMember(
  world: World,
  region: string,
  member: MemberRecord,
  targetGroupArns: readonly string[],
): number {
  let drainSeconds = 0;
  const isRunning = getInstance(world, region, member.instanceId)?.state === "running";
  for (const arn of targetGroupArns) {
    const targetGroup = world.state(elbSlot, region).targetGroups.get(arn);
    const target = targetGroup && findTarget(targetGroup, { Id: member.instanceId });
    if (!targetGroup || !target) continue;
    if (isRunning && target.mode !== "unused") drainSeconds = Math.max(drainSeconds, deregistrationDelay(targetGroup));
    deregisterTarget(world, region, targetGroup, { Id: member.instanceId });
  }
  return drainSeconds;
}

/** The instance is gone: it leaves the group, and a group that was being deleted may go with it. */
export function finishTermination(world: World, region: string, group: GroupRecord, member: MemberRecord): void {
  if (!group.members.delete(member.instanceId)) return;
  group.lastScalingAt = world.now();
  if (member.termination) endActivity(world, member.termination, "Successful");
  note(world, region, group, `terminated ${member.instanceId}`);
  removeDeleted(world, region, group);
}

/** Removes a group that is being deleted once it is empty. */
export function removeDeleted(world: World, region: string, group: GroupRecord): void {
  if (!group.isDeleting || group.members.size > 0) return;
  world.state(autoScalingSlot, region).groups.delete(group.name);
  note(world, region, group, "group deleted");
}

/**
 * The members to end when the group shrinks, as the default termination policy chooses: the zone with the most, there
 * the oldest launch template version, then the oldest instance. Those protected from scale-in stay.
 */
export function chooseToTerminate(group: GroupRecord, count: number): MemberRecord[] {
  const chosen: MemberRecord[] = [];
  for (let index = 0; index < count; index++) {
    const rest = activeMembers(group).filter((member) => !chosen.includes(member));
    const inZone = (zone: string): number => rest.filter((member) => member.zone === zone).length;
    const [next] = rest
      .filter(({ isProtected }) => !isProtected)
      .sort(
        (a, b) =>
          Number(a.healthStatus === "Healthy") - Number(b.healthStatus === "Healthy") ||
          inZone(b.zone) - inZone(a.zone) ||
          Number(a.launchTemplate.Version) - Number(b.launchTemplate.Version) ||
          a.launchedAt - b.launchedAt ||
          (a.instanceId < b.instanceId ? -1 : 1),
      );
    if (!next) break;
    chosen.push(next);
  }
  return chosen;
}
