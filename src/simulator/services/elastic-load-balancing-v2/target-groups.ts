import type { ProtocolEnum, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { ec2Slot } from "../ec2/state.js";
import { defaultTargetGroupAttributes } from "./attributes.js";
import { beginStreak, watchTargets } from "./health.js";
import {
  elbSlot,
  loadBalancersUsing,
  newElbId,
  page,
  targetGroupOf,
  validationError,
  type ElbHandlers,
  type HealthCheckSettings,
  type TargetGroupRecord,
} from "./state.js";

/** Target groups and the settings of their health checks. */
export function targetGroupHandlers(world: World) {
  const answer = (region: string, { healthCheck, ...group }: TargetGroupRecord): TargetGroup => ({
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    ProtocolVersion: group.protocolVersion,
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: group.targetType,
    IpAddressType: "ipv4",
    LoadBalancerArns: loadBalancersUsing(world, region, group.arn).map(({ arn }) => arn),
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: healthCheck.port,
    HealthCheckPath: healthCheck.path,
    HealthCheckEnabled: healthCheck.enabled,
    HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
    HealthCheckTimeoutSeconds: healthCheck.timeoutSeconds,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    Matcher: { HttpCode: healthCheck.matcher },
  });

  return {
    CreateTargetGroup: (input, { region, accountId }) => {
      watchTargets(world, region);
      const state = world.state(elbSlot, region);
      const name = input.Name ?? "";
      if (!/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name)) {
        throw validationError(
          `Target group name '${name}' must have at most 32 letters, digits and hyphens, and not begin or end with a hyphen`,
        );
      }
      const targetType = input.TargetType ?? "instance";
      if (targetType !== "instance" && targetType !== "ip") {
        throw new ServiceError("NotImplemented", `the simulator does not model targets of type ${targetType}`, {
          status: 501,
        });
      }
      const { Protocol: protocol, Port: port, VpcId: vpcId } = input;
      if (!protocol) throw validationError("A protocol must be specified");
      if (!port || port < 1 || port > 65_535) throw validationError("A port between 1 and 65535 must be specified");
      if (!vpcId) throw validationError("A VPC ID must be specified");
      if (!world.state(ec2Slot, region).vpcs.has(vpcId)) throw validationError(`The VPC ID '${vpcId}' is not found`);
      const healthCheck = settingsFrom(
        {
          protocol: protocol === "HTTPS" ? "HTTPS" : "HTTP",
          port: "traffic-port",
          path: "/",
          enabled: true,
          intervalSeconds: 30,
          timeoutSeconds: 5,
          healthyThreshold: 5,
          unhealthyThreshold: 2,
          matcher: "200",
        },
        input,
      );
      const existing = [...state.targetGroups.values()].find((candidate) => candidate.name === name);
      if (existing) {
        const same = existing.protocol === protocol && existing.port === port && existing.vpcId === vpcId;
        if (same && existing.targetType === targetType) return { TargetGroups: [answer(region, existing)] };
        throw new ServiceError(
          "DuplicateTargetGroupNameException",
          `A target group with the same name '${name}' exists, but with different settings`,
        );
      }
      const id = newElbId(world, region, ["targetgroup", name]);
      const group: TargetGroupRecord = {
        arn: `arn:aws:elasticloadbalancing:${region}:${accountId}:targetgroup/${name}/${id}`,
        name,
        protocol,
        protocolVersion: input.ProtocolVersion ?? "HTTP1",
        port,
        vpcId,
        targetType,
        healthCheck,
        attributes: defaultTargetGroupAttributes(),
        tags: [...(input.Tags ?? [])],
        targets: new Map(),
      };
      state.targetGroups.set(group.arn, group);
      world.note({ region, service: "elastic-load-balancing-v2", resource: name, what: "target group created" });
      return { TargetGroups: [answer(region, group)] };
    },

    DescribeTargetGroups: (input, { region }) => {
      const all = [...world.state(elbSlot, region).targetGroups.values()];
      const byName = (name: string): TargetGroupRecord => {
        const record = all.find((candidate) => candidate.name === name);
        if (!record) throw new ServiceError("TargetGroupNotFoundException", "One or more target groups not found");
        return record;
      };
      const selected = input.TargetGroupArns?.length
        ? input.TargetGroupArns.map((arn) => targetGroupOf(world, region, arn))
        : input.Names?.length
          ? input.Names.map(byName)
          : all.filter(({ arn }) => {
              const wanted = input.LoadBalancerArn;
              return !wanted || loadBalancersUsing(world, region, arn).some((user) => user.arn === wanted);
            });
      const { items, nextMarker } = page(selected, input);
      return { TargetGroups: items.map((group) => answer(region, group)), NextMarker: nextMarker };
    },

    ModifyTargetGroup: (input, { region }) => {
      const group = targetGroupOf(world, region, input.TargetGroupArn);
      Object.assign(group.healthCheck, settingsFrom(group.healthCheck, input));
      for (const target of group.targets.values()) beginStreak(world, region, group, target);
      return { TargetGroups: [answer(region, group)] };
    },

    DeleteTargetGroup: ({ TargetGroupArn }, { region }) => {
      const state = world.state(elbSlot, region);
      const group = state.targetGroups.get(TargetGroupArn ?? "");
      // Deleting what does not exist succeeds.
      if (!group) return {};
      if (loadBalancersUsing(world, region, group.arn).length > 0) {
        throw new ServiceError(
          "ResourceInUseException",
          `Target group '${group.arn}' is currently in use by a listener or a rule`,
        );
      }
      for (const target of group.targets.values()) {
        target.timer?.cancel();
        target.generation++;
      }
      state.targetGroups.delete(group.arn);
      world.note({ region, service: "elastic-load-balancing-v2", resource: group.name, what: "target group deleted" });
      return {};
    },
  } satisfies ElbHandlers;
}

interface SettingsInput {
  readonly HealthCheckProtocol?: ProtocolEnum | undefined;
  readonly HealthCheckPort?: string | undefined;
  readonly HealthCheckPath?: string | undefined;
  readonly HealthCheckEnabled?: boolean | undefined;
  readonly HealthCheckIntervalSeconds?: number | undefined;
  readonly HealthCheckTimeoutSeconds?: number | undefined;
  readonly HealthyThresholdCount?: number | undefined;
  readonly UnhealthyThresholdCount?: number | undefined;
  readonly Matcher?: { readonly HttpCode?: string | undefined } | undefined;
}

function settingsFrom(base: HealthCheckSettings, input: SettingsInput): HealthCheckSettings {
  const settings: HealthCheckSettings = {
    protocol: input.HealthCheckProtocol ?? base.protocol,
    port: input.HealthCheckPort ?? base.port,
    path: input.HealthCheckPath ?? base.path,
    enabled: input.HealthCheckEnabled ?? base.enabled,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? base.intervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? base.timeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount ?? base.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? base.unhealthyThreshold,
    matcher: input.Matcher?.HttpCode ?? base.matcher,
  };
  requireRange("Health check interval", settings.intervalSeconds, 5, 300);
  requireRange("Health check timeout", settings.timeoutSeconds, 2, 120);
  requireRange("Healthy threshold count", settings.healthyThreshold, 2, 10);
  requireRange("Unhealthy threshold count", settings.unhealthyThreshold, 2, 10);
  if (settings.timeoutSeconds >= settings.intervalSeconds) {
    throw validationError("Health check timeout must be smaller than the interval");
  }
  if (!settings.path.startsWith("/")) throw validationError("Health check path must begin with a '/' character");
  return settings;
}

function requireRange(what: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw validationError(`${what} must be between ${low} and ${high}`);
}
