import type { Filter } from "@aws-sdk/client-ec2";

import type { Api } from "../service.js";
import { ec2 } from "../services/ec2/service.js";
import { sts } from "../services/sts.js";
import type { World } from "../world.js";
import { callAws } from "./context.js";
import { asText, isObject, type Properties, type Value } from "./properties.js";
import { policyDocument } from "./policy-document.js";
import { tagMap } from "./resources/tags.js";

export interface InvokeContext {
  readonly world: World;
  readonly api: Api;
  readonly cause: string;
  readonly region: string;
  /** Where STS is asked. */
  readonly stsRegion: string;
}

type DataSource = (args: Properties, context: InvokeContext) => object;

/**
 * Answers a function of the aws provider.
 *
 * @throws Error for a function that is not modelled: an invented answer would mislead the program
 */
export function invoke(token: string, args: Properties, context: InvokeContext): object {
  const dataSource = dataSources[token];
  if (!dataSource) throw new Error(`the simulated aws provider does not model the function ${token}`);
  return { region: context.region, ...dataSource(args, context) };
}

const dataSources: Readonly<Record<string, DataSource>> = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": (args, context) => {
    const { AvailabilityZones } = call(context, "DescribeAvailabilityZones", {
      Filters: filtersOf(args["filters"]),
      AllAvailabilityZones: args["allAvailabilityZones"] === true,
    });
    const excluded = new Set(texts(args["excludeNames"]));
    const zones = (AvailabilityZones ?? [])
      .filter(
        ({ ZoneName = "", State }) =>
          !excluded.has(ZoneName) && (args["state"] === undefined || State === args["state"]),
      )
      .sort((a, b) => ((a.ZoneName ?? "") < (b.ZoneName ?? "") ? -1 : 1));
    return {
      id: context.region,
      names: zones.map(({ ZoneName }) => ZoneName),
      zoneIds: zones.map(({ ZoneId }) => ZoneId),
      groupNames: [...new Set(zones.map(({ GroupName }) => GroupName))],
    };
  },

  "aws:index/getCallerIdentity:getCallerIdentity": (_args, context) => {
    const { Account, Arn, UserId } = callAws(
      context.api,
      sts,
      "GetCallerIdentity",
      {},
      { region: context.stsRegion, cause: context.cause },
    );
    return { id: Account, accountId: Account, arn: Arn, userId: UserId };
  },

  "aws:index/getRegion:getRegion": (args, { region }) => {
    const name = typeof args["name"] === "string" ? args["name"] : region;
    return { id: name, name, region: name, description: name, endpoint: `ec2.${name}.amazonaws.com` };
  },

  "aws:index/getPartition:getPartition": () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),

  "aws:index/getArn:getArn": (args) => {
    const [, partition = "", service = "", region = "", account = "", ...resource] = asText(args["arn"]).split(":");
    return { id: args["arn"], arn: args["arn"], partition, service, region, account, resource: resource.join(":") };
  },

  "aws:ec2/getSubnet:getSubnet": (args, context) => {
    const filters = [
      ...(filtersOf(args["filters"]) ?? []),
      ...equals({
        "vpc-id": args["vpcId"],
        "availability-zone": args["availabilityZone"],
        "cidr-block": args["cidrBlock"],
      }),
    ];
    const { Subnets = [] } = call(context, "DescribeSubnets", {
      SubnetIds: typeof args["id"] === "string" ? [args["id"]] : undefined,
      Filters: someOf(filters),
    });
    const found = only(Subnets, "EC2 Subnet");
    return {
      id: found.SubnetId,
      arn: found.SubnetArn,
      vpcId: found.VpcId,
      availabilityZone: found.AvailabilityZone,
      availabilityZoneId: found.AvailabilityZoneId,
      availableIpAddressCount: found.AvailableIpAddressCount,
      cidrBlock: found.CidrBlock,
      defaultForAz: found.DefaultForAz ?? false,
      mapPublicIpOnLaunch: found.MapPublicIpOnLaunch ?? false,
      ownerId: found.OwnerId,
      state: found.State,
      tags: tagMap(found.Tags),
    };
  },

  "aws:ec2/getSubnets:getSubnets": (args, context) => {
    const { Subnets = [] } = call(context, "DescribeSubnets", { Filters: someOf(filtersOf(args["filters"]) ?? []) });
    return { id: context.region, ids: Subnets.map(({ SubnetId }) => SubnetId) };
  },

  "aws:ec2/getVpc:getVpc": (args, context) => {
    const filters = [
      ...(filtersOf(args["filters"]) ?? []),
      ...equals({ cidr: args["cidrBlock"], "is-default": args["default"] === true ? "true" : undefined }),
    ];
    const { Vpcs = [] } = call(context, "DescribeVpcs", {
      VpcIds: typeof args["id"] === "string" ? [args["id"]] : undefined,
      Filters: someOf(filters),
    });
    const found = only(Vpcs, "EC2 VPC");
    return {
      id: found.VpcId,
      arn: `arn:aws:ec2:${context.region}:${context.world.accountId}:vpc/${found.VpcId}`,
      cidrBlock: found.CidrBlock,
      default: found.IsDefault ?? false,
      dhcpOptionsId: found.DhcpOptionsId,
      instanceTenancy: found.InstanceTenancy,
      ownerId: found.OwnerId,
      state: found.State,
      tags: tagMap(found.Tags),
    };
  },

  "aws:ec2/getAmi:getAmi": (args, context) => {
    const { Images = [] } = call(context, "DescribeImages", {
      Owners: someOf(texts(args["owners"])),
      Filters: someOf(filtersOf(args["filters"]) ?? []),
    });
    const pattern = typeof args["nameRegex"] === "string" ? new RegExp(args["nameRegex"]) : undefined;
    const named = Images.filter(({ Name = "" }) => !pattern || pattern.test(Name));
    const newestFirst = [...named].sort((a, b) => ((a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1));
    const found = args["mostRecent"] === true ? newestFirst[0] : only(newestFirst, "EC2 AMI");
    if (!found) throw new Error("Your query returned no results. Please change your search criteria and try again.");
    return {
      id: found.ImageId,
      imageId: found.ImageId,
      arn: `arn:aws:ec2:${context.region}::image/${found.ImageId}`,
      name: found.Name,
      architecture: found.Architecture,
      creationDate: found.CreationDate,
      description: found.Description,
      ownerId: found.OwnerId,
      rootDeviceName: found.RootDeviceName,
      rootDeviceType: found.RootDeviceType,
      state: found.State,
      virtualizationType: found.VirtualizationType,
      tags: tagMap(found.Tags),
    };
  },

  // The public aliases of Amazon Linux only: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64.
  "aws:ssm/getParameter:getParameter": (args, context) => {
    const name = asText(args["name"]);
    const architecture = /^\/aws\/service\/ami-amazon-linux-latest\/.*(x86_64|arm64)$/.exec(name)?.[1];
    if (!architecture) throw new Error(`reading SSM Parameter (${name}): couldn't find resource`);
    const { Images = [] } = call(context, "DescribeImages", {
      Filters: [{ Name: "architecture", Values: [architecture] }],
    });
    const value = only(Images.slice(0, 1), "SSM Parameter").ImageId;
    return {
      id: name,
      name,
      type: "String",
      value,
      insecureValue: value,
      version: 1,
      arn: `arn:aws:ssm:${context.region}::parameter${name}`,
    };
  },

  "aws:iam/getPolicyDocument:getPolicyDocument": (args) => policyDocument(args),
};

type Ec2Query = "DescribeAvailabilityZones" | "DescribeSubnets" | "DescribeVpcs" | "DescribeImages";

function call<K extends Ec2Query>(
  context: InvokeContext,
  operation: K,
  input: Parameters<typeof callAws<Awaited<ReturnType<typeof ec2.loadClient>>, K>>[3],
) {
  return callAws(context.api, ec2, operation, input, { region: context.region, cause: context.cause });
}

function filtersOf(value: Value | undefined): Filter[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return (value as readonly Value[])
    .filter(isObject)
    .map((filter) => ({ Name: asText(filter["name"]), Values: texts(filter["values"]) }));
}

function equals(values: Readonly<Record<string, Value | undefined>>): Filter[] {
  return Object.entries(values).flatMap(([Name, value]) =>
    typeof value === "string" ? [{ Name, Values: [value] }] : [],
  );
}

function someOf<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? (value as readonly Value[]).map(asText) : [];
}

function only<T>(found: readonly T[], what: string): T {
  const [first] = found;
  if (first === undefined) throw new Error(`no matching ${what} found`);
  if (found.length > 1)
    throw new Error(`multiple ${what}s matched; use additional constraints to reduce matches to a single ${what}`);
  return first;
}
