import type { Instance } from "@aws-sdk/client-auto-scaling";

import type { World } from "../../world.js";
import { markUnhealthy, memberOf, react } from "./capacity.js";
import { page } from "./paging.js";
import { autoScalingSlot, groupOf, validationError, type AutoScalingHandlers, type MemberRecord } from "./state.js";
import { terminateMember } from "./termination.js";

/** Instances of groups, and the activities that brought and took them. */
export function memberHandlers(world: World) {
  const found = (region: string, id: string | undefined) => {
    const result = memberOf(world, region, id ?? "");
    if (!result) throw validationError(`Instance Id not found - No managed instance found for instance ID ${id ?? ""}`);
    return result;
  };

  return {
    DescribeAutoScalingInstances: (input, { region }) => {
      const all = [...world.state(autoScalingSlot, region).groups.values()].flatMap((group) =>
        [...group.members.values()].map((member) => ({ ...memberAnswer(member), AutoScalingGroupName: group.name })),
      );
      const selected = all.filter(
        ({ InstanceId }) => !input.InstanceIds?.length || input.InstanceIds.includes(InstanceId ?? ""),
      );
      const { items, nextToken } = page(selected, input);
      return { AutoScalingInstances: items, NextToken: nextToken };
    },

    DescribeScalingActivities: (input, { region }) => {
      const groups = input.AutoScalingGroupName
        ? [groupOf(world, region, input.AutoScalingGroupName)]
        : [...world.state(autoScalingSlot, region).groups.values()];
      const selected = groups
        .flatMap(({ activities }) => activities)
        .filter(({ ActivityId = "" }) => !input.ActivityIds?.length || input.ActivityIds.includes(ActivityId));
      const { items, nextToken } = page(selected, input);
      return { Activities: items.map((activity) => ({ ...activity })), NextToken: nextToken };
    },

    TerminateInstanceInAutoScalingGroup: (input, { region }) => {
      const { group, member } = found(region, input.InstanceId);
      if (input.ShouldDecrementDesiredCapacity) {
        if (group.desired - 1 < group.min) {
          throw validationError(
            `Currently, desiredSize equals minSize (${group.min}). Terminating instance without replacement will violate group's min size constraint.`,
          );
        }
        group.desired--;
      }
      terminateMember(
        world,
        region,
        group,
        member,
        "an instance was taken out of service in response to a user request.",
      );
      react(
        world,
        region,
        group,
        "an instance was started in response to a difference between desired and actual capacity.",
      );
      return member.termination ? { Activity: { ...member.termination } } : {};
    },

    SetInstanceHealth: (input, { region }) => {
      const { group, member } = found(region, input.InstanceId);
      const graceEnds = (member.inServiceAt ?? world.now()) + 1000 * group.healthCheckGracePeriod;
      if ((input.ShouldRespectGracePeriod ?? true) && world.now() < graceEnds) return {};
      if (input.HealthStatus === "Unhealthy") markUnhealthy(world, region, group, member);
      else member.healthStatus = "Healthy";
      return {};
    },

    SetInstanceProtection: (input, { region }) => {
      for (const id of input.InstanceIds ?? [])
        found(region, id).member.isProtected = input.ProtectedFromScaleIn ?? false;
      return {};
    },
  } satisfies AutoScalingHandlers;
}

/** A member as the service describes it. */
export function memberAnswer(member: MemberRecord): Instance & { LifecycleState: MemberRecord["lifecycleState"] } {
  return {
    InstanceId: member.instanceId,
    InstanceType: member.instanceType,
    AvailabilityZone: member.zone,
    ImageId: member.imageId,
    LifecycleState: member.lifecycleState,
    HealthStatus: member.healthStatus,
    LaunchTemplate: { ...member.launchTemplate },
    ProtectedFromScaleIn: member.isProtected,
  };
}
