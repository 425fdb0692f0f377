import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerArgs, ListenerState } from "@pulumi/aws/lb/listener.js";
import type { LoadBalancerArgs, LoadBalancerState } from "@pulumi/aws/lb/loadBalancer.js";
import type { TargetGroupArgs, TargetGroupState } from "@pulumi/aws/lb/targetGroup.js";
import type { TargetGroupAttachmentArgs, TargetGroupAttachmentState } from "@pulumi/aws/lb/targetGroupAttachment.js";

import { elasticLoadBalancingV2 as elb } from "../../services/elastic-load-balancing-v2/service.js";
import { defineResource, sameSet, type Change, type Inputs, type ResourceContext } from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { stableHex } from "../urn.js";
import { required, tagChange, tagList, tagMap, type Tags } from "./tags.js";

/** Names of load balancers and target groups are short. */
const MAX_NAME = 32;

type Attributes = readonly { readonly Key: string; readonly Value: string }[];

const loadBalancer = defineResource<LoadBalancerArgs, LoadBalancerState>({
  token: "aws:lb/loadBalancer:LoadBalancer",
  label: "ELBv2 application Load Balancer",
  replaceOn: ["customerOwnedIpv4Pool", "internal", "loadBalancerType", "name", "namePrefix"],
  computed: [
    "internal", "ipAddressType", "name", "namePrefix", "securityGroups", "subnetMappings", "subnets",
    "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
  ],
  defaults: {
    clientKeepAlive: 3600,
    desyncMitigationMode: "defensive",
    dropInvalidHeaderFields: false,
    enableCrossZoneLoadBalancing: false,
    enableDeletionProtection: false,
    enableHttp2: true,
    idleTimeout: 60,
    loadBalancerType: "application",
    preserveHostHeader: false,
  },
  autoName: { property: "name", maxLength: MAX_NAME, unless: ["namePrefix"] },
  sameValue: { securityGroups: sameSet, subnets: sameSet },
  timeouts: { create: 600, update: 600, delete: 600 },
  create: (aws, inputs) => {
    const { LoadBalancers } = aws.call(elb, "CreateLoadBalancer", {
      Name: inputs.name ?? `${inputs.namePrefix ?? "tf-lb-"}${aws.token.slice(0, 12)}`,
      Scheme: inputs.internal ? "internal" : "internet-facing",
      Type: (inputs.loadBalancerType ?? "application") as "application",
      IpAddressType: inputs.ipAddressType as "ipv4" | undefined,
      SecurityGroups: inputs.securityGroups,
      Subnets: inputs.subnets,
      SubnetMappings: inputs.subnetMappings?.map(({ subnetId, allocationId }) => ({ SubnetId: subnetId, AllocationId: allocationId })),
      Tags: tagsOrNone(inputs.tags),
    });
    return required(LoadBalancers?.[0]?.LoadBalancerArn, "LoadBalancerArn");
  },
  finishCreate: async (aws, arn, inputs) => {
    // service/elbv2/load_balancer.go: waitLoadBalancerActive, first look after 30 seconds, then every 10.
    await aws.wait({
      label: `waiting for ELBv2 Load Balancer (${arn}) create`,
      state: () => balancerOf(aws, arn)?.State?.Code,
      target: ["active"],
      delaySeconds: 30,
      minSeconds: 10,
    });
    aws.call(elb, "ModifyLoadBalancerAttributes", { LoadBalancerArn: arn, Attributes: [...balancerAttributes(inputs)] });
  },
  read: (aws, arn) => {
    const found = balancerOf(aws, arn);
    return found && {
      inputs: {
        name: found.LoadBalancerName,
        internal: found.Scheme === "internal",
        ipAddressType: found.IpAddressType,
        loadBalancerType: found.Type,
        securityGroups: found.SecurityGroups,
        subnets: found.AvailabilityZones?.map(({ SubnetId }) => required(SubnetId, "SubnetId")),
        tags: tagsOf(aws, arn),
      },
      outputs: {
        arn,
        arnSuffix: arn.slice(arn.indexOf(":loadbalancer/") + ":loadbalancer/".length),
        dnsName: found.DNSName,
        zoneId: found.CanonicalHostedZoneId,
        vpcId: found.VpcId,
      },
    };
  },
  update: async (aws, arn, change) => {
    const { after } = change;
    if (change.has("securityGroups")) aws.call(elb, "SetSecurityGroups", { LoadBalancerArn: arn, SecurityGroups: after.securityGroups });
    if (change.has("subnets")) aws.call(elb, "SetSubnets", { LoadBalancerArn: arn, Subnets: after.subnets });
    if (change.has("ipAddressType")) aws.call(elb, "SetIpAddressType", { LoadBalancerArn: arn, IpAddressType: after.ipAddressType as "ipv4" });
    const attributes = changedAttributes(balancerAttributes(change.before), balancerAttributes(after));
    if (attributes.length > 0) aws.call(elb, "ModifyLoadBalancerAttributes", { LoadBalancerArn: arn, Attributes: [...attributes] });
    updateTags(aws, arn, change);
    await aws.wait({
      label: `waiting for ELBv2 Load Balancer (${arn}) update`,
      state: () => balancerOf(aws, arn)?.State?.Code,
      target: ["active"],
      delaySeconds: 30,
      minSeconds: 10,
    });
  },
  delete: (aws, arn) => {
    aws.call(elb, "DeleteLoadBalancer", { LoadBalancerArn: arn });
  },
});

function balancerOf(aws: ResourceContext, arn: string) {
  return aws.call(elb, "DescribeLoadBalancers", { LoadBalancerArns: [arn] }).LoadBalancers?.[0];
}

function balancerAttributes(inputs: Partial<Inputs<LoadBalancerArgs>>): Attributes {
  return pairs({
    "deletion_protection.enabled": inputs.enableDeletionProtection,
    "idle_timeout.timeout_seconds": inputs.idleTimeout,
    "client_keep_alive.seconds": inputs.clientKeepAlive,
    "routing.http.desync_mitigation_mode": inputs.desyncMitigationMode,
    "routing.http.drop_invalid_header_fields.enabled": inputs.dropInvalidHeaderFields,
    "routing.http2.enabled": inputs.enableHttp2,
    "routing.http.preserve_host_header.enabled": inputs.preserveHostHeader,
    "routing.http.xff_header_processing.mode": inputs.xffHeaderProcessingMode,
    "waf.fail_open.enabled": inputs.enableWafFailOpen,
    "zonal_shift.config.enabled": inputs.enableZonalShift,
    "access_logs.s3.enabled": inputs.accessLogs?.enabled,
    "access_logs.s3.bucket": inputs.accessLogs?.enabled ? inputs.accessLogs.bucket : undefined,
  });
}

const targetGroup = defineResource<TargetGroupArgs, TargetGroupState>({
  token: "aws:lb/targetGroup:TargetGroup",
  label: "ELBv2 Target Group",
  replaceOn: ["ipAddressType", "name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId"],
  computed: [
    "connectionTermination", "healthCheck", "ipAddressType", "loadBalancingAlgorithmType", "loadBalancingAnomalyMitigation",
    "loadBalancingCrossZoneEnabled", "name", "namePrefix", "preserveClientIp", "protocolVersion", "stickiness",
    "targetFailovers", "targetGroupHealth", "targetHealthStates",
  ],
  defaults: { deregistrationDelay: 300, lambdaMultiValueHeadersEnabled: false, proxyProtocolV2: false, slowStart: 0, targetType: "instance" },
  autoName: { property: "name", maxLength: MAX_NAME, unless: ["namePrefix"] },
  create: (aws, inputs) => {
    const { TargetGroups } = aws.call(elb, "CreateTargetGroup", {
      Name: required(inputs.name ?? (inputs.namePrefix ? `${inputs.namePrefix}${aws.token.slice(0, 12)}` : undefined), "name"),
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
    return found && {
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
    };
  },
  update: (aws, arn, change) => {
    const { before, after } = change;
    if (change.has("healthCheck")) aws.call(elb, "ModifyTargetGroup", { TargetGroupArn: arn, ...healthCheckOf(after) });
    const attributes = changedAttributes(groupAttributes(before), groupAttributes(after));
    if (attributes.length > 0) aws.call(elb, "ModifyTargetGroupAttributes", { TargetGroupArn: arn, Attributes: [...attributes] });
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
    "stickiness.lb_cookie.duration_seconds": stickiness?.type === "lb_cookie" ? (stickiness.cookieDuration ?? 86_400) : undefined,
  });
}

const listener = defineResource<ListenerArgs, ListenerState>({
  token: "aws:lb/listener:Listener",
  label: "ELBv2 Listener",
  replaceOn: ["loadBalancerArn"],
  computed: ["mutualAuthentication", "protocol", "sslPolicy", "tcpIdleTimeoutSeconds", "routingHttpResponseServerEnabled"],
  timeouts: { create: 300, update: 300 },
  validate: ({ defaultActions }) =>
    defaultActions?.length === 0 ? [{ property: "defaultActions", reason: "at least 1 action is required" }] : [],
  create: (aws, inputs) => {
    const { Listeners } = aws.call(elb, "CreateListener", {
      LoadBalancerArn: inputs.loadBalancerArn,
      ...listenerRequest(inputs),
      Tags: tagsOrNone(inputs.tags),
    });
    return required(Listeners?.[0]?.ListenerArn, "ListenerArn");
  },
  read: (aws, arn) => {
    const found = aws.call(elb, "DescribeListeners", { ListenerArns: [arn] }).Listeners?.[0];
    return found && {
      inputs: {
        loadBalancerArn: required(found.LoadBalancerArn, "LoadBalancerArn"),
        port: found.Port,
        protocol: found.Protocol,
        sslPolicy: found.SslPolicy,
        tags: tagsOf(aws, arn),
      },
      outputs: { arn },
    };
  },
  update: (aws, arn, change) => {
    if (change.has("port", "protocol", "sslPolicy", "certificateArn", "defaultActions")) {
      aws.call(elb, "ModifyListener", { ListenerArn: arn, ...listenerRequest(change.after) });
    }
    updateTags(aws, arn, change);
  },
  delete: (aws, arn) => {
    aws.call(elb, "DeleteListener", { ListenerArn: arn });
  },
});

function listenerRequest(inputs: Inputs<ListenerArgs>) {
  return {
    Port: inputs.port,
    Protocol: inputs.protocol as "HTTP" | undefined,
    SslPolicy: inputs.sslPolicy,
    Certificates: inputs.certificateArn ? [{ CertificateArn: inputs.certificateArn }] : undefined,
    DefaultActions: inputs.defaultActions.map(actionOf),
  };
}

function actionOf(action: Inputs<ListenerArgs>["defaultActions"][number], index: number): Action {
  const { fixedResponse, forward, redirect } = action;
  const request = {
    Type: action.type,
    Order: action.order ?? index + 1,
    TargetGroupArn: action.targetGroupArn,
    FixedResponseConfig: fixedResponse && {
      ContentType: fixedResponse.contentType,
      MessageBody: fixedResponse.messageBody,
      StatusCode: fixedResponse.statusCode,
    },
    ForwardConfig: forward && { TargetGroups: forward.targetGroups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })) },
    RedirectConfig: redirect && {
      Host: redirect.host,
      Path: redirect.path,
      Port: redirect.port,
      Protocol: redirect.protocol,
      Query: redirect.query,
      StatusCode: redirect.statusCode,
    },
  };
  return request as Action;
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
    const { TargetHealthDescriptions } = aws.call(elb, "DescribeTargetHealth", { TargetGroupArn: known.targetGroupArn });
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

function pairs(values: Readonly<Record<string, string | number | boolean | undefined>>): Attributes {
  return Object.entries(values).flatMap(([Key, value]) => (value === undefined ? [] : [{ Key, Value: String(value) }]));
}

function changedAttributes(before: Attributes, after: Attributes): Attributes {
  return after.filter(({ Key, Value }) => !before.some((one) => one.Key === Key && one.Value === Value));
}

function tagsOrNone(tags: Tags | undefined) {
  return tags && Object.keys(tags).length > 0 ? tagList(tags) : undefined;
}

function tagsOf(aws: ResourceContext, arn: string): Tags {
  return tagMap(aws.call(elb, "DescribeTags", { ResourceArns: [arn] }).TagDescriptions?.[0]?.Tags);
}

function updateTags<In extends { readonly tags?: Tags | undefined }>(aws: ResourceContext, arn: string, change: Change<In>): void {
  const { set, remove } = tagChange(change);
  if (remove.length > 0) aws.call(elb, "RemoveTags", { ResourceArns: [arn], TagKeys: [...remove] });
  if (Object.keys(set).length > 0) aws.call(elb, "AddTags", { ResourceArns: [arn], Tags: tagList(set) });
}

/** Load balancers, their target groups and listeners. */
export const lbTypes = [loadBalancer, targetGroup, listener, attachment];
