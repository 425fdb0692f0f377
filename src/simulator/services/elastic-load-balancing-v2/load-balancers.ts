import type { CreateLoadBalancerInput, LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";

import { workFor } from "../../region-outages.js";
import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { createInterface, deleteInterface } from "../ec2/interfaces.js";
import { ec2Slot } from "../ec2/state.js";
import { defaultLoadBalancerAttributes } from "./attributes.js";
import { syncTargetGroup, watchTargets } from "./health.js";
import { loadBalancerZoneId } from "./hosted-zones.js";
import { publishHostCounts } from "./metrics.js";
import {
  elbSlot,
  loadBalancerOf,
  newElbId,
  page,
  validationError,
  type ElbHandlers,
  type LoadBalancerRecord,
  type ZoneRecord,
} from "./state.js";

/** Application Load Balancers: `provisioning` until `elb.create` has passed, then `active`. */
export function loadBalancerHandlers(world: World) {
  return {
    CreateLoadBalancer: (input, { region, accountId }) => {
      watchTargets(world, region);
      const state = world.state(elbSlot, region);
      const name = input.Name ?? "";
      checkName(name);
      if ((input.Type ?? "application") !== "application") {
        throw new ServiceError("NotImplemented", "the simulator models application load balancers only", {
          status: 501,
        });
      }
      const subnetIds = input.SubnetMappings?.length
        ? input.SubnetMappings.map(({ SubnetId = "" }) => SubnetId)
        : (input.Subnets ?? []);
      const vpcId = checkSubnets(world, region, subnetIds);
      const scheme = input.Scheme ?? "internet-facing";
      const existing = [...state.loadBalancers.values()].find((candidate) => candidate.name === name);
      if (existing) {
        if (isSame(existing, input, subnetIds)) return { LoadBalancers: [answer(region, existing)] };
        throw new ServiceError(
          "DuplicateLoadBalancerNameException",
          `A load balancer with the same name '${name}' exists, but with different settings`,
        );
      }
      const id = newElbId(world, region, ["loadbalancer", name]);
      const arn = `arn:aws:elasticloadbalancing:${region}:${accountId}:loadbalancer/app/${name}/${id}`;
      const number = 1_000_000_000 + Math.floor(world.draw(`${arn}/dns`) * 1_000_000_000);
      const prefix = scheme === "internal" ? "internal-" : "";
      const securityGroups = securityGroupsFor(world, region, vpcId, input.SecurityGroups);
      const record: LoadBalancerRecord = {
        arn,
        name,
        dnsName: `${prefix}${name}-${number}.${region}.elb.amazonaws.com`,
        scheme,
        vpcId,
        createdAt: new Date(world.now()),
        ipAddressType: input.IpAddressType ?? "ipv4",
        state: "provisioning",
        zones: subnetIds.map((subnetId) => zoneFor(world, region, name, id, subnetId, securityGroups)),
        securityGroups,
        attributes: defaultLoadBalancerAttributes(),
        tags: [...(input.Tags ?? [])],
      };
      state.loadBalancers.set(arn, record);
      publishHostCounts(world, region);
      note(world, region, record, "load balancer created");
      workFor(world, "elb.create", { region, resource: arn }, () => {
        record.state = "active";
        note(world, region, record, "load balancer became active");
      });
      return { LoadBalancers: [answer(region, record)] };
    },

    DescribeLoadBalancers: (input, { region }) => {
      const all = [...world.state(elbSlot, region).loadBalancers.values()];
      const byName = (name: string): LoadBalancerRecord => {
        const record = all.find((candidate) => candidate.name === name);
        if (!record) throw new ServiceError("LoadBalancerNotFoundException", `Load balancers '[${name}]' not found`);
        return record;
      };
      const selected = input.LoadBalancerArns?.length
        ? input.LoadBalancerArns.map((arn) => loadBalancerOf(world, region, arn))
        : input.Names?.length
          ? input.Names.map(byName)
          : all;
      const { items, nextMarker } = page(selected, input);
      return { LoadBalancers: items.map((record) => answer(region, record)), NextMarker: nextMarker };
    },

    DeleteLoadBalancer: ({ LoadBalancerArn }, { region }) => {
      const state = world.state(elbSlot, region);
      const record = state.loadBalancers.get(LoadBalancerArn ?? "");
      // Deleting what does not exist succeeds.
      if (!record) return {};
      if (record.attributes.get("deletion_protection.enabled") === "true") {
        throw new ServiceError(
          "OperationNotPermittedException",
          `Load balancer '${record.arn}' cannot be deleted because deletion protection is enabled`,
        );
      }
      state.loadBalancers.delete(record.arn);
      for (const listener of [...state.listeners.values()]) {
        if (listener.loadBalancerArn === record.arn) state.listeners.delete(listener.arn);
      }
      for (const group of state.targetGroups.values()) syncTargetGroup(world, region, group);
      note(world, region, record, "load balancer deleted");
      workFor(world, "elb.delete", { region, resource: record.arn }, () => {
        for (const { interfaceId } of record.zones) deleteInterface(world, region, interfaceId);
      });
      return {};
    },

    SetSecurityGroups: ({ LoadBalancerArn, SecurityGroups = [] }, { region }) => {
      const record = loadBalancerOf(world, region, LoadBalancerArn);
      record.securityGroups = securityGroupsFor(world, region, record.vpcId, SecurityGroups);
      const { interfaces } = world.state(ec2Slot, region);
      for (const { interfaceId } of record.zones) {
        const networkInterface = interfaces.get(interfaceId);
        if (networkInterface) networkInterface.groupIds = record.securityGroups;
      }
      syncAll(world, region);
      return { SecurityGroupIds: [...record.securityGroups] };
    },

    SetSubnets: (input, { region }) => {
      const record = loadBalancerOf(world, region, input.LoadBalancerArn);
      const subnetIds = input.SubnetMappings?.map(({ SubnetId = "" }) => SubnetId) ?? input.Subnets ?? [];
      checkSubnets(world, region, subnetIds);
      const kept = record.zones.filter(({ subnetId }) => subnetIds.includes(subnetId));
      for (const zone of record.zones) if (!kept.includes(zone)) deleteInterface(world, region, zone.interfaceId);
      const added = subnetIds.filter((id) => !kept.some(({ subnetId }) => subnetId === id));
      const made = added.map((subnetId) =>
        zoneFor(world, region, record.name, record.arn, subnetId, record.securityGroups),
      );
      record.zones = [...kept, ...made];
      syncAll(world, region);
      return { AvailabilityZones: zonesOf(record), IpAddressType: record.ipAddressType };
    },

    SetIpAddressType: ({ LoadBalancerArn, IpAddressType }, { region }) => {
      const record = loadBalancerOf(world, region, LoadBalancerArn);
      record.ipAddressType = IpAddressType ?? record.ipAddressType;
      return { IpAddressType: record.ipAddressType };
    },
  } satisfies ElbHandlers;

  function syncAll(world: World, region: string): void {
    for (const group of world.state(elbSlot, region).targetGroups.values()) syncTargetGroup(world, region, group);
  }
}

function answer(region: string, record: LoadBalancerRecord): LoadBalancer {
  return {
    LoadBalancerArn: record.arn,
    LoadBalancerName: record.name,
    DNSName: record.dnsName,
    CanonicalHostedZoneId: loadBalancerZoneId(region),
    CreatedTime: record.createdAt,
    Scheme: record.scheme,
    VpcId: record.vpcId,
    State: { Code: record.state },
    Type: "application",
    AvailabilityZones: zonesOf(record),
    SecurityGroups: [...record.securityGroups],
    IpAddressType: record.ipAddressType,
  };
}

function zonesOf({ zones }: LoadBalancerRecord) {
  return zones.map(({ zone, subnetId }) => ({ ZoneName: zone, SubnetId: subnetId, LoadBalancerAddresses: [] }));
}

function checkName(name: string): void {
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name) || name.startsWith("internal-")) {
    throw validationError(
      `The load balancer name '${name}' must have at most 32 letters, digits and hyphens, not begin or end with a hyphen, and not begin with 'internal-'`,
    );
  }
}

/** @returns the VPC of the subnets */
function checkSubnets(world: World, region: string, subnetIds: readonly string[]): string {
  const { subnets } = world.state(ec2Slot, region);
  const found = subnetIds.map((id) => {
    const subnet = subnets.get(id);
    if (!subnet) throw new ServiceError("SubnetNotFoundException", `The subnet ID '${id}' does not exist`);
    return subnet;
  });
  const zones = new Set(found.map(({ AvailabilityZone }) => AvailabilityZone));
  if (zones.size < 2) {
    throw validationError("At least two subnets in two different Availability Zones must be specified");
  }
  if (zones.size < found.length) {
    throw new ServiceError(
      "InvalidConfigurationRequestException",
      "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    );
  }
  if (new Set(found.map(({ VpcId }) => VpcId)).size > 1) {
    throw new ServiceError("InvalidSubnetException", "All subnets must belong to the same VPC");
  }
  return found[0]?.VpcId ?? "";
}

function securityGroupsFor(
  world: World,
  region: string,
  vpcId: string,
  given: readonly string[] | undefined,
): string[] {
  const groups = [...world.state(ec2Slot, region).securityGroups.values()].filter((group) => group.VpcId === vpcId);
  if (!given?.length) return groups.filter(({ GroupName }) => GroupName === "default").map(({ GroupId }) => GroupId);
  const unknown = given.find((id) => !groups.some(({ GroupId }) => GroupId === id));
  if (unknown) {
    throw new ServiceError("InvalidSecurityGroupException", `One or more security groups are invalid: ${unknown}`);
  }
  return [...given];
}

function zoneFor(
  world: World,
  region: string,
  name: string,
  key: string,
  subnetId: string,
  groupIds: readonly string[],
): ZoneRecord {
  const description = `ELB app/${name}/${key.split("/").at(-1) ?? key}`;
  const made = createInterface(world, region, {
    key: ["elb", key],
    subnetId,
    type: "interface",
    description,
    groupIds,
  });
  return {
    zone: made.AvailabilityZone,
    subnetId,
    interfaceId: made.NetworkInterfaceId,
    address: made.PrivateIpAddress,
  };
}

function isSame(record: LoadBalancerRecord, input: CreateLoadBalancerInput, subnetIds: readonly string[]): boolean {
  const sorted = (values: readonly string[]): string => [...values].sort().join();
  return (
    record.scheme === (input.Scheme ?? "internet-facing") &&
    sorted(record.zones.map(({ subnetId }) => subnetId)) === sorted(subnetIds) &&
    (!input.SecurityGroups?.length || sorted(record.securityGroups) === sorted(input.SecurityGroups))
  );
}

function note(world: World, region: string, record: LoadBalancerRecord, what: string): void {
  world.note({ region, service: "elastic-load-balancing-v2", resource: record.name, what });
}
