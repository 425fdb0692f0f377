import type { IpPermission, SecurityGroupRuleRequest, Tag } from "@aws-sdk/client-ec2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { canonicalCidr, contains, parseCidr } from "./cidr.js";
import { applyFilters, found, page, selectByIds, type FilterFields } from "./filters.js";
import { securityGroupOf } from "./lookup.js";
import { announceNetworkChange } from "./network-changes.js";
import { ec2Slot, newEc2Id, tagsFor, type Ec2Handlers, type SecurityGroupRuleRecord } from "./state.js";

type RuleSource = Pick<SecurityGroupRuleRecord, "CidrIpv4" | "CidrIpv6" | "PrefixListId" | "ReferencedGroupInfo">;
type RuleContent = Pick<SecurityGroupRuleRecord, "IpProtocol" | "FromPort" | "ToPort" | "Description"> & RuleSource;

const ruleFields: FilterFields<SecurityGroupRuleRecord> = {
  "group-id": ({ GroupId }) => GroupId,
  "security-group-rule-id": ({ SecurityGroupRuleId }) => SecurityGroupRuleId,
};

/** Rules of security groups: one rule for each protocol, port range and peer, as the service keeps them. */
export function securityGroupRuleHandlers(world: World) {
  const authorize = (
    region: string,
    input: Parameters<NonNullable<Ec2Handlers["AuthorizeSecurityGroupIngress"]>>[0],
    isEgress: boolean,
  ) => {
    const { securityGroupRules } = world.state(ec2Slot, region);
    const group = securityGroupOf(world, region, input.GroupId);
    const held = new Set(rulesOf(world, region, group.GroupId, isEgress).map(ruleKey));
    const contents = contentsOf(world, region, permissionsFrom(input));
    for (const content of contents) {
      const key = ruleKey(content);
      if (held.has(key)) {
        throw new ServiceError("InvalidPermission.Duplicate", `the specified rule "${key}" already exists`);
      }
      held.add(key);
    }
    const tags = tagsFor(input.TagSpecifications, "security-group-rule");
    const made = contents.map((content) => {
      const id = newEc2Id(world, region, "sgr-", [group.GroupId, String(isEgress), ruleKey(content)]);
      const rule: SecurityGroupRuleRecord = {
        SecurityGroupRuleId: id,
        SecurityGroupRuleArn: `arn:aws:ec2:${region}:${world.accountId}:security-group-rule/${id}`,
        GroupId: group.GroupId,
        GroupOwnerId: world.accountId,
        IsEgress: isEgress,
        ...content,
        Tags: tags.map((tag): Tag => ({ ...tag })),
      };
      securityGroupRules.set(id, rule);
      return rule;
    });
    world.note({ region, service: "ec2", resource: group.GroupId, what: `security group rules added: ${made.length}` });
    announceNetworkChange(world, region);
    return { Return: true, SecurityGroupRules: made };
  };

  const revoke = (
    region: string,
    input: Parameters<NonNullable<Ec2Handlers["RevokeSecurityGroupIngress"]>>[0],
    isEgress: boolean,
  ) => {
    const { securityGroupRules } = world.state(ec2Slot, region);
    const group = securityGroupOf(world, region, input.GroupId);
    const rules = rulesOf(world, region, group.GroupId, isEgress);
    const wanted = input.SecurityGroupRuleIds?.length
      ? input.SecurityGroupRuleIds.map((id) => rules.find((rule) => rule.SecurityGroupRuleId === id))
      : contentsOf(world, region, permissionsFrom(input)).map((content) =>
          rules.find((rule) => ruleKey(rule) === ruleKey(content)),
        );
    if (wanted.includes(undefined)) {
      const code = input.SecurityGroupRuleIds?.length
        ? "InvalidSecurityGroupRuleId.NotFound"
        : "InvalidPermission.NotFound";
      throw new ServiceError(code, "The specified rule does not exist in this security group.");
    }
    for (const rule of wanted) if (rule) securityGroupRules.delete(rule.SecurityGroupRuleId);
    world.note({
      region,
      service: "ec2",
      resource: group.GroupId,
      what: `security group rules removed: ${wanted.length}`,
    });
    announceNetworkChange(world, region);
    return { Return: true };
  };

  return {
    AuthorizeSecurityGroupIngress: (input, { region }) => authorize(region, input, false),
    AuthorizeSecurityGroupEgress: (input, { region }) => authorize(region, input, true),
    RevokeSecurityGroupIngress: (input, { region }) => revoke(region, input, false),
    RevokeSecurityGroupEgress: (input, { region }) => revoke(region, input, true),

    DescribeSecurityGroupRules: (input, { region }) => {
      const { securityGroupRules } = world.state(ec2Slot, region);
      const ids = input.SecurityGroupRuleIds;
      const selected = selectByIds(
        securityGroupRules,
        ids,
        "InvalidSecurityGroupRuleId.NotFound",
        "security group rule",
      );
      const { items, nextToken } = page(applyFilters(selected, input.Filters, ruleFields), input);
      return { SecurityGroupRules: items, NextToken: nextToken };
    },

    ModifySecurityGroupRules: (input, { region }) => {
      const { securityGroupRules } = world.state(ec2Slot, region);
      securityGroupOf(world, region, input.GroupId);
      for (const { SecurityGroupRuleId: id, SecurityGroupRule: update } of input.SecurityGroupRules ?? []) {
        const rule = found(securityGroupRules, id, "InvalidSecurityGroupRuleId.NotFound", "security group rule");
        if (!update) continue;
        const { SecurityGroupRuleId, SecurityGroupRuleArn, GroupId, GroupOwnerId, IsEgress, Tags } = rule;
        const kept = { SecurityGroupRuleId, SecurityGroupRuleArn, GroupId, GroupOwnerId, IsEgress, Tags };
        securityGroupRules.set(id ?? "", { ...kept, ...contentFromRequest(world, region, update) });
      }
      announceNetworkChange(world, region);
      return { Return: true };
    },
  } satisfies Ec2Handlers;
}

/** Rules of one direction of a group. */
export function rulesOf(world: World, region: string, groupId: string, isEgress: boolean): SecurityGroupRuleRecord[] {
  return [...world.state(ec2Slot, region).securityGroupRules.values()].filter(
    (rule) => rule.GroupId === groupId && rule.IsEgress === isEgress,
  );
}

/** Rules in the older shape, which gathers the peers of one protocol and port range. */
export function permissionsOf(rules: readonly SecurityGroupRuleRecord[]): IpPermission[] {
  const permissions = new Map<
    string,
    IpPermission & Required<Pick<IpPermission, "IpRanges" | "Ipv6Ranges" | "UserIdGroupPairs" | "PrefixListIds">>
  >();
  for (const { IpProtocol, FromPort, ToPort, Description, ...source } of rules) {
    const key = `${IpProtocol}/${FromPort ?? ""}/${ToPort ?? ""}`;
    let permission = permissions.get(key);
    if (!permission) {
      const ports = IpProtocol === "-1" ? {} : { FromPort, ToPort };
      permission = { IpProtocol, ...ports, IpRanges: [], Ipv6Ranges: [], UserIdGroupPairs: [], PrefixListIds: [] };
      permissions.set(key, permission);
    }
    if (source.CidrIpv4) permission.IpRanges?.push({ CidrIp: source.CidrIpv4, Description });
    if (source.CidrIpv6) permission.Ipv6Ranges?.push({ CidrIpv6: source.CidrIpv6, Description });
    if (source.PrefixListId) permission.PrefixListIds?.push({ PrefixListId: source.PrefixListId, Description });
    if (source.ReferencedGroupInfo) {
      permission.UserIdGroupPairs?.push({
        GroupId: source.ReferencedGroupInfo.GroupId,
        UserId: source.ReferencedGroupInfo.UserId,
        Description,
      });
    }
  }
  return [...permissions.values()];
}

/** Who sends: the groups of its interface, and its address. */
export interface TrafficPeer {
  readonly groupIds: readonly string[];
  readonly address: string;
}

/** Whether any of these groups lets TCP traffic on `port` in from, or out to, `peer`. */
export function admitsTcp(
  world: World,
  region: string,
  groupIds: readonly string[],
  direction: "ingress" | "egress",
  port: number,
  peer: TrafficPeer,
): boolean {
  const address = parseCidr(`${peer.address}/32`);
  return groupIds
    .flatMap((groupId) => rulesOf(world, region, groupId, direction === "egress"))
    .some(({ IpProtocol, FromPort = -1, ToPort = -1, CidrIpv4, ReferencedGroupInfo }) => {
      const portFits = IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= port && port <= ToPort);
      if (!portFits) return false;
      if (ReferencedGroupInfo) return peer.groupIds.includes(ReferencedGroupInfo.GroupId ?? "");
      const block = CidrIpv4 ? parseCidr(CidrIpv4) : undefined;
      return block !== undefined && address !== undefined && contains(block, address);
    });
}

const protocolNames: Readonly<Record<string, string>> = {
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
  "58": "icmpv6",
  all: "-1",
};

function permissionsFrom(input: {
  readonly IpPermissions?: readonly IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
}): readonly IpPermission[] {
  if (input.IpPermissions?.length) return input.IpPermissions;
  const { IpProtocol, FromPort, ToPort, CidrIp } = input;
  if (!IpProtocol) throw new ServiceError("MissingParameter", "The request must contain the parameter ipPermissions");
  return [{ IpProtocol, FromPort, ToPort, IpRanges: CidrIp ? [{ CidrIp }] : [] }];
}

function contentsOf(world: World, region: string, permissions: readonly IpPermission[]): RuleContent[] {
  return permissions.flatMap(({ IpProtocol, FromPort, ToPort, ...peers }) => {
    const rule = (source: Omit<SecurityGroupRuleRequest, "IpProtocol" | "FromPort" | "ToPort">): RuleContent =>
      contentFromRequest(world, region, { IpProtocol, FromPort, ToPort, ...source });
    return [
      ...(peers.IpRanges ?? []).map(({ CidrIp, Description }) => rule({ CidrIpv4: CidrIp, Description })),
      ...(peers.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => rule({ CidrIpv6, Description })),
      ...(peers.PrefixListIds ?? []).map(({ PrefixListId, Description }) => rule({ PrefixListId, Description })),
      ...(peers.UserIdGroupPairs ?? []).map(({ GroupId, Description }) =>
        rule({ ReferencedGroupId: GroupId, Description }),
      ),
    ];
  });
}

function contentFromRequest(world: World, region: string, request: SecurityGroupRuleRequest): RuleContent {
  const given = (request.IpProtocol ?? "").toLowerCase();
  const protocol = protocolNames[given] ?? given;
  const everyPort = protocol === "-1";
  if (!everyPort && (request.FromPort === undefined || request.ToPort === undefined)) {
    throw new ServiceError(
      "InvalidParameterValue",
      `Invalid value for portRange. Must specify both from and to ports with ${protocol}.`,
    );
  }
  if (request.CidrIpv4 !== undefined && !parseCidr(request.CidrIpv4)) {
    throw new ServiceError("InvalidParameterValue", `CIDR block ${request.CidrIpv4} is malformed`);
  }
  if (request.ReferencedGroupId) securityGroupOf(world, region, request.ReferencedGroupId);
  return {
    IpProtocol: protocol,
    FromPort: everyPort ? -1 : request.FromPort,
    ToPort: everyPort ? -1 : request.ToPort,
    ...(request.Description ? { Description: request.Description } : {}),
    ...(request.CidrIpv4 ? { CidrIpv4: canonicalCidr(request.CidrIpv4) } : {}),
    ...(request.CidrIpv6 ? { CidrIpv6: request.CidrIpv6.toLowerCase() } : {}),
    ...(request.PrefixListId ? { PrefixListId: request.PrefixListId } : {}),
    ...(request.ReferencedGroupId
      ? { ReferencedGroupInfo: { GroupId: request.ReferencedGroupId, UserId: world.accountId } }
      : {}),
  };
}

function ruleKey(rule: RuleContent): string {
  const peer = rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.PrefixListId ?? rule.ReferencedGroupInfo?.GroupId ?? "";
  return `peer: ${peer}, ${rule.IpProtocol}, from port: ${rule.FromPort ?? -1}, to port: ${rule.ToPort ?? -1}, ALLOW`;
}
