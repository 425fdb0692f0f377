import type { LoadBalancerArgs, LoadBalancerState } from "@pulumi/aws/lb/loadBalancer.js";

import { elasticLoadBalancingV2 as elb } from "../../services/elastic-load-balancing-v2/service.js";
import { defineResource, sameSet, type Inputs, type ResourceContext } from "../resource-type.js";
import { changedAttributes, MAX_NAME, pairs, tagsOf, tagsOrNone, updateTags, type Attributes } from "./lb-shared.js";
import { required } from "./tags.js";

const loadBalancer = defineResource<LoadBalancerArgs, LoadBalancerState>({
  token: "aws:lb/loadBalancer:LoadBalancer",
  label: "ELBv2 application Load Balancer",
  replaceOn: ["customerOwnedIpv4Pool", "internal", "loadBalancerType", "name", "namePrefix"],
  computed: [
    "internal",
    "ipAddressType",
    "name",
    "namePrefix",
    "securityGroups",
    "subnetMappings",
    "subnets",
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
      SubnetMappings: inputs.subnetMappings?.map(({ subnetId, allocationId }) => ({
        SubnetId: subnetId,
        AllocationId: allocationId,
      })),
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
    aws.call(elb, "ModifyLoadBalancerAttributes", {
      LoadBalancerArn: arn,
      Attributes: [...balancerAttributes(inputs)],
    });
  },
  read: (aws, arn) => {
    const found = balancerOf(aws, arn);
    return (
      found && {
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
      }
    );
  },
  update: async (aws, arn, change) => {
    const { after } = change;
    if (change.has("securityGroups"))
      aws.call(elb, "SetSecurityGroups", { LoadBalancerArn: arn, SecurityGroups: after.securityGroups });
    if (change.has("subnets")) aws.call(elb, "SetSubnets", { LoadBalancerArn: arn, Subnets: after.subnets });
    if (change.has("ipAddressType"))
      aws.call(elb, "SetIpAddressType", { LoadBalancerArn: arn, IpAddressType: after.ipAddressType as "ipv4" });
    const attributes = changedAttributes(balancerAttributes(change.before), balancerAttributes(after));
    if (attributes.length > 0)
      aws.call(elb, "ModifyLoadBalancerAttributes", { LoadBalancerArn: arn, Attributes: [...attributes] });
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

/** Load balancers. */
export const loadBalancerTypes = [loadBalancer];
