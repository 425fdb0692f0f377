import type { NetworkAcl } from "@aws-sdk/client-ec2";

import { hexOf } from "../../identifiers.js";
import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { canonicalCidr, parseCidr } from "./cidr.js";
import { applyFilters, page, selectByIds, type FilterFields } from "./filters.js";
import { invalidParameter, vpcOf } from "./lookup.js";
import { ec2Quota } from "./quotas.js";
import { createDefaultSecurityGroup } from "./security-groups.js";
import { ec2Slot, nameOf, newEc2Id, tagsFor, type Ec2Handlers, type Ec2State, type VpcRecord } from "./state.js";

const vpcFields: FilterFields<VpcRecord> = {
  "vpc-id": ({ VpcId }) => VpcId,
  cidr: ({ CidrBlock }) => CidrBlock,
  "cidr-block": ({ CidrBlock }) => CidrBlock,
  "cidr-block-association.cidr-block": ({ CidrBlock }) => CidrBlock,
  state: ({ State }) => State,
  "is-default": ({ IsDefault }) => IsDefault,
  isDefault: ({ IsDefault }) => IsDefault,
  "owner-id": ({ OwnerId }) => OwnerId,
  "dhcp-options-id": ({ DhcpOptionsId }) => DhcpOptionsId,
};

/** VPCs and what comes with each: a main route table, a default security group, a default network ACL. */
export function vpcHandlers(world: World) {
  return {
    CreateVpc: (input, { region, accountId }) => {
      const state = world.state(ec2Slot, region);
      const cidr = parseCidr(input.CidrBlock ?? "");
      if (!cidr) throw invalidParameter(`Value (${input.CidrBlock ?? ""}) for parameter cidrBlock is invalid.`);
      if (cidr.prefix < 16 || cidr.prefix > 28) {
        throw new ServiceError("InvalidVpc.Range", `The CIDR '${input.CidrBlock ?? ""}' is invalid.`);
      }
      if (state.vpcs.size >= ec2Quota(world, region, "vpcs")) {
        throw new ServiceError("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
      }
      const tags = tagsFor(input.TagSpecifications, "vpc");
      const block = canonicalCidr(input.CidrBlock ?? "");
      const id = newEc2Id(world, region, "vpc-", [nameOf(tags), block]);
      const vpc: VpcRecord = {
        VpcId: id,
        CidrBlock: block,
        State: "available",
        OwnerId: accountId,
        IsDefault: false,
        InstanceTenancy: input.InstanceTenancy ?? "default",
        DhcpOptionsId: `dopt-${hexOf([world.seed, region, "dhcp"], 17)}`,
        CidrBlockAssociationSet: [
          {
            AssociationId: newEc2Id(world, region, "vpc-cidr-assoc-", [id]),
            CidrBlock: block,
            CidrBlockState: { State: "associated" },
          },
        ],
        Ipv6CidrBlockAssociationSet: [],
        Tags: tags,
        dnsSupport: true,
        dnsHostnames: false,
        networkAddressUsageMetrics: false,
      };
      state.vpcs.set(id, vpc);
      createMainRouteTable(world, region, state, vpc);
      createDefaultSecurityGroup(world, region, id);
      world.note({ region, service: "ec2", resource: id, what: "VPC created" });
      return { Vpc: answer(vpc) };
    },

    DescribeVpcs: (input, { region }) => {
      const { vpcs } = world.state(ec2Slot, region);
      const selected = applyFilters(
        selectByIds(vpcs, input.VpcIds, "InvalidVpcID.NotFound", "vpc"),
        input.Filters,
        vpcFields,
      );
      const { items, nextToken } = page(selected, input);
      return { Vpcs: items.map(answer), NextToken: nextToken };
    },

    DescribeVpcAttribute: ({ VpcId, Attribute }, { region }) => {
      const vpc = vpcOf(world, region, VpcId);
      switch (Attribute) {
        case "enableDnsSupport":
          return { VpcId: vpc.VpcId, EnableDnsSupport: { Value: vpc.dnsSupport } };
        case "enableDnsHostnames":
          return { VpcId: vpc.VpcId, EnableDnsHostnames: { Value: vpc.dnsHostnames } };
        case "enableNetworkAddressUsageMetrics":
          return { VpcId: vpc.VpcId, EnableNetworkAddressUsageMetrics: { Value: vpc.networkAddressUsageMetrics } };
        default:
          throw invalidParameter(`Value (${String(Attribute)}) for parameter attribute is invalid.`);
      }
    },

    ModifyVpcAttribute: (input, { region }) => {
      const vpc = vpcOf(world, region, input.VpcId);
      vpc.dnsSupport = input.EnableDnsSupport?.Value ?? vpc.dnsSupport;
      vpc.dnsHostnames = input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames;
      vpc.networkAddressUsageMetrics = input.EnableNetworkAddressUsageMetrics?.Value ?? vpc.networkAddressUsageMetrics;
      return {};
    },

    DeleteVpc: ({ VpcId }, { region }) => {
      const state = world.state(ec2Slot, region);
      const { VpcId: id } = vpcOf(world, region, VpcId);
      const inVpc = (resource: { readonly VpcId?: string | undefined }): boolean => resource.VpcId === id;
      const routeTables = [...state.routeTables.values()].filter(inVpc);
      const groups = [...state.securityGroups.values()].filter(inVpc);
      const holds =
        [...state.subnets.values()].some(inVpc) ||
        [...state.internetGateways.values()].some(({ Attachments }) => Attachments.some(inVpc)) ||
        routeTables.some((table) => !isMain(table)) ||
        groups.some(({ GroupName }) => GroupName !== "default");
      if (holds)
        throw new ServiceError("DependencyViolation", `The vpc '${id}' has dependencies and cannot be deleted.`);
      for (const { RouteTableId } of routeTables) state.routeTables.delete(RouteTableId);
      for (const { GroupId } of groups) {
        state.securityGroups.delete(GroupId);
        for (const rule of state.securityGroupRules.values()) {
          if (rule.GroupId === GroupId) state.securityGroupRules.delete(rule.SecurityGroupRuleId);
        }
      }
      state.vpcs.delete(id);
      world.note({ region, service: "ec2", resource: id, what: "VPC deleted" });
      return {};
    },

    DescribeNetworkAcls: (input, { region }) => {
      const state = world.state(ec2Slot, region);
      const acls = new Map(
        [...state.vpcs.values()].map((vpc) => [aclId(world, region, vpc), defaultAcl(world, region, state, vpc)]),
      );
      const selected = selectByIds(acls, input.NetworkAclIds, "InvalidNetworkAclID.NotFound", "networkAcl");
      return { NetworkAcls: applyFilters(selected, input.Filters, aclFields) };
    },
  } satisfies Ec2Handlers;
}

function isMain({
  Associations,
}: {
  readonly Associations: readonly { readonly Main?: boolean | undefined }[];
}): boolean {
  return Associations.some(({ Main }) => Main === true);
}

function createMainRouteTable(world: World, region: string, state: Ec2State, vpc: VpcRecord): void {
  const id = newEc2Id(world, region, "rtb-", [vpc.VpcId, "main"]);
  state.routeTables.set(id, {
    RouteTableId: id,
    VpcId: vpc.VpcId,
    OwnerId: world.accountId,
    PropagatingVgws: [],
    Routes: [{ DestinationCidrBlock: vpc.CidrBlock, GatewayId: "local", Origin: "CreateRouteTable", State: "active" }],
    Associations: [
      {
        Main: true,
        RouteTableAssociationId: newEc2Id(world, region, "rtbassoc-", [id, "main"]),
        RouteTableId: id,
        AssociationState: { State: "associated" },
      },
    ],
    Tags: [],
  });
}

const aclFields: FilterFields<NetworkAcl> = {
  "vpc-id": ({ VpcId }) => VpcId,
  default: ({ IsDefault }) => IsDefault,
  "network-acl-id": ({ NetworkAclId }) => NetworkAclId,
  "association.subnet-id": ({ Associations }) => (Associations ?? []).map(({ SubnetId }) => SubnetId),
};

function aclId(world: World, region: string, vpc: VpcRecord): string {
  return `acl-${hexOf([world.seed, region, vpc.VpcId, "default"], 17)}`;
}

/** The ACL that every VPC comes with; other ACLs are not modelled. */
function defaultAcl(world: World, region: string, state: Ec2State, vpc: VpcRecord): NetworkAcl {
  const id = aclId(world, region, vpc);
  const anyTraffic = (Egress: boolean) => [
    { CidrBlock: "0.0.0.0/0", Egress, Protocol: "-1", RuleAction: "allow" as const, RuleNumber: 100 },
    { CidrBlock: "0.0.0.0/0", Egress, Protocol: "-1", RuleAction: "deny" as const, RuleNumber: 32767 },
  ];
  return {
    NetworkAclId: id,
    VpcId: vpc.VpcId,
    OwnerId: world.accountId,
    IsDefault: true,
    Tags: [],
    Entries: [...anyTraffic(true), ...anyTraffic(false)],
    Associations: [...state.subnets.values()]
      .filter(({ VpcId }) => VpcId === vpc.VpcId)
      .map(({ SubnetId }) => ({
        NetworkAclAssociationId: `aclassoc-${hexOf([id, SubnetId], 17)}`,
        NetworkAclId: id,
        SubnetId,
      })),
  };
}

function answer({ dnsSupport: _s, dnsHostnames: _h, networkAddressUsageMetrics: _m, ...vpc }: VpcRecord) {
  return vpc;
}
