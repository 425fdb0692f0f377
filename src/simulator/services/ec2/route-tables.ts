import type { CreateRouteRequest, ReplaceRouteRequest, Route } from "@aws-sdk/client-ec2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { canonicalCidr } from "./cidr.js";
import { applyFilters, found, page, selectByIds, type FilterFields } from "./filters.js";
import { invalidParameter, subnetOf, vpcOf } from "./lookup.js";
import {
  ec2Slot,
  nameOf,
  newEc2Id,
  tagsFor,
  withClientToken,
  type Ec2Handlers,
  type RouteTableRecord,
} from "./state.js";

const tableFields: FilterFields<RouteTableRecord> = {
  "route-table-id": ({ RouteTableId }) => RouteTableId,
  "vpc-id": ({ VpcId }) => VpcId,
  "owner-id": ({ OwnerId }) => OwnerId,
  "association.main": ({ Associations }) => Associations.map(({ Main }) => Main),
  "association.subnet-id": ({ Associations }) => Associations.map(({ SubnetId }) => SubnetId),
  "association.gateway-id": ({ Associations }) => Associations.map(({ GatewayId }) => GatewayId),
  "association.route-table-id": ({ Associations }) => Associations.map(({ RouteTableId }) => RouteTableId),
  "association.route-table-association-id": ({ Associations }) =>
    Associations.map(({ RouteTableAssociationId }) => RouteTableAssociationId),
  "route.destination-cidr-block": ({ Routes }) => Routes.map(({ DestinationCidrBlock }) => DestinationCidrBlock),
  "route.gateway-id": ({ Routes }) => Routes.map(({ GatewayId }) => GatewayId),
  "route.nat-gateway-id": ({ Routes }) => Routes.map(({ NatGatewayId }) => NatGatewayId),
};

/** Route tables and their associations with subnets. */
export function routeTableHandlers(world: World) {
  return {
    CreateRouteTable: (input, { region, accountId }) => {
      const state = world.state(ec2Slot, region);
      const existing = (id: string): RouteTableRecord | undefined => state.routeTables.get(id);
      const table = withClientToken(world, region, "CreateRouteTable", input, existing, () => {
        const vpc = vpcOf(world, region, input.VpcId);
        const tags = tagsFor(input.TagSpecifications, "route-table");
        const id = newEc2Id(world, region, "rtb-", [vpc.VpcId, input.ClientToken ?? nameOf(tags)]);
        const resource: RouteTableRecord = {
          RouteTableId: id,
          VpcId: vpc.VpcId,
          OwnerId: accountId,
          PropagatingVgws: [],
          Associations: [],
          Routes: [
            { DestinationCidrBlock: vpc.CidrBlock, GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
          ],
          Tags: tags,
        };
        state.routeTables.set(id, resource);
        world.note({ region, service: "ec2", resource: id, what: "route table created" });
        return { id, resource };
      });
      return { RouteTable: table, ClientToken: input.ClientToken };
    },

    DescribeRouteTables: (input, { region }) => {
      const { routeTables } = world.state(ec2Slot, region);
      const selected = selectByIds(routeTables, input.RouteTableIds, "InvalidRouteTableID.NotFound", "routeTable");
      const { items, nextToken } = page(applyFilters(selected, input.Filters, tableFields), input);
      return { RouteTables: items, NextToken: nextToken };
    },

    DeleteRouteTable: ({ RouteTableId }, { region }) => {
      const { RouteTableId: id, Associations } = tableOf(world, region, RouteTableId);
      if (Associations.length > 0) {
        throw new ServiceError("DependencyViolation", `The routeTable '${id}' has dependencies and cannot be deleted.`);
      }
      world.state(ec2Slot, region).routeTables.delete(id);
      world.note({ region, service: "ec2", resource: id, what: "route table deleted" });
      return {};
    },

    AssociateRouteTable: ({ RouteTableId, SubnetId }, { region }) => {
      const table = tableOf(world, region, RouteTableId);
      const subnet = subnetOf(world, region, SubnetId);
      const state = world.state(ec2Slot, region);
      for (const other of state.routeTables.values()) {
        const held = other.Associations.find((association) => association.SubnetId === subnet.SubnetId);
        if (!held) continue;
        if (other === table)
          return { AssociationId: held.RouteTableAssociationId, AssociationState: { State: "associated" } };
        throw new ServiceError(
          "Resource.AlreadyAssociated",
          `the specified association for route table ${table.RouteTableId} conflicts with an existing association`,
        );
      }
      const id = newEc2Id(world, region, "rtbassoc-", [table.RouteTableId, subnet.SubnetId]);
      table.Associations.push(association(id, table.RouteTableId, subnet.SubnetId));
      return { AssociationId: id, AssociationState: { State: "associated" } };
    },

    ReplaceRouteTableAssociation: ({ AssociationId, RouteTableId }, { region }) => {
      const table = tableOf(world, region, RouteTableId);
      const held = associationOf(world, region, AssociationId);
      held.table.Associations = held.table.Associations.filter((other) => other !== held.association);
      const subnetId = held.association.SubnetId;
      const id = newEc2Id(world, region, "rtbassoc-", [table.RouteTableId, subnetId ?? "main"]);
      table.Associations.push({ ...association(id, table.RouteTableId, subnetId), Main: held.association.Main });
      return { NewAssociationId: id, AssociationState: { State: "associated" } };
    },

    DisassociateRouteTable: ({ AssociationId }, { region }) => {
      const held = associationOf(world, region, AssociationId);
      if (held.association.Main) {
        throw invalidParameter(`cannot disassociate the main route table association ${AssociationId ?? ""}`);
      }
      held.table.Associations = held.table.Associations.filter((other) => other !== held.association);
      return {};
    },
  } satisfies Ec2Handlers;
}

/** Routes of a route table. */
export function routeHandlers(world: World) {
  return {
    CreateRoute: (input, { region }) => {
      const table = tableOf(world, region, input.RouteTableId);
      const route = routeFrom(world, region, input, "CreateRoute");
      const held = findRoute(table, input);
      if (held && targetOf(held) !== targetOf(route)) {
        throw new ServiceError("RouteAlreadyExists", `The route identified by ${destinationOf(route)} already exists.`);
      }
      if (!held) table.Routes.push(route);
      return { Return: true };
    },

    ReplaceRoute: (input, { region }) => {
      const table = tableOf(world, region, input.RouteTableId);
      const held = findRoute(table, input);
      if (!held) throw noRoute(input);
      table.Routes[table.Routes.indexOf(held)] = routeFrom(world, region, input, held.Origin ?? "CreateRoute");
      return {};
    },

    DeleteRoute: (input, { region }) => {
      const table = tableOf(world, region, input.RouteTableId);
      const held = findRoute(table, input);
      if (!held) throw noRoute(input);
      if (held.GatewayId === "local") throw invalidParameter(`cannot remove local route ${destinationOf(held)}`);
      table.Routes = table.Routes.filter((route) => route !== held);
      return {};
    },
  } satisfies Ec2Handlers;
}

type Destination = Pick<Route, "DestinationCidrBlock" | "DestinationIpv6CidrBlock" | "DestinationPrefixListId">;

/** @throws ServiceError InvalidRouteTableID.NotFound */
function tableOf(world: World, region: string, id: string | undefined): RouteTableRecord {
  return found(world.state(ec2Slot, region).routeTables, id, "InvalidRouteTableID.NotFound", "routeTable");
}

function association(id: string, tableId: string, subnetId: string | undefined) {
  return {
    Main: false,
    RouteTableAssociationId: id,
    RouteTableId: tableId,
    SubnetId: subnetId,
    AssociationState: { State: "associated" as const },
  };
}

function associationOf(world: World, region: string, id: string | undefined) {
  for (const table of world.state(ec2Slot, region).routeTables.values()) {
    const held = table.Associations.find(({ RouteTableAssociationId }) => RouteTableAssociationId === id);
    if (held) return { table, association: held };
  }
  throw new ServiceError("InvalidAssociationID.NotFound", `The association ID '${id ?? ""}' does not exist`);
}

function routeFrom(
  world: World,
  region: string,
  input: CreateRouteRequest | ReplaceRouteRequest,
  origin: NonNullable<Route["Origin"]>,
): Route {
  const { internetGateways, natGateways } = world.state(ec2Slot, region);
  const { GatewayId, NatGatewayId } = input;
  if (GatewayId?.startsWith("igw-")) {
    found(internetGateways, GatewayId, "InvalidInternetGatewayID.NotFound", "internetGateway");
  }
  if (NatGatewayId) found(natGateways, NatGatewayId, "InvalidNatGatewayID.NotFound", "natGateway");
  const route: Route = {
    DestinationCidrBlock: input.DestinationCidrBlock ? canonicalCidr(input.DestinationCidrBlock) : undefined,
    DestinationIpv6CidrBlock: input.DestinationIpv6CidrBlock,
    DestinationPrefixListId: input.DestinationPrefixListId,
    GatewayId,
    NatGatewayId,
    EgressOnlyInternetGatewayId: input.EgressOnlyInternetGatewayId,
    NetworkInterfaceId: input.NetworkInterfaceId,
    TransitGatewayId: input.TransitGatewayId,
    VpcPeeringConnectionId: input.VpcPeeringConnectionId,
    Origin: origin,
    State: "active",
  };
  if (!destinationOf(route)) throw new ServiceError("MissingParameter", "The request must contain a destination");
  if (!targetOf(route)) throw new ServiceError("MissingParameter", "The request must contain exactly one target");
  return route;
}

function destinationOf(route: Destination): string {
  return route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId ?? "";
}

function targetOf(route: Route): string | undefined {
  return (
    route.GatewayId ??
    route.NatGatewayId ??
    route.EgressOnlyInternetGatewayId ??
    route.NetworkInterfaceId ??
    route.TransitGatewayId ??
    route.VpcPeeringConnectionId
  );
}

function findRoute(table: RouteTableRecord, input: Destination): Route | undefined {
  const wanted = input.DestinationCidrBlock ? canonicalCidr(input.DestinationCidrBlock) : destinationOf(input);
  return table.Routes.find((route) => destinationOf(route) === wanted);
}

function noRoute(input: Destination & { readonly RouteTableId?: string | undefined }): ServiceError {
  return new ServiceError(
    "InvalidRoute.NotFound",
    `no route with destination-cidr-block ${destinationOf(input)} in route table ${input.RouteTableId ?? ""}`,
  );
}
