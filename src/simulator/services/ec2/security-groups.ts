import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { applyFilters, page, selectByIds, type FilterFields } from "./filters.js";
import { securityGroupOf, vpcOf } from "./lookup.js";
import { permissionsOf, rulesOf } from "./security-group-rules.js";
import { ec2Slot, newEc2Id, tagsFor, type Ec2Handlers, type SecurityGroupRecord } from "./state.js";

const groupFields: FilterFields<SecurityGroupRecord> = {
  "group-id": ({ GroupId }) => GroupId,
  "group-name": ({ GroupName }) => GroupName,
  "vpc-id": ({ VpcId }) => VpcId,
  description: ({ Description }) => Description,
};

/** Security groups; their rules are in security-group-rules.ts. */
export function securityGroupHandlers(world: World) {
  const answer = (region: string, group: SecurityGroupRecord) => ({
    ...group,
    OwnerId: world.accountId,
    SecurityGroupArn: `arn:aws:ec2:${region}:${world.accountId}:security-group/${group.GroupId}`,
    IpPermissions: permissionsOf(rulesOf(world, region, group.GroupId, false)),
    IpPermissionsEgress: permissionsOf(rulesOf(world, region, group.GroupId, true)),
  });

  return {
    CreateSecurityGroup: (input, { region, accountId }) => {
      const { securityGroups } = world.state(ec2Slot, region);
      const vpc = vpcOf(world, region, input.VpcId);
      const name = input.GroupName ?? "";
      if (name === "" || name.length > 255 || name.startsWith("sg-")) {
        throw new ServiceError("InvalidParameterValue", `Value (${name}) for parameter GroupName is invalid.`);
      }
      if ([...securityGroups.values()].some((group) => group.VpcId === vpc.VpcId && group.GroupName === name)) {
        throw new ServiceError(
          "InvalidGroup.Duplicate",
          `The security group '${name}' already exists for VPC '${vpc.VpcId}'`,
        );
      }
      const tags = tagsFor(input.TagSpecifications, "security-group");
      const id = createGroup(world, region, vpc.VpcId, name, input.Description ?? "", tags);
      world.note({ region, service: "ec2", resource: id, what: "security group created" });
      return { GroupId: id, Tags: tags, SecurityGroupArn: `arn:aws:ec2:${region}:${accountId}:security-group/${id}` };
    },

    DescribeSecurityGroups: (input, { region }) => {
      const { securityGroups } = world.state(ec2Slot, region);
      const selected = selectByIds(securityGroups, input.GroupIds, "InvalidGroup.NotFound", "security group").filter(
        ({ GroupName }) => !input.GroupNames?.length || input.GroupNames.includes(GroupName),
      );
      const { items, nextToken } = page(applyFilters(selected, input.Filters, groupFields), input);
      return { SecurityGroups: items.map((group) => answer(region, group)), NextToken: nextToken };
    },

    DeleteSecurityGroup: ({ GroupId }, { region }) => {
      const state = world.state(ec2Slot, region);
      const group = securityGroupOf(world, region, GroupId);
      if (group.GroupName === "default") {
        throw new ServiceError(
          "CannotDelete",
          `the specified group: "${group.GroupId}" name: "default" cannot be deleted by a user`,
        );
      }
      const inUse = [...state.interfaces.values()].some(({ groupIds }) => groupIds.includes(group.GroupId));
      const referred = [...state.securityGroupRules.values()].some(
        (rule) => rule.GroupId !== group.GroupId && rule.ReferencedGroupInfo?.GroupId === group.GroupId,
      );
      if (inUse || referred) {
        throw new ServiceError("DependencyViolation", `resource ${group.GroupId} has a dependent object`);
      }
      for (const rule of [...state.securityGroupRules.values()]) {
        if (rule.GroupId === group.GroupId) state.securityGroupRules.delete(rule.SecurityGroupRuleId);
      }
      state.securityGroups.delete(group.GroupId);
      world.note({ region, service: "ec2", resource: group.GroupId, what: "security group deleted" });
      return { Return: true, GroupId: group.GroupId };
    },
  } satisfies Ec2Handlers;
}

/** The group that a VPC comes with: admits its own members. */
export function createDefaultSecurityGroup(world: World, region: string, vpcId: string): void {
  const id = createGroup(world, region, vpcId, "default", "default VPC security group", []);
  const ruleId = newEc2Id(world, region, "sgr-", [id, "default-ingress"]);
  world.state(ec2Slot, region).securityGroupRules.set(ruleId, {
    SecurityGroupRuleId: ruleId,
    GroupId: id,
    GroupOwnerId: world.accountId,
    IsEgress: false,
    IpProtocol: "-1",
    FromPort: -1,
    ToPort: -1,
    ReferencedGroupInfo: { GroupId: id, UserId: world.accountId },
    Tags: [],
  });
}

function createGroup(
  world: World,
  region: string,
  vpcId: string,
  name: string,
  description: string,
  tags: SecurityGroupRecord["Tags"],
): string {
  const state = world.state(ec2Slot, region);
  const id = newEc2Id(world, region, "sg-", [vpcId, name]);
  state.securityGroups.set(id, { GroupId: id, GroupName: name, Description: description, VpcId: vpcId, Tags: tags });
  const egressId = newEc2Id(world, region, "sgr-", [id, "default-egress"]);
  state.securityGroupRules.set(egressId, {
    SecurityGroupRuleId: egressId,
    GroupId: id,
    GroupOwnerId: world.accountId,
    IsEgress: true,
    IpProtocol: "-1",
    FromPort: -1,
    ToPort: -1,
    CidrIpv4: "0.0.0.0/0",
    Tags: [],
  });
  return id;
}
