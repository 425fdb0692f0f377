import type { TargetGroupArgs, TargetGroupState } from "@pulumi/aws/lb/targetGroup.js";
import type { TargetGroupAttachmentArgs, TargetGroupAttachmentState } from "@pulumi/aws/lb/targetGroupAttachment.js";

import { elasticLoadBalancingV2 as elb } from "../../services/elastic-load-balancing-v2/service.js";
import { defineResource, type Inputs } from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { stableHex } from "../urn.js";
import { changedAttributes, MAX_NAME, pairs, tagsOf, tagsOrNone, updateTags, type Attributes } from "./lb-shared.js";
import { required } from "./tags.js";

const targetGroup = defineResource<TargetGroupArgs, TargetGroupState>({
  token: "aws:lb/targetGroup:TargetGroup",
  label: "ELBv2 Target Group",
  replaceOn: ["ipAddressType", "name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId"],
  computed: [
    "connectionTermination",
    "healthCheck",
    "ipAddressType",
    "loadBalancingAlgorithmType",
    "loadBalancingAnomalyMitigation",
    "loadBalancingCrossZoneEnabled",
    "name",
    "namePrefix",
    "preserveClientIp",
    "protocolVersion",
    "stickiness",
    "targetFailovers",
    "targetGroupHealth",
    "targetHealthStates",
  ],
  defaults: {
    deregistrationDelay: 300,
    lambdaMultiValueHeadersEnabled: false,
    proxyProtocolV2: false,
    slowStart: 0,
    targetType: "instance",
  },
  autoName: { property: "name", maxLength: MAX_NAME, unless: ["namePrefix"] },
  create: (aws, inputs) => {
    const { TargetGroups } = aws.call(elb, "CreateTargetGroup", {
      Name: required(
        inputs.name ?? (inputs.namePrefix ? `${inputs.namePrefix}${aws.token.slice(0, 12)}` : undefined),
        "name",
      ),
      Port: inputs.port,
      Protocol: inputs.protocol as "HTTP" | undefined,
      ProtocolVersion: inputs.protocolVersion,
      TargetType: inputs.targetType as "instance" | undefined,
      VpcId: inputs.vpcId,
      ...healthCheckOf(inputs),
      Tags: tagsOrNone(inputs.tags),
    });
    return required(TargetGroups?.[0]?.TargetGroupArn, "TargetGroupArn");
  },
  finishCreate: (aws, arn, inputs) => {
    aws.call(elb, "ModifyTargetGroupAttributes", { TargetGroupArn: arn, Attributes: [...groupAttributes(inputs)] });
    return Promise.resolve();
  },
  read: (aws, arn) => {
    const found = aws.call(elb, "DescribeTargetGroups", { TargetGroupArns: [arn] }).TargetGroups?.[0];
    return (
      found && {
        inputs: {
          name: found.TargetGroupName,
          port: found.Port,
          protocol: found.Protocol,
          protocolVersion: found.ProtocolVersion,
          targetType: found.TargetType,
          vpcId: found.VpcId,
          healthCheck: {
            enabled: found.HealthCheckEnabled,
            healthyThreshold: found.HealthyThresholdCount,
            interval: found.HealthCheckIntervalSeconds,
            matcher: found.Matcher?.HttpCode,
            path: found.HealthCheckPath,
            port: found.HealthCheckPort,
            protocol: found.HealthCheckProtocol,
            timeout: found.HealthCheckTimeoutSeconds,
            unhealthyThreshold: found.UnhealthyThresholdCount,
          },
          tags: tagsOf(aws, arn),
        },
        outputs: { arn, arnSuffix: arn.slice(arn.lastIndexOf(":") + 1), loadBalancerArns: found.LoadBalancerArns },
      }
    );
  },
  update: (aws, arn, change) => {
    const { before, after } = change;
    if (change.has("healthCheck")) aws.call(elb, "ModifyTargetGroup", { TargetGroupArn: arn, ...healthCheckOf(after) });
    const attributes = changedAttributes(groupAttributes(before), groupAttributes(after));
    if (attributes.length > 0)
      aws.call(elb, "ModifyTargetGroupAttributes", { TargetGroupArn: arn, Attributes: [...attributes] });
    updateTags(aws, arn, change);
  },
  delete: (aws, arn) =>
    // service/elbv2/target_group.go: a listener that goes at the same time may still use it.
    retryWhile(aws, `deleting ELBv2 Target Group (${arn})`, ["ResourceInUse", "ResourceInUseException"], () =>
      aws.call(elb, "DeleteTargetGroup", { TargetGroupArn: arn }),
    ),
});

function healthCheckOf({ healthCheck }: Pick<Inputs<TargetGroupArgs>, "healthCheck">) {
  if (!healthCheck) return {};
  return {
    HealthCheckEnabled: healthCheck.enabled,
    HealthCheckIntervalSeconds: healthCheck.interval,
    HealthCheckPath: healthCheck.path,
    HealthCheckPort: healthCheck.port,
    HealthCheckProtocol: healthCheck.protocol as "HTTP" | undefined,
    HealthCheckTimeoutSeconds: healthCheck.timeout,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    Matcher: healthCheck.matcher ? { HttpCode: healthCheck.matcher } : undefined,
  };
}

function groupAttributes(inputs: Partial<Inputs<TargetGroupArgs>>): Attributes {
  const { stickiness } = inputs;
  return pairs({
    "deregistration_delay.timeout_seconds": inputs.deregistrationDelay,
    "load_balancing.algorithm.type": inputs.loadBalancingAlgorithmType,
    "load_balancing.cross_zone.enabled": inputs.loadBalancingCrossZoneEnabled,
    "slow_start.duration_seconds": inputs.slowStart,
    "stickiness.enabled": stickiness && (stickiness.enabled ?? true),
    "stickiness.type": stickiness?.type,
    "stickiness.lb_cookie.duration_seconds":
      stickiness?.type === "lb_cookie" ? (stickiness.cookieDuration ?? 86_400) : undefined,
  });
}

const attachment = defineResource<TargetGroupAttachmentArgs, TargetGroupAttachmentState>({
  token: "aws:lb/targetGroupAttachment:TargetGroupAttachment",
  label: "ELBv2 Target Group Attachment",
  tagged: false,
  replaceOn: ["availabilityZone", "port", "quicServerId", "targetGroupArn", "targetId"],
  create: (aws, inputs) => {
    aws.call(elb, "RegisterTargets", { TargetGroupArn: inputs.targetGroupArn, Targets: [targetOf(inputs)] });
    return `${inputs.targetGroupArn}-${stableHex(26, aws.urn)}`;
  },
  read: (aws, _id, known) => {
    if (!known.targetGroupArn || !known.targetId) return undefined;
    const { TargetHealthDescriptions } = aws.call(elb, "DescribeTargetHealth", {
      TargetGroupArn: known.targetGroupArn,
    });
    const there = TargetHealthDescriptions?.some(({ Target }) => Target?.Id === known.targetId);
    return there ? { outputs: {} } : undefined;
  },
  delete: (aws, _id, before) => {
    aws.call(elb, "DeregisterTargets", { TargetGroupArn: before.targetGroupArn, Targets: [targetOf(before)] });
  },
});

function targetOf(inputs: Partial<Inputs<TargetGroupAttachmentArgs>>) {
  return { Id: inputs.targetId, Port: inputs.port, AvailabilityZone: inputs.availabilityZone };
}

/** Target groups and single targets. */
export const targetGroupTypes = [targetGroup, attachment];
