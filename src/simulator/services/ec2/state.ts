import type * as client from "@aws-sdk/client-ec2";
import type {
  Address,
  InternetGateway,
  NatGateway,
  ResponseLaunchTemplateData,
  RouteTable,
  SecurityGroupRule,
  Subnet,
  Tag,
  TagSpecification,
  Vpc,
} from "@aws-sdk/client-ec2";

import { resourceId } from "../../identifiers.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { StateSlot, World } from "../../world.js";
import type { InstanceRecord } from "./instance-record.js";

export type Ec2Handlers = Handlers<typeof client>;

/** A resource in AWS's own shape, with those members present that the service always sets. */
export type Stored<T extends { Tags?: Tag[] | undefined }, K extends keyof T> = T & {
  [P in K]-?: NonNullable<T[P]>;
} & { Tags: Tag[] };

export type VpcRecord = Stored<Vpc, "VpcId" | "CidrBlock"> & {
  dnsSupport: boolean;
  dnsHostnames: boolean;
  networkAddressUsageMetrics: boolean;
};
export type SubnetRecord = Stored<Subnet, "SubnetId" | "VpcId" | "CidrBlock" | "AvailabilityZone">;
export type RouteTableRecord = Stored<RouteTable, "RouteTableId" | "VpcId" | "Routes" | "Associations">;
export type GatewayRecord = Stored<InternetGateway, "InternetGatewayId" | "Attachments">;
export type NatGatewayRecord = Stored<NatGateway, "NatGatewayId" | "SubnetId" | "VpcId" | "State">;
export type AddressRecord = Stored<Address, "AllocationId" | "PublicIp">;

export interface SecurityGroupRecord {
  readonly GroupId: string;
  readonly GroupName: string;
  readonly Description: string;
  readonly VpcId: string;
  Tags: Tag[];
}

export type SecurityGroupRuleRecord = Stored<
  SecurityGroupRule,
  "SecurityGroupRuleId" | "GroupId" | "IsEgress" | "IpProtocol"
>;

export interface LaunchTemplateRecord {
  readonly LaunchTemplateId: string;
  readonly LaunchTemplateName: string;
  readonly CreateTime: Date;
  DefaultVersionNumber: number;
  LatestVersionNumber: number;
  Tags: Tag[];
  readonly versions: Map<number, LaunchTemplateVersionRecord>;
}

export interface LaunchTemplateVersionRecord {
  readonly number: number;
  readonly description: string | undefined;
  readonly createTime: Date;
  readonly data: ResponseLaunchTemplateData;
}

/** What holds on to a subnet and to security groups: an instance, a NAT gateway, a load balancer. */
export interface InterfaceRecord {
  readonly NetworkInterfaceId: string;
  readonly SubnetId: string;
  readonly VpcId: string;
  readonly AvailabilityZone: string;
  readonly PrivateIpAddress: string;
  readonly InterfaceType: "interface" | "natGateway";
  readonly Description: string;
  groupIds: readonly string[];
  Tags: Tag[];
}

export interface Ec2State {
  readonly vpcs: Map<string, VpcRecord>;
  readonly subnets: Map<string, SubnetRecord>;
  readonly routeTables: Map<string, RouteTableRecord>;
  readonly internetGateways: Map<string, GatewayRecord>;
  readonly natGateways: Map<string, NatGatewayRecord>;
  readonly addresses: Map<string, AddressRecord>;
  readonly securityGroups: Map<string, SecurityGroupRecord>;
  readonly securityGroupRules: Map<string, SecurityGroupRuleRecord>;
  readonly launchTemplates: Map<string, LaunchTemplateRecord>;
  readonly interfaces: Map<string, InterfaceRecord>;
  readonly instances: Map<string, InstanceRecord>;
  /** Every id that was ever given out. */
  readonly usedIds: Set<string>;
  /** Client tokens of creations: what was asked, and which resource answered it. */
  readonly tokens: Map<string, { readonly request: string; readonly id: string }>;
}

export const ec2Slot: StateSlot<Ec2State> = {
  name: "ec2",
  create: () => ({
    vpcs: new Map(),
    subnets: new Map(),
    routeTables: new Map(),
    internetGateways: new Map(),
    natGateways: new Map(),
    addresses: new Map(),
    securityGroups: new Map(),
    securityGroupRules: new Map(),
    launchTemplates: new Map(),
    interfaces: new Map(),
    instances: new Map(),
    usedIds: new Set(),
    tokens: new Map(),
  }),
};

/** A new id in this Region; see resourceId for why `key` describes the resource. */
export function newEc2Id(world: World, region: string, prefix: string, key: readonly (string | number)[]): string {
  const { usedIds } = world.state(ec2Slot, region);
  const id = resourceId(prefix, [world.seed, region, ...key], (candidate) => usedIds.has(candidate));
  usedIds.add(id);
  return id;
}

/** The tags that a creation gives to a kind of resource, sorted by key. */
export function tagsFor(specifications: readonly TagSpecification[] | undefined, type: string): Tag[] {
  const tags = (specifications ?? [])
    .filter(({ ResourceType }) => ResourceType === type)
    .flatMap(({ Tags }) => Tags ?? []);
  return sortTags(tags.map(({ Key, Value }) => ({ Key, Value: Value ?? "" })));
}

export function sortTags(tags: Tag[]): Tag[] {
  return tags.sort((a, b) => ((a.Key ?? "") < (b.Key ?? "") ? -1 : 1));
}

/** Value of the Name tag, or "". */
export function nameOf(tags: readonly Tag[]): string {
  return tags.find(({ Key }) => Key === "Name")?.Value ?? "";
}

/**
 * Answers a repeated creation with what the first one made, as client tokens promise.
 *
 * @throws ServiceError IdempotentParameterMismatch when the token comes back with another request
 */
export function withClientToken<R>(
  world: World,
  region: string,
  operation: string,
  input: { readonly ClientToken?: string | undefined },
  existing: (id: string) => R | undefined,
  create: () => { readonly id: string; readonly resource: R },
): R {
  const { ClientToken: token } = input;
  if (!token) return create().resource;
  const { tokens } = world.state(ec2Slot, region);
  const key = `${operation}/${token}`;
  const request = JSON.stringify(input);
  const earlier = tokens.get(key);
  if (earlier) {
    if (earlier.request !== request) {
      throw new ServiceError(
        "IdempotentParameterMismatch",
        `The client token '${token}' was used before with different parameters`,
      );
    }
    const resource = existing(earlier.id);
    if (resource !== undefined) return resource;
  }
  const made = create();
  tokens.set(key, { request, id: made.id });
  return made.resource;
}
