import type { CreateNatGatewayRequest } from "@aws-sdk/client-ec2";

import { workFor } from "../../region-outages.js";
import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { formatAddress } from "./cidr.js";
import { applyFilters, found, page, selectByIds, type FilterFields } from "./filters.js";
import { createInterface, deleteInterface } from "./interfaces.js";
import { subnetOf } from "./lookup.js";
import { ec2Quota } from "./quotas.js";
import {
  ec2Slot,
  nameOf,
  newEc2Id,
  tagsFor,
  withClientToken,
  type AddressRecord,
  type Ec2Handlers,
  type NatGatewayRecord,
} from "./state.js";

const addressFields: FilterFields<AddressRecord> = {
  "allocation-id": ({ AllocationId }) => AllocationId,
  "association-id": ({ AssociationId }) => AssociationId,
  "public-ip": ({ PublicIp }) => PublicIp,
  domain: ({ Domain }) => Domain,
  "instance-id": ({ InstanceId }) => InstanceId,
  "network-interface-id": ({ NetworkInterfaceId }) => NetworkInterfaceId,
};

/** Elastic IP addresses. */
export function addressHandlers(world: World) {
  return {
    AllocateAddress: (input, { region }) => {
      const state = world.state(ec2Slot, region);
      if (state.addresses.size >= ec2Quota(world, region, "addresses")) {
        throw new ServiceError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
      }
      const tags = tagsFor(input.TagSpecifications, "elastic-ip");
      const id = newEc2Id(world, region, "eipalloc-", [nameOf(tags)]);
      const address: AddressRecord = {
        AllocationId: id,
        PublicIp: publicAddress(world, `${region}/${id}`),
        Domain: "vpc",
        PublicIpv4Pool: input.PublicIpv4Pool ?? "amazon",
        NetworkBorderGroup: input.NetworkBorderGroup ?? region,
        Tags: tags,
      };
      state.addresses.set(id, address);
      world.note({ region, service: "ec2", resource: id, what: "Elastic IP address allocated" });
      const { AllocationId, PublicIp, Domain, PublicIpv4Pool, NetworkBorderGroup } = address;
      return { AllocationId, PublicIp, Domain, PublicIpv4Pool, NetworkBorderGroup };
    },

    DescribeAddresses: (input, { region }) => {
      const { addresses } = world.state(ec2Slot, region);
      const selected = selectByIds(addresses, input.AllocationIds, "InvalidAllocationID.NotFound", "allocation").filter(
        ({ PublicIp }) => !input.PublicIps?.length || input.PublicIps.includes(PublicIp),
      );
      if (input.PublicIps?.length && selected.length < input.PublicIps.length) {
        throw new ServiceError("InvalidAddress.NotFound", `Address '${input.PublicIps.join(", ")}' not found.`);
      }
      return { Addresses: applyFilters(selected, input.Filters, addressFields) };
    },

    DescribeAddressesAttribute: (input, { region }) => {
      const { addresses } = world.state(ec2Slot, region);
      const selected = selectByIds(addresses, input.AllocationIds, "InvalidAllocationID.NotFound", "allocation");
      return { Addresses: selected.map(({ AllocationId, PublicIp }) => ({ AllocationId, PublicIp })) };
    },

    ReleaseAddress: ({ AllocationId }, { region }) => {
      const { addresses } = world.state(ec2Slot, region);
      const address = found(addresses, AllocationId, "InvalidAllocationID.NotFound", "allocation");
      if (address.AssociationId) {
        throw new ServiceError("InvalidIPAddress.InUse", `Address ${address.PublicIp} is in use.`);
      }
      addresses.delete(address.AllocationId);
      world.note({ region, service: "ec2", resource: address.AllocationId, what: "Elastic IP address released" });
      return {};
    },
  } satisfies Ec2Handlers;
}

const natFields: FilterFields<NatGatewayRecord> = {
  "nat-gateway-id": ({ NatGatewayId }) => NatGatewayId,
  "subnet-id": ({ SubnetId }) => SubnetId,
  "vpc-id": ({ VpcId }) => VpcId,
  state: ({ State }) => State,
};

/** NAT gateways: pending until `nat.create` has passed; a deleted one stays visible as `deleted`. */
export function natGatewayHandlers(world: World) {
  return {
    CreateNatGateway: (input, { region }) => {
      const state = world.state(ec2Slot, region);
      const nat = withClientToken(
        world,
        region,
        "CreateNatGateway",
        input,
        (id) => state.natGateways.get(id),
        () => {
          const resource = createNatGateway(world, region, input);
          return { id: resource.NatGatewayId, resource };
        },
      );
      return { NatGateway: nat, ClientToken: input.ClientToken };
    },

    DescribeNatGateways: (input, { region }) => {
      const { natGateways } = world.state(ec2Slot, region);
      const selected = selectByIds(natGateways, input.NatGatewayIds, "NatGatewayNotFound", "natGateway");
      const { items, nextToken } = page(applyFilters(selected, input.Filter, natFields), input);
      return { NatGateways: items, NextToken: nextToken };
    },

    DeleteNatGateway: ({ NatGatewayId }, { region }) => {
      const state = world.state(ec2Slot, region);
      const nat = found(state.natGateways, NatGatewayId, "NatGatewayNotFound", "natGateway");
      if (nat.State === "deleted")
        throw new ServiceError("NatGatewayNotFound", `NatGateway ${nat.NatGatewayId} was not found`);
      if (nat.State !== "deleting") {
        nat.State = "deleting";
        workFor(world, "nat.delete", { region, resource: nat.NatGatewayId }, () => finishDeletion(world, region, nat));
      }
      return { NatGatewayId: nat.NatGatewayId };
    },
  } satisfies Ec2Handlers;
}

function createNatGateway(world: World, region: string, input: CreateNatGatewayRequest): NatGatewayRecord {
  const state = world.state(ec2Slot, region);
  const subnet = subnetOf(world, region, input.SubnetId);
  const isPublic = (input.ConnectivityType ?? "public") === "public";
  const address = isPublic
    ? found(state.addresses, input.AllocationId, "InvalidAllocationID.NotFound", "allocation")
    : undefined;
  if (address?.AssociationId) {
    throw new ServiceError(
      "Resource.AlreadyAssociated",
      `Elastic IP address [${address.AllocationId}] is already associated`,
    );
  }
  const inZone = [...state.natGateways.values()].filter(
    ({ SubnetId, State }) =>
      State !== "deleted" && state.subnets.get(SubnetId)?.AvailabilityZone === subnet.AvailabilityZone,
  );
  if (inZone.length >= ec2Quota(world, region, "natGatewaysPerZone")) {
    throw new ServiceError(
      "NatGatewayLimitExceeded",
      "The maximum number of NAT gateways in this Availability Zone has been reached.",
    );
  }
  const tags = tagsFor(input.TagSpecifications, "natgateway");
  const id = newEc2Id(world, region, "nat-", [subnet.SubnetId, input.ClientToken ?? nameOf(tags)]);
  const networkInterface = createInterface(world, region, {
    key: [id],
    subnetId: subnet.SubnetId,
    type: "natGateway",
    description: `Interface for NAT Gateway ${id}`,
    groupIds: [],
  });
  if (address) {
    address.AssociationId = newEc2Id(world, region, "eipassoc-", [id, address.AllocationId]);
    address.NetworkInterfaceId = networkInterface.NetworkInterfaceId;
    address.PrivateIpAddress = networkInterface.PrivateIpAddress;
  }
  const nat: NatGatewayRecord = {
    NatGatewayId: id,
    SubnetId: subnet.SubnetId,
    VpcId: subnet.VpcId,
    State: "pending",
    CreateTime: new Date(world.now()),
    ConnectivityType: isPublic ? "public" : "private",
    NatGatewayAddresses: [
      {
        AllocationId: address?.AllocationId,
        AssociationId: address?.AssociationId,
        PublicIp: address?.PublicIp,
        NetworkInterfaceId: networkInterface.NetworkInterfaceId,
        PrivateIp: networkInterface.PrivateIpAddress,
        IsPrimary: true,
        Status: "succeeded",
      },
    ],
    Tags: tags,
  };
  state.natGateways.set(id, nat);
  world.note({ region, service: "ec2", resource: id, what: "NAT gateway created" });
  workFor(world, "nat.create", { region, resource: id }, () => {
    if (nat.State !== "pending") return;
    const reachesInternet = [...state.internetGateways.values()].some(({ Attachments }) =>
      Attachments.some(({ VpcId }) => VpcId === nat.VpcId),
    );
    if (isPublic && !reachesInternet) {
      nat.State = "failed";
      nat.FailureCode = "Gateway.NotAttached";
      nat.FailureMessage = `Network ${nat.VpcId} has no Internet gateway attached`;
    } else {
      nat.State = "available";
    }
    world.note({ region, service: "ec2", resource: id, what: `NAT gateway became ${nat.State}` });
  });
  return nat;
}

function finishDeletion(world: World, region: string, nat: NatGatewayRecord): void {
  nat.State = "deleted";
  nat.DeleteTime = new Date(world.now());
  for (const { NetworkInterfaceId, AllocationId } of nat.NatGatewayAddresses ?? []) {
    if (NetworkInterfaceId) deleteInterface(world, region, NetworkInterfaceId);
    const address = world.state(ec2Slot, region).addresses.get(AllocationId ?? "");
    if (address) {
      delete address.AssociationId;
      delete address.NetworkInterfaceId;
      delete address.PrivateIpAddress;
    }
  }
  world.note({ region, service: "ec2", resource: nat.NatGatewayId, what: "NAT gateway deleted" });
}

/** A public address for `key`, from the range that is reserved for benchmarks (198.18.0.0/15): never a real host's. */
export function publicAddress(world: World, key: string): string {
  const benchmarking = 198 * 2 ** 24 + 18 * 2 ** 16;
  return formatAddress(benchmarking + Math.floor(world.draw(`public-address/${key}`) * 2 ** 17));
}
