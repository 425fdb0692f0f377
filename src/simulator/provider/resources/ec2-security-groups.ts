import type { IpPermission } from "@aws-sdk/client-ec2";
import type { SecurityGroupArgs, SecurityGroupState } from "@pulumi/aws/ec2/securityGroup.js";
import type { SecurityGroupRuleArgs, SecurityGroupRuleState } from "@pulumi/aws/ec2/securityGroupRule.js";
import type {
  SecurityGroupEgressRuleArgs,
  SecurityGroupEgressRuleState,
} from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import type { SecurityGroupIngressRuleArgs } from "@pulumi/aws/vpc/securityGroupIngressRule.js";

import { ec2 } from "../../services/ec2/service.js";
import { isNotFound } from "../failures.js";
import { canonicalJson } from "../properties.js";
import { defineResource, sameSet, type AnyResourceType, type Inputs, type ResourceContext } from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { stableHex } from "../urn.js";
import { required, tagMap, tagSpecifications, updateEc2Tags } from "./tags.js";

type InlineRule = NonNullable<Inputs<SecurityGroupArgs>["ingress"]>[number];

const MANAGED = "Managed by Pulumi";

const securityGroup = defineResource<SecurityGroupArgs, SecurityGroupState>({
  token: "aws:ec2/securityGroup:SecurityGroup",
  label: "EC2 Security Group",
  replaceOn: ["description", "name", "namePrefix", "vpcId"],
  computed: ["egress", "ingress", "name", "namePrefix", "vpcId"],
  defaults: { description: MANAGED, revokeRulesOnDelete: false },
  autoName: { property: "name", unless: ["namePrefix"] },
  sameValue: { ingress: sameRules, egress: sameRules },
  timeouts: { create: 600, delete: 900 },
  create: (aws, inputs) => {
    const { GroupId } = aws.call(ec2, "CreateSecurityGroup", {
      GroupName: inputs.name ?? `${inputs.namePrefix ?? "terraform-"}${stableHex(26, aws.token)}`,
      Description: inputs.description,
      VpcId: inputs.vpcId,
      TagSpecifications: tagSpecifications("security-group", inputs.tags),
    });
    return required(GroupId, "GroupId");
  },
  finishCreate: (aws, id, inputs) => {
    // AWS lets everything out by default; Terraform takes that away before it adds the rules that are declared.
    const byDefault = groupOf(aws, id)?.IpPermissionsEgress ?? [];
    if (byDefault.length > 0)
      aws.call(ec2, "RevokeSecurityGroupEgress", { GroupId: id, IpPermissions: byDefault.map(withoutEmpty) });
    authorise(aws, id, "ingress", inputs.ingress ?? []);
    authorise(aws, id, "egress", inputs.egress ?? []);
    return Promise.resolve();
  },
  read: (aws, id) => {
    const found = groupOf(aws, id);
    return (
      found && {
        inputs: { name: found.GroupName, description: found.Description, vpcId: found.VpcId, tags: tagMap(found.Tags) },
        outputs: { arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:security-group/${id}`, ownerId: found.OwnerId },
      }
    );
  },
  update: (aws, id, change) => {
    const { before, after } = change;
    for (const direction of ["ingress", "egress"] as const) {
      if (after[direction] === undefined || !change.has(direction)) continue;
      const old = before[direction] ?? [];
      const now = after[direction];
      const among = (rules: readonly InlineRule[], rule: InlineRule) =>
        rules.some((one) => ruleKey(one) === ruleKey(rule));
      revoke(
        aws,
        id,
        direction,
        old.filter((rule) => !among(now, rule)),
      );
      authorise(
        aws,
        id,
        direction,
        now.filter((rule) => !among(old, rule)),
      );
    }
    updateEc2Tags(aws, id, change);
  },
  delete: (aws, id) =>
    retryWhile(aws, `deleting EC2 Security Group (${id})`, ["DependencyViolation", "InvalidGroup.InUse"], () =>
      aws.call(ec2, "DeleteSecurityGroup", { GroupId: id }),
    ),
});

function groupOf(aws: ResourceContext, id: string) {
  return aws.call(ec2, "DescribeSecurityGroups", { GroupIds: [id] }).SecurityGroups?.[0];
}

function sameRules(before: unknown, after: unknown): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return false;
  return sameSet((before as InlineRule[]).map(ruleKey), (after as InlineRule[]).map(ruleKey));
}

function ruleKey(rule: InlineRule): string {
  return canonicalJson(permission(rule));
}

/** A rule in EC2's shape; protocol -1 has no ports. */
function permission(rule: InlineRule): IpPermission {
  const protocol = rule.protocol === "all" ? "-1" : rule.protocol.toLowerCase();
  const described = rule.description ? { Description: rule.description } : {};
  return withoutEmpty({
    IpProtocol: protocol,
    ...(protocol === "-1" ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort }),
    IpRanges: rule.cidrBlocks?.map((CidrIp) => ({ CidrIp, ...described })),
    Ipv6Ranges: rule.ipv6CidrBlocks?.map((CidrIpv6) => ({ CidrIpv6, ...described })),
    PrefixListIds: rule.prefixListIds?.map((PrefixListId) => ({ PrefixListId, ...described })),
    UserIdGroupPairs: rule.securityGroups?.map((GroupId) => ({ GroupId, ...described })),
  });
}

/** EC2 refuses empty lists in a permission. */
function withoutEmpty(permissions: IpPermission): IpPermission {
  return Object.fromEntries(
    Object.entries(permissions).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

function permissions(id: string, rules: readonly InlineRule[]): IpPermission[] {
  return rules.map((rule) =>
    permission(rule.self ? { ...rule, securityGroups: [...(rule.securityGroups ?? []), id] } : rule),
  );
}

function authorise(
  aws: ResourceContext,
  id: string,
  direction: "ingress" | "egress",
  rules: readonly InlineRule[],
): void {
  if (rules.length === 0) return;
  const operation = direction === "ingress" ? "AuthorizeSecurityGroupIngress" : "AuthorizeSecurityGroupEgress";
  try {
    aws.call(ec2, operation, { GroupId: id, IpPermissions: permissions(id, rules) });
  } catch (error) {
    // A creation that is repeated finds the rules of the first attempt.
    if (!(error instanceof Error) || !error.message.includes("InvalidPermission.Duplicate")) throw error;
  }
}

function revoke(aws: ResourceContext, id: string, direction: "ingress" | "egress", rules: readonly InlineRule[]): void {
  if (rules.length === 0) return;
  const operation = direction === "ingress" ? "RevokeSecurityGroupIngress" : "RevokeSecurityGroupEgress";
  aws.call(ec2, operation, { GroupId: id, IpPermissions: permissions(id, rules) });
}

const securityGroupRule = defineResource<SecurityGroupRuleArgs, SecurityGroupRuleState>({
  token: "aws:ec2/securityGroupRule:SecurityGroupRule",
  label: "EC2 Security Group Rule",
  tagged: false,
  // internal/service/ec2/vpc_security_group_rule.go: all but the description.
  replaceOn: [
    "cidrBlocks",
    "fromPort",
    "ipv6CidrBlocks",
    "prefixListIds",
    "protocol",
    "securityGroupId",
    "self",
    "sourceSecurityGroupId",
    "toPort",
    "type",
  ],
  defaults: { self: false },
  create: (_aws, inputs) => `sgrule-${stableHex(10, canonicalJson(inputs))}`,
  finishCreate: (aws, _id, inputs) => {
    authorise(aws, inputs.securityGroupId, directionOf(inputs), [inlineRule(inputs)]);
    return Promise.resolve();
  },
  read: (aws, _id, known) => {
    const group = known.securityGroupId ? groupOf(aws, known.securityGroupId) : undefined;
    return group && { outputs: {} };
  },
  update: (aws, _id, { before, after }) => {
    revoke(aws, after.securityGroupId, directionOf(after), [inlineRule({ ...after, ...before })]);
    authorise(aws, after.securityGroupId, directionOf(after), [inlineRule(after)]);
  },
  delete: (aws, _id, before) => {
    const inputs = before as Inputs<SecurityGroupRuleArgs>;
    revoke(aws, inputs.securityGroupId, directionOf(inputs), [inlineRule(inputs)]);
  },
});

function directionOf({ type }: Pick<Inputs<SecurityGroupRuleArgs>, "type">): "ingress" | "egress" {
  return type === "egress" ? "egress" : "ingress";
}

function inlineRule(inputs: Inputs<SecurityGroupRuleArgs>): InlineRule {
  return {
    protocol: inputs.protocol,
    fromPort: inputs.fromPort,
    toPort: inputs.toPort,
    cidrBlocks: inputs.cidrBlocks,
    ipv6CidrBlocks: inputs.ipv6CidrBlocks,
    prefixListIds: inputs.prefixListIds,
    description: inputs.description,
    self: inputs.self,
    securityGroups: inputs.sourceSecurityGroupId ? [inputs.sourceSecurityGroupId] : undefined,
  };
}

/** The rule types of one source each: their id is the rule's own. */
function singleRule(direction: "ingress" | "egress"): AnyResourceType {
  const name = direction === "ingress" ? "SecurityGroupIngressRule" : "SecurityGroupEgressRule";
  return defineResource<SecurityGroupIngressRuleArgs & SecurityGroupEgressRuleArgs, SecurityGroupEgressRuleState>({
    token: `aws:vpc/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`,
    label: "VPC Security Group Rule",
    replaceOn: ["securityGroupId"],
    create: (aws, inputs) => {
      const request = {
        GroupId: inputs.securityGroupId,
        IpPermissions: [permission(singleAsInline(inputs))],
        TagSpecifications: tagSpecifications("security-group-rule", inputs.tags),
      };
      const { SecurityGroupRules } =
        direction === "ingress"
          ? aws.call(ec2, "AuthorizeSecurityGroupIngress", request)
          : aws.call(ec2, "AuthorizeSecurityGroupEgress", request);
      return required(SecurityGroupRules?.[0]?.SecurityGroupRuleId, "SecurityGroupRuleId");
    },
    read: (aws, id) => {
      const found = ruleOf(aws, id);
      return (
        found && {
          inputs: { securityGroupId: required(found.GroupId, "GroupId"), tags: tagMap(found.Tags) },
          outputs: {
            arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:security-group-rule/${id}`,
            securityGroupRuleId: id,
          },
        }
      );
    },
    update: (aws, id, change) => {
      const { after } = change;
      if (
        change.has(
          "cidrIpv4",
          "cidrIpv6",
          "description",
          "fromPort",
          "ipProtocol",
          "prefixListId",
          "referencedSecurityGroupId",
          "toPort",
        )
      ) {
        const rule = {
          IpProtocol: after.ipProtocol,
          FromPort: after.fromPort,
          ToPort: after.toPort,
          CidrIpv4: after.cidrIpv4,
          CidrIpv6: after.cidrIpv6,
          PrefixListId: after.prefixListId,
          ReferencedGroupId: after.referencedSecurityGroupId,
          Description: after.description,
        };
        aws.call(ec2, "ModifySecurityGroupRules", {
          GroupId: after.securityGroupId,
          SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule: rule }],
        });
      }
      updateEc2Tags(aws, id, change);
    },
    delete: (aws, id, before) => {
      const operation = direction === "ingress" ? "RevokeSecurityGroupIngress" : "RevokeSecurityGroupEgress";
      aws.call(ec2, operation, { GroupId: before.securityGroupId, SecurityGroupRuleIds: [id] });
    },
  });
}

function singleAsInline(inputs: Inputs<SecurityGroupIngressRuleArgs>): InlineRule {
  return {
    protocol: inputs.ipProtocol,
    fromPort: inputs.fromPort ?? 0,
    toPort: inputs.toPort ?? 0,
    cidrBlocks: inputs.cidrIpv4 ? [inputs.cidrIpv4] : undefined,
    ipv6CidrBlocks: inputs.cidrIpv6 ? [inputs.cidrIpv6] : undefined,
    prefixListIds: inputs.prefixListId ? [inputs.prefixListId] : undefined,
    securityGroups: inputs.referencedSecurityGroupId ? [inputs.referencedSecurityGroupId] : undefined,
    description: inputs.description,
  };
}

function ruleOf(aws: ResourceContext, id: string) {
  try {
    return aws.call(ec2, "DescribeSecurityGroupRules", { SecurityGroupRuleIds: [id] }).SecurityGroupRules?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Security groups and the three ways to declare their rules. */
export const ec2SecurityGroupTypes = [securityGroup, securityGroupRule, singleRule("ingress"), singleRule("egress")];
