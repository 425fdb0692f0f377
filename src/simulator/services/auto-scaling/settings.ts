import type { World } from "../../world.js";
import { elbSlot } from "../elastic-load-balancing-v2/state.js";
import { react, registerMember } from "./capacity.js";
import { checkTargetGroups, tagDescriptions } from "./groups.js";
import { page } from "./paging.js";
import {
  activeMembers,
  autoScalingSlot,
  groupOf,
  validationError,
  type AutoScalingHandlers,
  type GroupRecord,
} from "./state.js";
import { deregisterMember } from "./termination.js";

/** Processes that can be suspended. */
const PROCESSES = [
  "Launch",
  "Terminate",
  "AddToLoadBalancer",
  "AlarmNotification",
  "AZRebalance",
  "HealthCheck",
  "InstanceRefresh",
  "ReplaceUnhealthy",
  "ScheduledActions",
];

const RESUMED_CAUSE = "a difference between desired and actual capacity was found.";

/** Load balancers, processes, metrics and tags of groups. */
export function settingHandlers(world: World) {
  const attach = (region: string, name: string | undefined, arns: readonly string[]): void => {
    const group = groupOf(world, region, name);
    const added = checkTargetGroups(world, region, arns).filter((arn) => !group.targetGroupArns.includes(arn));
    group.targetGroupArns = [...group.targetGroupArns, ...added];
    for (const member of activeMembers(group)) {
      if (member.lifecycleState === "InService") registerMember(world, region, group, member, added);
    }
  };

  const detach = (region: string, name: string | undefined, arns: readonly string[]): void => {
    const group = groupOf(world, region, name);
    group.targetGroupArns = group.targetGroupArns.filter((arn) => !arns.includes(arn));
    for (const member of group.members.values()) deregisterMember(world, region, member, arns);
  };

  /** "InService" once a target of the group is healthy, "Added" while there is none. */
  const attachment = (region: string, arn: string): string => {
    const targets = [...(world.state(elbSlot, region).targetGroups.get(arn)?.targets.values() ?? [])];
    return targets.some(({ mode, health }) => mode === "checking" && health === "healthy") ? "InService" : "Added";
  };

  return {
    AttachLoadBalancerTargetGroups: (input, { region }) => {
      attach(region, input.AutoScalingGroupName, input.TargetGroupARNs ?? []);
      return {};
    },

    DetachLoadBalancerTargetGroups: (input, { region }) => {
      detach(region, input.AutoScalingGroupName, input.TargetGroupARNs ?? []);
      return {};
    },

    DescribeLoadBalancerTargetGroups: (input, { region }) => {
      const { targetGroupArns } = groupOf(world, region, input.AutoScalingGroupName);
      const { items, nextToken } = page(targetGroupArns, input);
      return {
        LoadBalancerTargetGroups: items.map((arn) => ({
          LoadBalancerTargetGroupARN: arn,
          State: attachment(region, arn),
        })),
        NextToken: nextToken,
      };
    },

    AttachTrafficSources: (input, { region }) => {
      attach(
        region,
        input.AutoScalingGroupName,
        (input.TrafficSources ?? []).map(({ Identifier = "" }) => Identifier),
      );
      return {};
    },

    DetachTrafficSources: (input, { region }) => {
      detach(
        region,
        input.AutoScalingGroupName,
        (input.TrafficSources ?? []).map(({ Identifier = "" }) => Identifier),
      );
      return {};
    },

    DescribeTrafficSources: (input, { region }) => {
      const { targetGroupArns } = groupOf(world, region, input.AutoScalingGroupName);
      const { items, nextToken } = page(targetGroupArns, input);
      return {
        TrafficSources: items.map((arn) => ({
          TrafficSource: arn,
          Identifier: arn,
          Type: "elbv2",
          State: attachment(region, arn),
        })),
        NextToken: nextToken,
      };
    },

    SuspendProcesses: (input, { region }) => {
      const group = groupOf(world, region, input.AutoScalingGroupName);
      for (const process of processesOf(input.ScalingProcesses)) group.suspended.add(process);
      return {};
    },

    ResumeProcesses: (input, { region }) => {
      const group = groupOf(world, region, input.AutoScalingGroupName);
      for (const process of processesOf(input.ScalingProcesses)) group.suspended.delete(process);
      if (isOutOfBalance(group)) react(world, region, group, RESUMED_CAUSE);
      return {};
    },

    EnableMetricsCollection: (input, { region }) => {
      const group = groupOf(world, region, input.AutoScalingGroupName);
      const names = input.Metrics?.length ? input.Metrics : ["GroupDesiredCapacity", "GroupInServiceInstances"];
      const kept = group.metrics.filter(({ Metric }) => !names.includes(Metric ?? ""));
      group.metrics = [...kept, ...names.map((Metric) => ({ Metric, Granularity: input.Granularity ?? "1Minute" }))];
      return {};
    },

    DisableMetricsCollection: (input, { region }) => {
      const group = groupOf(world, region, input.AutoScalingGroupName);
      const names = input.Metrics;
      group.metrics = names?.length ? group.metrics.filter(({ Metric }) => !names.includes(Metric ?? "")) : [];
      return {};
    },

    CreateOrUpdateTags: ({ Tags = [] }, { region }) => {
      for (const tag of Tags) {
        const group = groupOf(world, region, tag.ResourceId);
        const kept = group.tags.filter(({ Key }) => Key !== tag.Key);
        group.tags = [...kept, ...tagDescriptions(group.name, [tag])].sort((a, b) =>
          (a.Key ?? "") < (b.Key ?? "") ? -1 : 1,
        );
      }
      return {};
    },

    DeleteTags: ({ Tags = [] }, { region }) => {
      for (const tag of Tags) {
        const group = groupOf(world, region, tag.ResourceId);
        group.tags = group.tags.filter(({ Key }) => Key !== tag.Key);
      }
      return {};
    },

    DescribeTags: (input, { region }) => {
      const all = [...world.state(autoScalingSlot, region).groups.values()].flatMap(({ tags }) => tags);
      const selected = all.filter(({ ResourceId, Key, Value, PropagateAtLaunch }) =>
        (input.Filters ?? []).every(({ Name, Values = [] }) => {
          const value = {
            "auto-scaling-group": ResourceId,
            key: Key,
            value: Value,
            "propagate-at-launch": String(PropagateAtLaunch),
          }[Name ?? ""];
          return value !== undefined && Values.includes(value);
        }),
      );
      const { items, nextToken } = page(selected, input);
      return { Tags: items, NextToken: nextToken };
    },
  } satisfies AutoScalingHandlers;
}

function processesOf(names: readonly string[] | undefined): readonly string[] {
  const unknown = names?.find((name) => !PROCESSES.includes(name));
  if (unknown) throw validationError(`Invalid scaling process: ${unknown}`);
  return names?.length ? names : PROCESSES;
}

function isOutOfBalance(group: GroupRecord): boolean {
  const active = activeMembers(group);
  return active.length !== group.desired || active.some(({ healthStatus }) => healthStatus === "Unhealthy");
}
