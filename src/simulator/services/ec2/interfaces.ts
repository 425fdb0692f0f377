import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { formatAddress, parseCidr } from "./cidr.js";
import { applyFilters, page, selectByIds, type FilterFields } from "./filters.js";
import { ec2Slot, newEc2Id, type Ec2Handlers, type InterfaceRecord } from "./state.js";

export interface InterfaceSpec {
  /** What the interface belongs to: part of its id. */
  readonly key: readonly string[];
  readonly subnetId: string;
  readonly type: InterfaceRecord["InterfaceType"];
  readonly description: string;
  readonly groupIds: readonly string[];
}

/**
 * Takes an address in a subnet; while the interface stands, the subnet and its security groups can't be deleted.
 *
 * @throws ServiceError InsufficientFreeAddressesInSubnet
 */
export function createInterface(world: World, region: string, spec: InterfaceSpec): InterfaceRecord {
  const state = world.state(ec2Slot, region);
  const subnet = state.subnets.get(spec.subnetId);
  if (!subnet) throw new ServiceError("InvalidSubnetID.NotFound", `The subnet ID '${spec.subnetId}' does not exist`);
  const id = newEc2Id(world, region, "eni-", [spec.subnetId, ...spec.key]);
  const record: InterfaceRecord = {
    NetworkInterfaceId: id,
    SubnetId: spec.subnetId,
    VpcId: subnet.VpcId,
    AvailabilityZone: subnet.AvailabilityZone,
    PrivateIpAddress: freeAddress(world, region, spec.subnetId, subnet.CidrBlock, id),
    InterfaceType: spec.type,
    Description: spec.description,
    groupIds: spec.groupIds,
    Tags: [],
  };
  state.interfaces.set(id, record);
  return record;
}

export function deleteInterface(world: World, region: string, id: string): void {
  world.state(ec2Slot, region).interfaces.delete(id);
}

export function interfacesIn(world: World, region: string, subnetId: string): InterfaceRecord[] {
  return [...world.state(ec2Slot, region).interfaces.values()].filter(({ SubnetId }) => SubnetId === subnetId);
}

/** A free address of the subnet whose place depends on the interface's id, not on the order of calls. */
function freeAddress(world: World, region: string, subnetId: string, block: string, id: string): string {
  const cidr = parseCidr(block);
  const used = new Set(interfacesIn(world, region, subnetId).map(({ PrivateIpAddress }) => PrivateIpAddress));
  // The first four addresses and the last one are AWS's own.
  const usable = cidr ? cidr.last - cidr.first - 4 : 0;
  const start = Math.floor(world.draw(`address/${id}`) * usable);
  for (let offset = 0; cidr && offset < usable; offset++) {
    const address = formatAddress(cidr.first + 4 + ((start + offset) % usable));
    if (!used.has(address)) return address;
  }
  throw new ServiceError(
    "InsufficientFreeAddressesInSubnet",
    `There are not enough free addresses in subnet '${subnetId}'.`,
  );
}

const interfaceFields: FilterFields<InterfaceRecord> = {
  "network-interface-id": ({ NetworkInterfaceId }) => NetworkInterfaceId,
  "subnet-id": ({ SubnetId }) => SubnetId,
  "vpc-id": ({ VpcId }) => VpcId,
  "group-id": ({ groupIds }) => groupIds,
  "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
  "private-ip-address": ({ PrivateIpAddress }) => PrivateIpAddress,
  "addresses.private-ip-address": ({ PrivateIpAddress }) => PrivateIpAddress,
  "interface-type": ({ InterfaceType }) => InterfaceType,
  description: ({ Description }) => Description,
};

export function interfaceHandlers(world: World) {
  return {
    DescribeNetworkInterfaces: (input, { region, accountId }) => {
      const { interfaces, securityGroups } = world.state(ec2Slot, region);
      const ids = input.NetworkInterfaceIds;
      const selected = selectByIds(interfaces, ids, "InvalidNetworkInterfaceID.NotFound", "networkInterface");
      const { items, nextToken } = page(applyFilters(selected, input.Filters, interfaceFields), input);
      return {
        NextToken: nextToken,
        NetworkInterfaces: items.map(({ groupIds, Tags, ...shown }) => ({
          ...shown,
          Status: "in-use" as const,
          OwnerId: accountId,
          TagSet: Tags,
          PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: shown.PrivateIpAddress }],
          Groups: groupIds.map((GroupId) => ({ GroupId, GroupName: securityGroups.get(GroupId)?.GroupName })),
        })),
      };
    },
  } satisfies Ec2Handlers;
}
