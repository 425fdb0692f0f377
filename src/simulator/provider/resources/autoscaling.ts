import type { AttachmentArgs, AttachmentState } from "@pulumi/aws/autoscaling/attachment.js";
import type { GroupArgs, GroupState } from "@pulumi/aws/autoscaling/group.js";

import { autoScaling } from "../../services/auto-scaling/service.js";
import { elasticLoadBalancingV2 } from "../../services/elastic-load-balancing-v2/service.js";
import { defineResource, sameSet, type Inputs, type Problem, type ResourceContext } from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { required } from "./tags.js";

/** service/autoscaling/group.go of terraform-provider-aws, which this file follows throughout. */
type GroupInputs = Inputs<GroupArgs>;

const group = defineResource<GroupArgs, GroupState>({
  token: "aws:autoscaling/group:Group",
  label: "Auto Scaling Group",
  // Its `tags` are a list, with a member that says whether instances get them.
  tagged: false,
  replaceOn: ["initialLifecycleHooks", "name", "namePrefix", "placementGroup"],
  computed: [
    "availabilityZoneDistribution",
    "availabilityZones",
    "capacityReservationSpecification",
    "defaultCooldown",
    "desiredCapacity",
    "healthCheckType",
    "launchTemplate",
    "loadBalancers",
    "name",
    "namePrefix",
    "serviceLinkedRoleArn",
    "targetGroupArns",
    "trafficSources",
    "vpcZoneIdentifiers",
  ],
  defaults: {
    forceDelete: false,
    forceDeleteWarmPool: false,
    healthCheckGracePeriod: 300,
    ignoreFailedScalingActivities: false,
    metricsGranularity: "1Minute",
    protectFromScaleIn: false,
    waitForCapacityTimeout: "10m",
  },
  autoName: { property: "name", unless: ["namePrefix"] },
  sameValue: {
    availabilityZones: sameSet,
    enabledMetrics: sameSet,
    suspendedProcesses: sameSet,
    tags: sameSet,
    targetGroupArns: sameSet,
    vpcZoneIdentifiers: sameSet,
  },
  timeouts: { update: 600, delete: 600 },
  validate,

  create: (aws, inputs) => {
    const name = inputs.name ?? `${inputs.namePrefix ?? "terraform-"}${aws.token.slice(0, 26)}`;
    aws.call(autoScaling, "CreateAutoScalingGroup", {
      AutoScalingGroupName: name,
      ...settings(inputs),
      MinSize: inputs.minSize,
      MaxSize: inputs.maxSize,
      TargetGroupARNs: inputs.targetGroupArns?.length ? inputs.targetGroupArns : undefined,
      Tags: tagsOf(name, inputs.tags ?? []),
    });
    return name;
  },

  finishCreate: async (aws, name, inputs) => {
    // On creation the sizes are minimums.
    await waitForCapacity(aws, name, inputs, (inService, healthyTargets) => {
      const minimum = inputs.desiredCapacity || inputs.minSize;
      const targets = inputs.waitForElbCapacity || inputs.minElbCapacity || 0;
      return inService >= minimum && healthyTargets >= targets;
    });
    if (inputs.suspendedProcesses?.length) {
      aws.call(autoScaling, "SuspendProcesses", {
        AutoScalingGroupName: name,
        ScalingProcesses: inputs.suspendedProcesses,
      });
    }
    if (inputs.enabledMetrics?.length) {
      aws.call(autoScaling, "EnableMetricsCollection", {
        AutoScalingGroupName: name,
        Metrics: inputs.enabledMetrics,
        Granularity: inputs.metricsGranularity ?? "1Minute",
      });
    }
  },

  read: (aws, name, known) => {
    const found = groupOf(aws, name);
    return (
      found && {
        inputs: {
          name: found.AutoScalingGroupName,
          minSize: found.MinSize,
          maxSize: found.MaxSize,
          desiredCapacity: found.DesiredCapacity,
          defaultCooldown: found.DefaultCooldown,
          healthCheckGracePeriod: found.HealthCheckGracePeriod,
          healthCheckType: found.HealthCheckType,
          availabilityZones: found.AvailabilityZones,
          vpcZoneIdentifiers: found.VPCZoneIdentifier?.split(",").filter(Boolean),
          targetGroupArns: found.TargetGroupARNs,
          protectFromScaleIn: found.NewInstancesProtectedFromScaleIn,
          serviceLinkedRoleArn: found.ServiceLinkedRoleARN,
          ...(found.LaunchTemplate
            ? {
                launchTemplate: {
                  id: found.LaunchTemplate.LaunchTemplateId,
                  name: found.LaunchTemplate.LaunchTemplateName,
                  // The service keeps the version as it was given: $Latest, or a number.
                  version: found.LaunchTemplate.Version ?? known.launchTemplate?.version,
                },
              }
            : {}),
        },
        outputs: { arn: found.AutoScalingGroupARN, predictedCapacity: 0, warmPoolSize: 0 },
      }
    );
  },

  update: async (aws, name, change) => {
    const { before, after } = change;
    const request = {
      ...settings(after),
      ...(change.has("minSize") ? { MinSize: after.minSize } : {}),
      ...(change.has("maxSize") ? { MaxSize: after.maxSize } : {}),
      DesiredCapacity: change.has("desiredCapacity") ? after.desiredCapacity : undefined,
    };
    aws.call(autoScaling, "UpdateAutoScalingGroup", { AutoScalingGroupName: name, ...request });
    if (change.has("tags")) {
      const now = after.tags ?? [];
      const gone = (before.tags ?? []).filter(({ key }) => !now.some((tag) => tag.key === key));
      if (gone.length > 0) aws.call(autoScaling, "DeleteTags", { Tags: tagsOf(name, gone) });
      if (now.length > 0) aws.call(autoScaling, "CreateOrUpdateTags", { Tags: tagsOf(name, now) });
    }
    if (change.has("targetGroupArns")) {
      const old = before.targetGroupArns ?? [];
      const now = after.targetGroupArns ?? [];
      const detached = old.filter((arn) => !now.includes(arn));
      const attached = now.filter((arn) => !old.includes(arn));
      if (detached.length > 0) {
        aws.call(autoScaling, "DetachLoadBalancerTargetGroups", {
          AutoScalingGroupName: name,
          TargetGroupARNs: detached,
        });
        await waitForTargetGroups(aws, name, "Removing");
      }
      if (attached.length > 0) {
        aws.call(autoScaling, "AttachLoadBalancerTargetGroups", {
          AutoScalingGroupName: name,
          TargetGroupARNs: attached,
        });
        await waitForTargetGroups(aws, name, "Adding");
      }
    }
    if (change.has("desiredCapacity", "minSize")) {
      // On an update the sizes are exact.
      await waitForCapacity(aws, name, after, (inService, healthyTargets) => {
        const wanted = Math.max(after.minSize, after.desiredCapacity ?? 0);
        return inService === wanted && (!after.waitForElbCapacity || healthyTargets === after.waitForElbCapacity);
      });
    }
    if (change.has("suspendedProcesses")) {
      const old = before.suspendedProcesses ?? [];
      const now = after.suspendedProcesses ?? [];
      const resumed = old.filter((process) => !now.includes(process));
      const suspended = now.filter((process) => !old.includes(process));
      if (resumed.length > 0)
        aws.call(autoScaling, "ResumeProcesses", { AutoScalingGroupName: name, ScalingProcesses: resumed });
      if (suspended.length > 0)
        aws.call(autoScaling, "SuspendProcesses", { AutoScalingGroupName: name, ScalingProcesses: suspended });
    }
  },

  delete: async (aws, name, before) => {
    if (!before.forceDelete) {
      // drainGroup: to zero, then wait until the last instance is gone.
      aws.call(autoScaling, "UpdateAutoScalingGroup", {
        AutoScalingGroupName: name,
        DesiredCapacity: 0,
        MinSize: 0,
        MaxSize: 0,
      });
      await aws.wait({
        label: `waiting for Auto Scaling Group (${name}) drain`,
        state: () => String(groupOf(aws, name)?.Instances?.length ?? 0),
        target: ["0"],
      });
    }
    const inUse = [
      "ResourceInUse",
      "ResourceInUseFault",
      "ScalingActivityInProgress",
      "ScalingActivityInProgressFault",
    ];
    await retryWhile(aws, `deleting Auto Scaling Group (${name})`, inUse, () =>
      aws.call(autoScaling, "DeleteAutoScalingGroup", {
        AutoScalingGroupName: name,
        ForceDelete: before.forceDelete ?? false,
      }),
    );
    await aws.wait({
      label: `waiting for Auto Scaling Group (${name}) delete`,
      state: () => groupOf(aws, name) && (groupOf(aws, name)?.Status ?? "present"),
      target: [undefined],
    });
  },
});

function groupOf(aws: ResourceContext, name: string) {
  return aws.call(autoScaling, "DescribeAutoScalingGroups", { AutoScalingGroupNames: [name] }).AutoScalingGroups?.[0];
}

/** What creation and update take alike. */
function settings(inputs: GroupInputs) {
  const { launchTemplate: template } = inputs;
  return {
    DesiredCapacity: inputs.desiredCapacity,
    AvailabilityZones: inputs.vpcZoneIdentifiers?.length ? undefined : inputs.availabilityZones,
    CapacityRebalance: inputs.capacityRebalance,
    DefaultCooldown: inputs.defaultCooldown,
    DefaultInstanceWarmup: inputs.defaultInstanceWarmup,
    HealthCheckGracePeriod: inputs.healthCheckGracePeriod,
    HealthCheckType: inputs.healthCheckType,
    LaunchTemplate: template && {
      LaunchTemplateId: template.id,
      LaunchTemplateName: template.id ? undefined : template.name,
      Version: template.version,
    },
    MaxInstanceLifetime: inputs.maxInstanceLifetime || undefined,
    NewInstancesProtectedFromScaleIn: inputs.protectFromScaleIn,
    TerminationPolicies: inputs.terminationPolicies?.length ? inputs.terminationPolicies : undefined,
    VPCZoneIdentifier: inputs.vpcZoneIdentifiers?.length ? inputs.vpcZoneIdentifiers.join(",") : undefined,
  };
}

function tagsOf(name: string, tags: NonNullable<GroupInputs["tags"]>) {
  return tags.map(({ key, value, propagateAtLaunch }) => ({
    ResourceId: name,
    ResourceType: "auto-scaling-group",
    Key: key,
    Value: value,
    PropagateAtLaunch: propagateAtLaunch,
  }));
}

/** waitGroupCapacitySatisfied: no poll interval, so the back-off up to 10 seconds; "0" means no wait. */
async function waitForCapacity(
  aws: ResourceContext,
  name: string,
  inputs: GroupInputs,
  satisfied: (inService: number, healthyTargets: number) => boolean,
): Promise<void> {
  const timeoutSeconds = durationSeconds(inputs.waitForCapacityTimeout ?? "10m");
  if (timeoutSeconds === 0) return;
  const startedAt = aws.world.now();
  const countsTargets = Boolean(inputs.waitForElbCapacity) || Boolean(inputs.minElbCapacity);
  await aws.wait({
    label: `waiting for Auto Scaling Group (${name}) capacity satisfied`,
    timeoutSeconds,
    target: ["ok"],
    state: () => {
      if (!inputs.ignoreFailedScalingActivities) throwOnFailedActivity(aws, name, startedAt);
      const found = required(groupOf(aws, name), `Auto Scaling Group ${name}`);
      const members = (found.Instances ?? []).filter(
        (one) => one.HealthStatus === "Healthy" && one.LifecycleState === "InService",
      );
      const ids = members.map(({ InstanceId }) => required(InstanceId, "InstanceId"));
      const healthy = countsTargets ? healthyIn(aws, found.TargetGroupARNs ?? [], ids) : 0;
      return satisfied(ids.length, healthy) ? "ok" : `${ids.length} in service, ${healthy} healthy targets`;
    },
  });
}

function throwOnFailedActivity(aws: ResourceContext, name: string, since: number): void {
  const { Activities } = aws.call(autoScaling, "DescribeScalingActivities", { AutoScalingGroupName: name });
  const failed = Activities?.find(
    ({ StartTime, StatusCode, Progress }) => StatusCode === "Failed" && Progress === 100 && Number(StartTime) > since,
  );
  if (failed) throw new Error(`scaling activity (${failed.ActivityId}): ${failed.StatusCode}: ${failed.StatusMessage}`);
}

/** Instances that every target group has for healthy. */
function healthyIn(aws: ResourceContext, targetGroupArns: readonly string[], instanceIds: readonly string[]): number {
  const states = targetGroupArns.map((TargetGroupArn) => {
    const { TargetHealthDescriptions } = aws.call(elasticLoadBalancingV2, "DescribeTargetHealth", { TargetGroupArn });
    return new Map(
      (TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => [Target?.Id, TargetHealth?.State]),
    );
  });
  return instanceIds.filter((id) => states.every((byId) => !byId.has(id) || byId.get(id) === "healthy")).length;
}

async function waitForTargetGroups(aws: ResourceContext, name: string, passing: "Adding" | "Removing"): Promise<void> {
  await aws.wait({
    label: `waiting for Auto Scaling Group (${name}) target groups`,
    target: ["0"],
    state: () => {
      const { LoadBalancerTargetGroups } = aws.call(autoScaling, "DescribeLoadBalancerTargetGroups", {
        AutoScalingGroupName: name,
      });
      return String((LoadBalancerTargetGroups ?? []).filter(({ State }) => State === passing).length);
    },
  });
}

/** Seconds of a Go duration such as "10m" or "1h30m"; "0" is none. */
function durationSeconds(text: string): number {
  const unit: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };
  return [...text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)].reduce(
    (sum, [, value, letter = "s"]) => sum + Number(value) * (unit[letter] ?? 1),
    0,
  );
}

/** Sizes that contradict each other are refused by the service, not here. */
function validate({ waitForCapacityTimeout }: Partial<GroupInputs>): readonly Problem[] {
  if (waitForCapacityTimeout === undefined || /^(0|(\d+(\.\d+)?[hms])+)$/.test(waitForCapacityTimeout)) return [];
  return [
    {
      property: "waitForCapacityTimeout",
      reason: `"wait_for_capacity_timeout" cannot be parsed as a duration: ${waitForCapacityTimeout}`,
    },
  ];
}

const attachment = defineResource<AttachmentArgs, AttachmentState>({
  token: "aws:autoscaling/attachment:Attachment",
  label: "Auto Scaling Attachment",
  tagged: false,
  replaceOn: ["autoscalingGroupName", "elb", "lbTargetGroupArn"],
  create: (aws, inputs) => {
    const TargetGroupARNs = [required(inputs.lbTargetGroupArn, "lbTargetGroupArn")];
    aws.call(autoScaling, "AttachLoadBalancerTargetGroups", {
      AutoScalingGroupName: inputs.autoscalingGroupName,
      TargetGroupARNs,
    });
    return `${inputs.autoscalingGroupName}-${aws.token.slice(0, 26)}`;
  },
  finishCreate: (aws, _id, inputs) => waitForTargetGroups(aws, inputs.autoscalingGroupName, "Adding"),
  read: (aws, _id, known) => {
    const attached = groupOf(aws, known.autoscalingGroupName ?? "")?.TargetGroupARNs ?? [];
    return attached.includes(known.lbTargetGroupArn ?? "") ? { outputs: {} } : undefined;
  },
  delete: async (aws, _id, before) => {
    const name = required(before.autoscalingGroupName, "autoscalingGroupName");
    const TargetGroupARNs = [required(before.lbTargetGroupArn, "lbTargetGroupArn")];
    aws.call(autoScaling, "DetachLoadBalancerTargetGroups", { AutoScalingGroupName: name, TargetGroupARNs });
    await waitForTargetGroups(aws, name, "Removing");
  },
});

/** Auto Scaling groups and what they are attached to. */
export const autoScalingTypes = [group, attachment];
