import type { AutoScalingGroup, Tag, TagDescription } from "@aws-sdk/client-auto-scaling";

import { hexOf } from "../../identifiers.js";
import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { ec2Slot } from "../ec2/state.js";
import { elbSlot } from "../elastic-load-balancing-v2/state.js";
import { followInstances, react } from "./capacity.js";
import { applyTemplate } from "./launch-choice.js";
import { memberAnswer } from "./members.js";
import { page } from "./paging.js";
import {
  autoScalingSlot,
  groupOf,
  note,
  validationError,
  type AutoScalingHandlers,
  type GroupRecord,
} from "./state.js";
import { removeDeleted, terminateMember } from "./termination.js";

/** Auto Scaling groups over launch templates. */
export function groupHandlers(world: World) {
  return {
    CreateAutoScalingGroup: (input, { region, accountId }) => {
      followInstances(world, region);
      const { groups } = world.state(autoScalingSlot, region);
      const name = input.AutoScalingGroupName ?? "";
      if (name === "" || name.length > 255) throw validationError("AutoScalingGroupName must have 1 to 255 characters");
      if (groups.has(name)) {
        throw new ServiceError(
          "AlreadyExistsFault",
          `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
        );
      }
      const min = input.MinSize ?? 0;
      const max = input.MaxSize ?? 0;
      const desired = input.DesiredCapacity ?? min;
      checkSizes(min, max, desired);
      const uuid = hexOf([world.seed, region, "auto-scaling", name], 32).replace(
        /^(.{8})(.{4})(.{4})(.{4})(.{12})$/,
        "$1-$2-$3-$4-$5",
      );
      const group: GroupRecord = {
        name,
        arn: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${uuid}:autoScalingGroupName/${name}`,
        createdAt: new Date(world.now()),
        min,
        max,
        desired,
        defaultCooldown: input.DefaultCooldown ?? 300,
        launchTemplate: {},
        instanceTypes: [],
        mixedInstancesPolicy: undefined,
        subnetIds: checkSubnets(world, region, input.VPCZoneIdentifier),
        healthCheckType: input.HealthCheckType ?? "EC2",
        healthCheckGracePeriod: input.HealthCheckGracePeriod ?? 0,
        targetGroupArns: checkTargetGroups(world, region, targetGroupsOf(input)),
        terminationPolicies: input.TerminationPolicies?.length ? input.TerminationPolicies : ["Default"],
        newInstancesProtected: input.NewInstancesProtectedFromScaleIn ?? false,
        maxInstanceLifetime: input.MaxInstanceLifetime,
        capacityRebalance: input.CapacityRebalance,
        defaultInstanceWarmup: input.DefaultInstanceWarmup,
        suspended: new Set(),
        metrics: [],
        tags: tagDescriptions(name, input.Tags),
        members: new Map(),
        activities: [],
        launches: 0,
        reactions: 0,
        failures: 0,
        retryPending: false,
        lastScalingAt: undefined,
        isDeleting: false,
      };
      if (!applyTemplate(world, region, group, input)) {
        throw validationError(
          "Valid requests must contain either LaunchTemplate, MixedInstancesPolicy or LaunchConfigurationName; the simulator models the first two",
        );
      }
      groups.set(name, group);
      note(world, region, group, `group created with a desired capacity of ${desired}`);
      if (desired > 0) react(world, region, group, createdCause(min, max, desired));
      return {};
    },

    UpdateAutoScalingGroup: (input, { region }) => {
      const group = groupOf(world, region, input.AutoScalingGroupName);
      const min = input.MinSize ?? group.min;
      const max = input.MaxSize ?? group.max;
      const desired = input.DesiredCapacity ?? Math.min(Math.max(group.desired, min), max);
      checkSizes(min, max, desired);
      const subnetIds =
        input.VPCZoneIdentifier === undefined ? group.subnetIds : checkSubnets(world, region, input.VPCZoneIdentifier);
      applyTemplate(world, region, group, input);
      const before = group.desired;
      Object.assign(group, {
        min,
        max,
        desired,
        subnetIds,
        defaultCooldown: input.DefaultCooldown ?? group.defaultCooldown,
        healthCheckType: input.HealthCheckType ?? group.healthCheckType,
        healthCheckGracePeriod: input.HealthCheckGracePeriod ?? group.healthCheckGracePeriod,
        terminationPolicies: input.TerminationPolicies?.length ? input.TerminationPolicies : group.terminationPolicies,
        newInstancesProtected: input.NewInstancesProtectedFromScaleIn ?? group.newInstancesProtected,
        maxInstanceLifetime: input.MaxInstanceLifetime ?? group.maxInstanceLifetime,
        capacityRebalance: input.CapacityRebalance ?? group.capacityRebalance,
        defaultInstanceWarmup: input.DefaultInstanceWarmup ?? group.defaultInstanceWarmup,
      } satisfies Partial<GroupRecord>);
      note(world, region, group, `group updated: desired capacity ${before} to ${desired}`);
      if (desired !== before) react(world, region, group, resizedCause(before, desired));
      return {};
    },

    SetDesiredCapacity: (input, { region }) => {
      const group = groupOf(world, region, input.AutoScalingGroupName);
      const desired = input.DesiredCapacity ?? 0;
      if (desired < group.min || desired > group.max) {
        const bound = desired < group.min ? `below min value ${group.min}` : `above max value ${group.max}`;
        throw validationError(`New SetDesiredCapacity value ${desired} is ${bound} for the AutoScalingGroup.`);
      }
      const { lastScalingAt, defaultCooldown } = group;
      if (input.HonorCooldown && lastScalingAt !== undefined && world.now() < lastScalingAt + 1000 * defaultCooldown) {
        throw new ServiceError(
          "ScalingActivityInProgressFault",
          `Scaling activity for group ${group.name} is in cooldown.`,
        );
      }
      const before = group.desired;
      group.desired = desired;
      note(world, region, group, `desired capacity set: ${before} to ${desired}`);
      if (desired !== before) react(world, region, group, resizedCause(before, desired));
      return {};
    },

    DescribeAutoScalingGroups: (input, { region }) => {
      const all = [...world.state(autoScalingSlot, region).groups.values()];
      const named = input.AutoScalingGroupNames?.length
        ? all.filter(({ name }) => input.AutoScalingGroupNames?.includes(name))
        : all;
      const selected = named.filter((group) =>
        (input.Filters ?? []).every(({ Name = "", Values = [] }) =>
          group.tags.some(
            ({ Key = "", Value = "" }) =>
              (Name === `tag:${Key}` && Values.includes(Value)) ||
              (Name === "tag-key" && Values.includes(Key)) ||
              (Name === "tag-value" && Values.includes(Value)),
          ),
        ),
      );
      const { items, nextToken } = page(selected, input);
      return { AutoScalingGroups: items.map((group) => answer(world, region, group)), NextToken: nextToken };
    },

    DeleteAutoScalingGroup: ({ AutoScalingGroupName, ForceDelete }, { region }) => {
      const group = groupOf(world, region, AutoScalingGroupName);
      if (group.members.size > 0 && !ForceDelete) {
        throw new ServiceError(
          "ResourceInUseFault",
          "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
        );
      }
      group.isDeleting = true;
      group.desired = 0;
      group.min = 0;
      // Forced deletion does not wait for load balancers to drain.
      for (const member of [...group.members.values()]) {
        terminateMember(world, region, group, member, "a user request deleted the group.", { drain: false });
      }
      removeDeleted(world, region, group);
      return {};
    },
  } satisfies AutoScalingHandlers;
}

function answer(world: World, region: string, group: GroupRecord): AutoScalingGroup {
  const { subnets } = world.state(ec2Slot, region);
  const zones = group.subnetIds.map((id) => subnets.get(id)?.AvailabilityZone ?? "");
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...(group.mixedInstancesPolicy
      ? { MixedInstancesPolicy: group.mixedInstancesPolicy }
      : { LaunchTemplate: group.launchTemplate }),
    MinSize: group.min,
    MaxSize: group.max,
    DesiredCapacity: group.desired,
    DefaultCooldown: group.defaultCooldown,
    AvailabilityZones: [...new Set(zones)].sort(),
    LoadBalancerNames: [],
    TargetGroupARNs: [...group.targetGroupArns],
    TrafficSources: group.targetGroupArns.map((Identifier) => ({ Identifier, Type: "elbv2" })),
    HealthCheckType: group.healthCheckType,
    HealthCheckGracePeriod: group.healthCheckGracePeriod,
    Instances: [...group.members.values()].map(memberAnswer),
    CreatedTime: group.createdAt,
    SuspendedProcesses: [...group.suspended]
      .sort()
      .map((ProcessName) => ({ ProcessName, SuspensionReason: "User suspended" })),
    VPCZoneIdentifier: group.subnetIds.join(","),
    EnabledMetrics: group.metrics,
    Tags: group.tags,
    TerminationPolicies: [...group.terminationPolicies],
    NewInstancesProtectedFromScaleIn: group.newInstancesProtected,
    ServiceLinkedRoleARN: `arn:aws:iam::${world.accountId}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    MaxInstanceLifetime: group.maxInstanceLifetime,
    CapacityRebalance: group.capacityRebalance,
    DefaultInstanceWarmup: group.defaultInstanceWarmup,
    ...(group.isDeleting ? { Status: "Delete in progress" } : {}),
  };
}

export function tagDescriptions(group: string, tags: readonly Tag[] | undefined): TagDescription[] {
  return (tags ?? [])
    .map(({ Key, Value, PropagateAtLaunch }) => ({
      ResourceId: group,
      ResourceType: "auto-scaling-group",
      Key,
      Value: Value ?? "",
      PropagateAtLaunch: PropagateAtLaunch ?? false,
    }))
    .sort((a, b) => ((a.Key ?? "") < (b.Key ?? "") ? -1 : 1));
}

/** @throws ServiceError ValidationError unless each is an instance target group that exists */
export function checkTargetGroups(world: World, region: string, arns: readonly string[]): string[] {
  const { targetGroups } = world.state(elbSlot, region);
  const invalid = arns.filter((arn) => targetGroups.get(arn)?.targetType !== "instance");
  if (invalid.length > 0) {
    throw validationError(
      `Provided Target Groups may not be valid. Please ensure they exist, have targets of type instance, and try again: ${invalid.join(", ")}`,
    );
  }
  return [...new Set(arns)];
}

function targetGroupsOf(input: {
  readonly TargetGroupARNs?: readonly string[] | undefined;
  readonly TrafficSources?:
    readonly { readonly Identifier?: string | undefined; readonly Type?: string | undefined }[] | undefined;
}): string[] {
  return [...(input.TargetGroupARNs ?? []), ...(input.TrafficSources ?? []).map(({ Identifier = "" }) => Identifier)];
}

function checkSizes(min: number, max: number, desired: number): void {
  if (min < 0 || max < 0) throw validationError("Min and max sizes must be 0 or more");
  if (min > max) throw validationError(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  if (desired < min || desired > max) {
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`,
    );
  }
}

function checkSubnets(world: World, region: string, identifier: string | undefined): string[] {
  const ids = (identifier ?? "")
    .split(",")
    .map((id) => id.trim())
    .filter(Boolean);
  if (ids.length === 0) throw validationError("At least one Availability Zone or VPC Subnet is required.");
  const { subnets } = world.state(ec2Slot, region);
  const unknown = ids.find((id) => !subnets.has(id));
  if (unknown) throw validationError(`The subnet ID '${unknown}' does not exist`);
  return ids;
}

function createdCause(min: number, max: number, desired: number): string {
  return `a user request created an AutoScalingGroup changing the desired capacity from 0 to ${desired} (min ${min}, max ${max}).`;
}

function resizedCause(before: number, desired: number): string {
  return `a user request changed the desired capacity from ${before} to ${desired}.`;
}
