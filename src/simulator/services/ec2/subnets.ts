import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { canonicalCidr, contains, overlaps, parseCidr } from "./cidr.js";
import { applyFilters, page, selectByIds, type FilterFields } from "./filters.js";
import { interfacesIn } from "./interfaces.js";
import { invalidParameter, subnetOf, vpcOf } from "./lookup.js";
import { ec2Slot, nameOf, newEc2Id, tagsFor, type Ec2Handlers, type SubnetRecord } from "./state.js";
import { availabilityZones, zoneId } from "./zones.js";

const subnetFields: FilterFields<SubnetRecord> = {
  "subnet-id": ({ SubnetId }) => SubnetId,
  "vpc-id": ({ VpcId }) => VpcId,
  "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
  availabilityZone: ({ AvailabilityZone }) => AvailabilityZone,
  "availability-zone-id": ({ AvailabilityZoneId }) => AvailabilityZoneId,
  "cidr-block": ({ CidrBlock }) => CidrBlock,
  cidr: ({ CidrBlock }) => CidrBlock,
  "default-for-az": ({ DefaultForAz }) => DefaultForAz,
  "map-public-ip-on-launch": ({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch,
  "owner-id": ({ OwnerId }) => OwnerId,
  state: ({ State }) => State,
};

/** Addresses that AWS keeps for itself in each subnet. */
const RESERVED_ADDRESSES = 5;

export function subnetHandlers(world: World) {
  const answer = (region: string, subnet: SubnetRecord): SubnetRecord => {
    const cidr = parseCidr(subnet.CidrBlock);
    const size = cidr ? cidr.last - cidr.first + 1 : 0;
    const used = interfacesIn(world, region, subnet.SubnetId).length;
    return { ...subnet, AvailableIpAddressCount: size - RESERVED_ADDRESSES - used };
  };

  return {
    CreateSubnet: (input, { region, accountId }) => {
      const state = world.state(ec2Slot, region);
      const vpc = vpcOf(world, region, input.VpcId);
      const cidr = parseCidr(input.CidrBlock ?? "");
      const vpcCidr = parseCidr(vpc.CidrBlock);
      if (!cidr || !vpcCidr)
        throw invalidParameter(`Value (${input.CidrBlock ?? ""}) for parameter cidrBlock is invalid.`);
      if (!contains(vpcCidr, cidr) || cidr.prefix > 28) {
        throw new ServiceError("InvalidSubnet.Range", `The CIDR '${input.CidrBlock ?? ""}' is invalid.`);
      }
      for (const other of state.subnets.values()) {
        const otherCidr = parseCidr(other.CidrBlock);
        if (other.VpcId === vpc.VpcId && otherCidr && overlaps(cidr, otherCidr)) {
          throw new ServiceError(
            "InvalidSubnet.Conflict",
            `The CIDR '${input.CidrBlock ?? ""}' conflicts with another subnet`,
          );
        }
      }
      const zones = availabilityZones(region);
      const zone =
        input.AvailabilityZone ??
        (input.AvailabilityZoneId ? zones.find((name) => zoneId(name) === input.AvailabilityZoneId) : zones[0]);
      if (!zone || !zones.includes(zone)) {
        throw invalidParameter(
          `Value (${input.AvailabilityZone ?? input.AvailabilityZoneId ?? ""}) for parameter availabilityZone is invalid. ` +
            `Subnets can currently only be created in the following availability zones: ${zones.join(", ")}.`,
        );
      }
      const tags = tagsFor(input.TagSpecifications, "subnet");
      const block = canonicalCidr(input.CidrBlock ?? "");
      const id = newEc2Id(world, region, "subnet-", [vpc.VpcId, block, nameOf(tags)]);
      const subnet: SubnetRecord = {
        SubnetId: id,
        SubnetArn: `arn:aws:ec2:${region}:${accountId}:subnet/${id}`,
        VpcId: vpc.VpcId,
        CidrBlock: block,
        AvailabilityZone: zone,
        AvailabilityZoneId: zoneId(zone),
        State: "available",
        OwnerId: accountId,
        DefaultForAz: false,
        MapPublicIpOnLaunch: false,
        AssignIpv6AddressOnCreation: false,
        MapCustomerOwnedIpOnLaunch: false,
        EnableDns64: false,
        Ipv6Native: false,
        Ipv6CidrBlockAssociationSet: [],
        PrivateDnsNameOptionsOnLaunch: {
          HostnameType: "ip-name",
          EnableResourceNameDnsARecord: false,
          EnableResourceNameDnsAAAARecord: false,
        },
        Tags: tags,
      };
      state.subnets.set(id, subnet);
      world.note({ region, service: "ec2", resource: id, what: "subnet created" });
      return { Subnet: answer(region, subnet) };
    },

    DescribeSubnets: (input, { region }) => {
      const { subnets } = world.state(ec2Slot, region);
      const selected = selectByIds(subnets, input.SubnetIds, "InvalidSubnetID.NotFound", "subnet");
      const { items, nextToken } = page(applyFilters(selected, input.Filters, subnetFields), input);
      return { Subnets: items.map((subnet) => answer(region, subnet)), NextToken: nextToken };
    },

    ModifySubnetAttribute: (input, { region }) => {
      const subnet = subnetOf(world, region, input.SubnetId);
      subnet.MapPublicIpOnLaunch = input.MapPublicIpOnLaunch?.Value ?? subnet.MapPublicIpOnLaunch;
      subnet.AssignIpv6AddressOnCreation =
        input.AssignIpv6AddressOnCreation?.Value ?? subnet.AssignIpv6AddressOnCreation;
      subnet.EnableDns64 = input.EnableDns64?.Value ?? subnet.EnableDns64;
      const options = (subnet.PrivateDnsNameOptionsOnLaunch ??= {});
      options.HostnameType = input.PrivateDnsHostnameTypeOnLaunch ?? options.HostnameType;
      options.EnableResourceNameDnsARecord =
        input.EnableResourceNameDnsARecordOnLaunch?.Value ?? options.EnableResourceNameDnsARecord;
      options.EnableResourceNameDnsAAAARecord =
        input.EnableResourceNameDnsAAAARecordOnLaunch?.Value ?? options.EnableResourceNameDnsAAAARecord;
      return {};
    },

    DeleteSubnet: ({ SubnetId }, { region }) => {
      const state = world.state(ec2Slot, region);
      const { SubnetId: id } = subnetOf(world, region, SubnetId);
      if (interfacesIn(world, region, id).length > 0) {
        throw new ServiceError("DependencyViolation", `The subnet '${id}' has dependencies and cannot be deleted.`);
      }
      for (const table of state.routeTables.values()) {
        table.Associations = table.Associations.filter((association) => association.SubnetId !== id);
      }
      state.subnets.delete(id);
      world.note({ region, service: "ec2", resource: id, what: "subnet deleted" });
      return {};
    },
  } satisfies Ec2Handlers;
}
