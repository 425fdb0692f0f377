import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { applyFilters, found, page, selectByIds, type FilterFields } from "./filters.js";
import { vpcOf } from "./lookup.js";
import { ec2Slot, nameOf, newEc2Id, tagsFor, type Ec2Handlers, type GatewayRecord } from "./state.js";

const gatewayFields: FilterFields<GatewayRecord> = {
  "internet-gateway-id": ({ InternetGatewayId }) => InternetGatewayId,
  "attachment.vpc-id": ({ Attachments }) => Attachments.map(({ VpcId }) => VpcId),
  "attachment.state": ({ Attachments }) => Attachments.map(({ State }) => State),
  "owner-id": ({ OwnerId }) => OwnerId,
};

/** Internet gateways. */
export function internetGatewayHandlers(world: World) {
  const gatewayOf = (region: string, id: string | undefined): GatewayRecord =>
    found(world.state(ec2Slot, region).internetGateways, id, "InvalidInternetGatewayID.NotFound", "internetGateway");

  return {
    CreateInternetGateway: (input, { region, accountId }) => {
      const tags = tagsFor(input.TagSpecifications, "internet-gateway");
      const id = newEc2Id(world, region, "igw-", [nameOf(tags)]);
      const gateway: GatewayRecord = { InternetGatewayId: id, Attachments: [], OwnerId: accountId, Tags: tags };
      world.state(ec2Slot, region).internetGateways.set(id, gateway);
      world.note({ region, service: "ec2", resource: id, what: "internet gateway created" });
      return { InternetGateway: gateway };
    },

    DescribeInternetGateways: (input, { region }) => {
      const { internetGateways } = world.state(ec2Slot, region);
      const ids = input.InternetGatewayIds;
      const selected = selectByIds(internetGateways, ids, "InvalidInternetGatewayID.NotFound", "internetGateway");
      const { items, nextToken } = page(applyFilters(selected, input.Filters, gatewayFields), input);
      return { InternetGateways: items, NextToken: nextToken };
    },

    AttachInternetGateway: ({ InternetGatewayId, VpcId }, { region }) => {
      const gateway = gatewayOf(region, InternetGatewayId);
      const vpc = vpcOf(world, region, VpcId);
      if (gateway.Attachments.length > 0) {
        throw new ServiceError(
          "Resource.AlreadyAssociated",
          `resource ${gateway.InternetGatewayId} is already attached to network ${gateway.Attachments[0]?.VpcId ?? ""}`,
        );
      }
      const others = [...world.state(ec2Slot, region).internetGateways.values()];
      if (others.some(({ Attachments }) => Attachments.some((attachment) => attachment.VpcId === vpc.VpcId))) {
        throw new ServiceError(
          "InvalidParameterValue",
          `Network ${vpc.VpcId} already has an internet gateway attached`,
        );
      }
      // The API answers "available" for an attached internet gateway, although its model says "attached".
      gateway.Attachments = [{ VpcId: vpc.VpcId, State: "available" as "attached" }];
      return {};
    },

    DetachInternetGateway: ({ InternetGatewayId, VpcId }, { region }) => {
      const gateway = gatewayOf(region, InternetGatewayId);
      if (!gateway.Attachments.some((attachment) => attachment.VpcId === VpcId)) {
        throw new ServiceError(
          "Gateway.NotAttached",
          `resource ${gateway.InternetGatewayId} is not attached to network ${VpcId ?? ""}`,
        );
      }
      const addresses = [...world.state(ec2Slot, region).natGateways.values()];
      if (
        addresses.some((nat) => nat.VpcId === VpcId && nat.ConnectivityType === "public" && nat.State !== "deleted")
      ) {
        throw new ServiceError(
          "DependencyViolation",
          `Network ${VpcId ?? ""} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
        );
      }
      gateway.Attachments = [];
      return {};
    },

    DeleteInternetGateway: ({ InternetGatewayId }, { region }) => {
      const { InternetGatewayId: id, Attachments } = gatewayOf(region, InternetGatewayId);
      if (Attachments.length > 0) {
        throw new ServiceError(
          "DependencyViolation",
          `The internetGateway '${id}' has dependencies and cannot be deleted.`,
        );
      }
      world.state(ec2Slot, region).internetGateways.delete(id);
      world.note({ region, service: "ec2", resource: id, what: "internet gateway deleted" });
      return {};
    },
  } satisfies Ec2Handlers;
}
