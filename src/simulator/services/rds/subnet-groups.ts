import type { DBSubnetGroup } from "@aws-sdk/client-rds";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { ec2Slot } from "../ec2/state.js";
import { page } from "./paging.js";
import { invalidValue, rdsArn, rdsSlot, tagsOf, type RdsHandlers, type SubnetGroup } from "./state.js";

export function subnetGroupHandlers(world: World) {
  const groupsOf = (region: string): Map<string, SubnetGroup> => world.state(rdsSlot, region).subnetGroups;

  function requireGroup(region: string, name: string | undefined): SubnetGroup {
    const group = groupsOf(region).get(name?.toLowerCase() ?? "");
    if (group) return group;
    throw new ServiceError("DBSubnetGroupNotFoundFault", `DB subnet group '${name ?? ""}' does not exist.`, {
      status: 404,
    });
  }

  return {
    CreateDBSubnetGroup: (input, { region }) => {
      const name = (input.DBSubnetGroupName ?? "").toLowerCase();
      if (!/^[a-z0-9][a-z0-9 ._-]{0,254}$/.test(name) || name === "default")
        throw invalidValue(`The parameter DBSubnetGroupName is not a valid identifier: ${name}`);
      if (groupsOf(region).has(name))
        throw new ServiceError("DBSubnetGroupAlreadyExistsFault", `The DB subnet group '${name}' already exists.`);
      const arn = rdsArn(world, region, "subgrp", name);
      const group: SubnetGroup = {
        name,
        arn,
        description: input.DBSubnetGroupDescription ?? "",
        ...network(world, region, input.SubnetIds ?? []),
      };
      groupsOf(region).set(name, group);
      for (const { Key, Value } of input.Tags ?? []) tagsOf(world, region, arn).set(Key ?? "", Value ?? "");
      return { DBSubnetGroup: toSubnetGroup(group) };
    },

    ModifyDBSubnetGroup: (input, { region }) => {
      const group = requireGroup(region, input.DBSubnetGroupName);
      const { vpcId, subnets } = network(world, region, input.SubnetIds ?? []);
      if (vpcId !== group.vpcId)
        throw new ServiceError("InvalidSubnet", "The new Subnets are not in the same Vpc as the existing subnet group");
      group.subnets = subnets;
      group.description = input.DBSubnetGroupDescription ?? group.description;
      return { DBSubnetGroup: toSubnetGroup(group) };
    },

    DescribeDBSubnetGroups: (input, { region }) => {
      const all =
        input.DBSubnetGroupName === undefined
          ? [...groupsOf(region).values()].sort((a, b) => (a.name < b.name ? -1 : 1))
          : [requireGroup(region, input.DBSubnetGroupName)];
      const { items, Marker } = page(all, input, (group) => group.name);
      return { DBSubnetGroups: items.map(toSubnetGroup), ...(Marker ? { Marker } : {}) };
    },

    DeleteDBSubnetGroup: (input, { region }) => {
      const group = requireGroup(region, input.DBSubnetGroupName);
      const state = world.state(rdsSlot, region);
      const user = [...state.instances.values()].find(
        ({ settings }) => settings.subnetGroup?.toLowerCase() === group.name,
      );
      if (user)
        throw new ServiceError(
          "InvalidDBSubnetGroupStateFault",
          `Cannot delete the subnet group '${group.name}' because at least one database instance: ${user.identifier} is still using it.`,
        );
      groupsOf(region).delete(group.name);
      state.tags.delete(group.arn);
      return {};
    },
  } satisfies RdsHandlers;
}

/** The subnets with their zones, and the one VPC that holds them. */
function network(world: World, region: string, subnetIds: readonly string[]): Pick<SubnetGroup, "vpcId" | "subnets"> {
  const known = world.state(ec2Slot, region).subnets;
  const found = subnetIds.map((id) => {
    const subnet = known.get(id);
    if (!subnet)
      throw new ServiceError("InvalidSubnet", `Some input subnets in :[${subnetIds.join(", ")}] are invalid.`);
    return { id, zone: subnet.AvailabilityZone, vpcId: subnet.VpcId };
  });
  const vpcs = new Set(found.map(({ vpcId }) => vpcId));
  const zones = new Set(found.map(({ zone }) => zone));
  const [vpcId] = vpcs;
  if (vpcId === undefined || zones.size < 2)
    throw new ServiceError(
      "DBSubnetGroupDoesNotCoverEnoughAZs",
      "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. " +
        `Current AZ coverage: ${[...zones].join(", ")}. Add subnets to cover at least 2 AZs.`,
    );
  if (vpcs.size > 1) throw new ServiceError("InvalidSubnet", "The subnets are not all in the same VPC.");
  return { vpcId, subnets: found.map(({ id, zone }) => ({ id, zone })) };
}

/** A subnet group as RDS answers it. */
export function toSubnetGroup(group: SubnetGroup): DBSubnetGroup {
  return {
    DBSubnetGroupName: group.name,
    DBSubnetGroupDescription: group.description,
    DBSubnetGroupArn: group.arn,
    VpcId: group.vpcId,
    SubnetGroupStatus: "Complete",
    Subnets: group.subnets.map(({ id, zone }) => ({
      SubnetIdentifier: id,
      SubnetAvailabilityZone: { Name: zone },
      SubnetOutpost: {},
      SubnetStatus: "Active",
    })),
    SupportedNetworkTypes: ["IPV4"],
  };
}
