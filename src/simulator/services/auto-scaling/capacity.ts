import { workFor } from "../../region-outages.js";
import { ServiceError } from "../../service.js";
import { whenRegionWorks } from "../../standstill.js";
import type { StateSlot, World } from "../../world.js";
import type { Instance, InstanceChange } from "../ec2/instance-record.js";
import { getInstance, launchInstance, onInstanceChange } from "../ec2/instances.js";
import { resolveLaunchTemplate } from "../ec2/launch-templates.js";
import { ec2Slot, tagsFor } from "../ec2/state.js";
import { onTargetHealthChange } from "../elastic-load-balancing-v2/health.js";
import { elbSlot } from "../elastic-load-balancing-v2/state.js";
import { registerTargets } from "../elastic-load-balancing-v2/targets.js";
import { beginActivity, endActivity } from "./activities.js";
import { activeMembers, autoScalingSlot, note, type GroupRecord, type MemberRecord } from "./state.js";
import { chooseToTerminate, finishTermination, terminateMember } from "./termination.js";

/** Seconds until launches are tried again after one failed; doubles up to the limit. An estimate: AWS gives no figure. */
const FIRST_RETRY_SECONDS = 60;
const LAST_RETRY_SECONDS = 900;

const followSlot: StateSlot<{ readonly following: true }> = {
  name: "auto-scaling-follow",
  create: (world, region) => {
    onInstanceChange(world, region, (instance, change) => followInstance(world, region, instance, change));
    onTargetHealthChange(world, region, (_arn, target) => {
      if (target.instanceId) followTarget(world, region, target.instanceId);
    });
    return { following: true };
  },
};

/** Begins to follow instances and targets of a Region; safe to call again. */
export function followInstances(world: World, region: string): void {
  world.state(followSlot, region);
}

/** Lets the group notice, after `autoscaling.reaction`, that something has to change. */
export function react(world: World, region: string, group: GroupRecord, cause: string): void {
  const subject = { region, resource: group.arn, occurrence: String(group.reactions++) };
  workFor(world, "autoscaling.reaction", subject, () => reconcile(world, region, group, cause));
}

/** Brings the group to its desired capacity: replaces what is unhealthy, launches what lacks, ends what is too much. */
function reconcile(world: World, region: string, group: GroupRecord, cause: string): void {
  if (world.state(autoScalingSlot, region).groups.get(group.name) !== group) return;
  if (!group.suspended.has("ReplaceUnhealthy") && !group.suspended.has("Terminate")) {
    for (const member of activeMembers(group)) {
      if (member.healthStatus === "Unhealthy")
        terminateMember(world, region, group, member, unhealthyCause(world, region, member));
    }
  }
  const missing = group.desired - activeMembers(group).length;
  if (missing < 0 && !group.suspended.has("Terminate")) {
    for (const member of chooseToTerminate(group, -missing)) terminateMember(world, region, group, member, cause);
  }
  if (missing > 0 && !group.suspended.has("Launch") && !group.isDeleting) {
    for (let count = 0; count < missing; count++) if (!launchMember(world, region, group, cause)) break;
  }
}

/** @returns whether an instance was launched; otherwise launches are tried again later */
function launchMember(world: World, region: string, group: GroupRecord, cause: string): boolean {
  const number = group.launches++;
  const activity = beginActivity(world, group, {
    key: `launch/${number}`,
    description: "Launching a new EC2 instance.",
    cause: `At ${new Date(world.now()).toISOString()} ${cause}`,
  });
  try {
    const { instance, template } = launchSomewhere(world, region, group, number);
    activity.Description = `Launching a new EC2 instance: ${instance.id}`;
    activity.Details = JSON.stringify({ "Subnet ID": instance.subnetId, "Availability Zone": instance.az });
    group.failures = 0;
    group.members.set(instance.id, {
      instanceId: instance.id,
      zone: instance.az,
      instanceType: instance.instanceType,
      imageId: instance.imageId,
      launchTemplate: {
        LaunchTemplateId: template.id,
        LaunchTemplateName: template.name,
        Version: String(template.version),
      },
      launchedAt: world.now(),
      lifecycleState: "Pending",
      healthStatus: "Healthy",
      isProtected: group.newInstancesProtected,
      inServiceAt: undefined,
      launch: activity,
      termination: undefined,
    });
    note(world, region, group, `launched ${instance.id} in ${instance.az}`);
    return true;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    endActivity(world, activity, "Failed", `${error.message} Launching EC2 instance failed.`);
    note(world, region, group, `failed to launch an instance: ${error.code}`);
    retryLater(world, region, group, cause);
    return false;
  }
}

/**
 * Launches in the zone with the fewest members; where one has no capacity, in the next (Auto Scaling user guide,
 * auto-scaling-benefits: instance distribution).
 */
function launchSomewhere(world: World, region: string, group: GroupRecord, number: number) {
  const template = resolveLaunchTemplate(world, region, group.launchTemplate);
  const { subnets } = world.state(ec2Slot, region);
  const zoneOf = (subnetId: string): string => subnets.get(subnetId)?.AvailabilityZone ?? "";
  const membersIn = (zone: string): number => activeMembers(group).filter((member) => member.zone === zone).length;
  const choices = [...group.subnetIds].sort(
    (a, b) =>
      membersIn(zoneOf(a)) - membersIn(zoneOf(b)) ||
      (zoneOf(a) < zoneOf(b) ? -1 : zoneOf(a) > zoneOf(b) ? 1 : a < b ? -1 : 1),
  );
  const types = group.instanceTypes.length > 0 ? group.instanceTypes : [template.data.InstanceType ?? ""];
  const tags = [
    ...tagsFor(template.data.TagSpecifications, "instance"),
    ...group.tags
      .filter(({ PropagateAtLaunch }) => PropagateAtLaunch)
      .map(({ Key, Value }) => ({ Key, Value: Value ?? "" })),
    { Key: "aws:autoscaling:groupName", Value: group.name },
    { Key: "aws:ec2launchtemplate:id", Value: template.id },
    { Key: "aws:ec2launchtemplate:version", Value: String(template.version) },
  ];
  const byKey = new Map(tags.map((tag) => [tag.Key ?? "", tag]));
  const sorted = [...byKey.values()].sort((a, b) => ((a.Key ?? "") < (b.Key ?? "") ? -1 : 1));
  let lastError: ServiceError | undefined;
  for (const subnetId of choices) {
    for (const type of types) {
      try {
        const data = type
          ? { ...template.data, InstanceType: type as typeof template.data.InstanceType }
          : template.data;
        const key = ["auto-scaling", group.name, String(number)];
        return { template, instance: launchInstance(world, region, { key, subnetId, data, tags: sorted }) };
      } catch (error) {
        if (!(error instanceof ServiceError) || !isLackOfRoom(error)) throw error;
        lastError = error;
      }
    }
  }
  throw lastError ?? new ServiceError("InvalidSubnetID.NotFound", "The group has no subnet to launch in.");
}

function isLackOfRoom({ code }: ServiceError): boolean {
  return code === "InsufficientInstanceCapacity" || code === "InsufficientFreeAddressesInSubnet";
}

function retryLater(world: World, region: string, group: GroupRecord, cause: string): void {
  if (group.retryPending) return;
  group.retryPending = true;
  const seconds = Math.min(FIRST_RETRY_SECONDS * 2 ** group.failures++, LAST_RETRY_SECONDS);
  const subject = { region, resource: group.name };
  const startedAt = world.now();
  const spanCause = world.currentCause();
  world.at(1000 * seconds, () =>
    whenRegionWorks(world, subject, () => {
      group.retryPending = false;
      const span = { row: "configured" as const, label: "launch retry", subject, startedAt, cause: spanCause };
      world.elapsed(span, () => reconcile(world, region, group, cause));
    }),
  );
}

function followInstance(world: World, region: string, instance: Instance, change: InstanceChange): void {
  const found = memberOf(world, region, instance.id);
  if (!found) return;
  const { group, member } = found;
  switch (change) {
    case "running":
      if (member.lifecycleState === "Pending") enterService(world, region, group, member);
      return;
    case "stopping":
    case "stopped":
    case "shutting-down":
      if (member.lifecycleState === "Terminating") return;
      markUnhealthy(world, region, group, member);
      return;
    case "terminated":
      if (member.lifecycleState !== "Terminating") markUnhealthy(world, region, group, member);
      else finishTermination(world, region, group, member);
      return;
    case "launched":
    case "serving":
    case "not serving":
      return;
  }
}

/** Registers the instance with the load balancers, which puts it in service; its health is looked at after the grace period. */
function enterService(world: World, region: string, group: GroupRecord, member: MemberRecord): void {
  if (!group.suspended.has("AddToLoadBalancer")) registerMember(world, region, group, member, group.targetGroupArns);
  member.lifecycleState = "InService";
  member.inServiceAt = world.now();
  group.lastScalingAt = world.now();
  endActivity(world, member.launch, "Successful");
  note(world, region, group, `${member.instanceId} came into service`);
  if (group.healthCheckType === "EC2" || group.healthCheckGracePeriod === 0) return;
  world.at(1000 * group.healthCheckGracePeriod, () =>
    whenRegionWorks(world, { region, resource: member.instanceId }, () =>
      followTarget(world, region, member.instanceId),
    ),
  );
}

export function registerMember(
  world: World,
  region: string,
  group: GroupRecord,
  member: MemberRecord,
  targetGroupArns: readonly string[],
): void {
  for (const arn of targetGroupArns) {
    const targetGroup = world.state(elbSlot, region).targetGroups.get(arn);
    if (targetGroup && getInstance(world, region, member.instanceId)?.state === "running") {
      registerTargets(world, region, targetGroup, [{ Id: member.instanceId }]);
    }
  }
}

/** Takes the load balancer's word for the health of an instance, where the group does and the grace period is over. */
function followTarget(world: World, region: string, instanceId: string): void {
  const found = memberOf(world, region, instanceId);
  if (!found) return;
  const { group, member } = found;
  if (
    !group.healthCheckType.includes("ELB") ||
    member.lifecycleState !== "InService" ||
    member.inServiceAt === undefined
  )
    return;
  if (world.now() < member.inServiceAt + 1000 * group.healthCheckGracePeriod) return;
  const isUnhealthy = group.targetGroupArns.some((arn) =>
    [...(world.state(elbSlot, region).targetGroups.get(arn)?.targets.values() ?? [])].some(
      (target) => target.instanceId === instanceId && target.mode === "checking" && target.health === "unhealthy",
    ),
  );
  if (isUnhealthy) markUnhealthy(world, region, group, member);
}

/** Marks an instance for replacement, which follows after the group's reaction. */
export function markUnhealthy(world: World, region: string, group: GroupRecord, member: MemberRecord): void {
  if (member.healthStatus === "Unhealthy" || group.suspended.has("HealthCheck")) return;
  member.healthStatus = "Unhealthy";
  note(world, region, group, `found ${member.instanceId} unhealthy`);
  react(
    world,
    region,
    group,
    "an instance was started in response to a difference between desired and actual capacity.",
  );
}

function unhealthyCause(world: World, region: string, member: MemberRecord): string {
  const state = getInstance(world, region, member.instanceId)?.state;
  return state === "running"
    ? "an instance was taken out of service in response to an ELB system health check failure."
    : `an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`;
}

export function memberOf(world: World, region: string, instanceId: string) {
  for (const group of world.state(autoScalingSlot, region).groups.values()) {
    const member = group.members.get(instanceId);
    if (member) return { group, member };
  }
  return undefined;
}
