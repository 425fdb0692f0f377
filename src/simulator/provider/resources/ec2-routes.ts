import type { Route as Ec2Route } from "@aws-sdk/client-ec2";
import type { RouteArgs, RouteState } from "@pulumi/aws/ec2/route.js";
import type { RouteTableArgs, RouteTableState } from "@pulumi/aws/ec2/routeTable.js";
import type { RouteTableAssociationArgs, RouteTableAssociationState } from "@pulumi/aws/ec2/routeTableAssociation.js";

import { ec2 } from "../../services/ec2/service.js";
import { defineResource, sameSet, type Inputs, type ResourceContext } from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { stableHex } from "../urn.js";
import { required, tagMap, tagSpecifications, updateEc2Tags } from "./tags.js";

type RouteInputs = Inputs<RouteArgs>;

const routeTable = defineResource<RouteTableArgs, RouteTableState>({
  token: "aws:ec2/routeTable:RouteTable",
  label: "EC2 Route Table",
  replaceOn: ["vpcId"],
  computed: ["propagatingVgws", "routes"],
  sameValue: { routes: sameSet },
  create: (aws, inputs) => {
    const { RouteTable } = aws.call(ec2, "CreateRouteTable", {
      VpcId: inputs.vpcId,
      ClientToken: aws.token,
      TagSpecifications: tagSpecifications("route-table", inputs.tags),
    });
    return required(RouteTable?.RouteTableId, "RouteTableId");
  },
  finishCreate: (aws, id, inputs) => {
    const there = tableOf(aws, id)?.Routes ?? [];
    for (const route of inputs.routes ?? []) {
      if (!there.some(({ DestinationCidrBlock }) => DestinationCidrBlock === route.cidrBlock))
        createInlineRoute(aws, id, route);
    }
    return Promise.resolve();
  },
  read: (aws, id) => {
    const found = tableOf(aws, id);
    return (
      found && {
        inputs: { vpcId: required(found.VpcId, "VpcId"), tags: tagMap(found.Tags) },
        outputs: { arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:route-table/${id}`, ownerId: found.OwnerId },
      }
    );
  },
  update: (aws, id, change) => {
    if (change.has("routes")) {
      for (const { cidrBlock, ipv6CidrBlock } of change.before.routes ?? []) {
        aws.call(ec2, "DeleteRoute", {
          RouteTableId: id,
          DestinationCidrBlock: cidrBlock,
          DestinationIpv6CidrBlock: ipv6CidrBlock,
        });
      }
      for (const route of change.after.routes ?? []) createInlineRoute(aws, id, route);
    }
    updateEc2Tags(aws, id, change);
  },
  delete: (aws, id) =>
    retryWhile(aws, `deleting EC2 Route Table (${id})`, ["DependencyViolation"], () =>
      aws.call(ec2, "DeleteRouteTable", { RouteTableId: id }),
    ),
});

function tableOf(aws: ResourceContext, id: string) {
  return aws.call(ec2, "DescribeRouteTables", { RouteTableIds: [id] }).RouteTables?.[0];
}

type InlineRoute = NonNullable<Inputs<RouteTableArgs>["routes"]>[number];

function createInlineRoute(aws: ResourceContext, table: string, route: InlineRoute): void {
  const inputs: RouteInputs = {
    routeTableId: table,
    destinationCidrBlock: route.cidrBlock,
    destinationIpv6CidrBlock: route.ipv6CidrBlock,
    gatewayId: route.gatewayId,
    natGatewayId: route.natGatewayId,
    networkInterfaceId: route.networkInterfaceId,
    egressOnlyGatewayId: route.egressOnlyGatewayId,
    transitGatewayId: route.transitGatewayId,
    vpcPeeringConnectionId: route.vpcPeeringConnectionId,
  };
  aws.call(ec2, "CreateRoute", routeRequest(inputs));
}

const route = defineResource<RouteArgs, RouteState>({
  token: "aws:ec2/route:Route",
  label: "EC2 Route",
  tagged: false,
  replaceOn: ["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId", "routeTableId"],
  computed: ["networkInterfaceId"],
  create: (aws, inputs) => {
    aws.call(ec2, "CreateRoute", routeRequest(inputs));
    // The real id ends in a hash of the destination: r-rtb-0123456789abcdef01080289494.
    return `r-${inputs.routeTableId}${stableHex(8, destinationOf(inputs))}`;
  },
  read: (aws, _id, known) => {
    const found = routeOf(aws, known);
    return (
      found && {
        inputs: { gatewayId: found.GatewayId, natGatewayId: found.NatGatewayId },
        outputs: { origin: found.Origin, state: found.State, instanceId: found.InstanceId },
      }
    );
  },
  update: (aws, _id, { after }) => {
    aws.call(ec2, "ReplaceRoute", routeRequest(after));
  },
  delete: (aws, _id, before) => {
    aws.call(ec2, "DeleteRoute", {
      RouteTableId: required(before.routeTableId, "RouteTableId"),
      DestinationCidrBlock: before.destinationCidrBlock,
      DestinationIpv6CidrBlock: before.destinationIpv6CidrBlock,
    });
  },
});

function destinationOf(inputs: Partial<RouteInputs>): string {
  return inputs.destinationCidrBlock ?? inputs.destinationIpv6CidrBlock ?? inputs.destinationPrefixListId ?? "";
}

function routeOf(aws: ResourceContext, inputs: Partial<RouteInputs>): Ec2Route | undefined {
  if (!inputs.routeTableId) return undefined;
  const destination = destinationOf(inputs);
  return tableOf(aws, inputs.routeTableId)?.Routes?.find(
    ({ DestinationCidrBlock, DestinationIpv6CidrBlock, Origin }) =>
      (DestinationCidrBlock === destination || DestinationIpv6CidrBlock === destination) &&
      Origin !== "CreateRouteTable",
  );
}

function routeRequest(inputs: RouteInputs) {
  return {
    RouteTableId: inputs.routeTableId,
    DestinationCidrBlock: inputs.destinationCidrBlock,
    DestinationIpv6CidrBlock: inputs.destinationIpv6CidrBlock,
    DestinationPrefixListId: inputs.destinationPrefixListId,
    GatewayId: inputs.gatewayId,
    NatGatewayId: inputs.natGatewayId,
    NetworkInterfaceId: inputs.networkInterfaceId,
    EgressOnlyInternetGatewayId: inputs.egressOnlyGatewayId,
    TransitGatewayId: inputs.transitGatewayId,
    VpcPeeringConnectionId: inputs.vpcPeeringConnectionId,
  };
}

const association = defineResource<RouteTableAssociationArgs, RouteTableAssociationState>({
  token: "aws:ec2/routeTableAssociation:RouteTableAssociation",
  label: "EC2 Route Table Association",
  tagged: false,
  replaceOn: ["gatewayId", "subnetId"],
  create: (aws, inputs) => {
    const { AssociationId } = aws.call(ec2, "AssociateRouteTable", {
      RouteTableId: inputs.routeTableId,
      SubnetId: inputs.subnetId,
      GatewayId: inputs.gatewayId,
    });
    return required(AssociationId, "AssociationId");
  },
  finishCreate: (aws, id) =>
    aws.wait({
      label: `waiting for EC2 Route Table Association (${id}) create`,
      state: () =>
        associationOf(aws, id)?.AssociationState?.State ?? (associationOf(aws, id) ? "associated" : undefined),
      target: ["associated"],
    }),
  read: (aws, id) => {
    const found = associationOf(aws, id);
    return (
      found && {
        inputs: { routeTableId: required(found.RouteTableId, "RouteTableId"), subnetId: found.SubnetId },
        outputs: {},
      }
    );
  },
  update: (aws, id, { after }) => {
    aws.call(ec2, "ReplaceRouteTableAssociation", { AssociationId: id, RouteTableId: after.routeTableId });
  },
  delete: (aws, id) => {
    aws.call(ec2, "DisassociateRouteTable", { AssociationId: id });
  },
});

function associationOf(aws: ResourceContext, id: string) {
  const filter = { Name: "association.route-table-association-id", Values: [id] };
  const table = aws.call(ec2, "DescribeRouteTables", { Filters: [filter] }).RouteTables?.[0];
  return table?.Associations?.find(({ RouteTableAssociationId }) => RouteTableAssociationId === id);
}

/** Route tables and what is in them. */
export const ec2RouteTypes = [routeTable, route, association];
