import type { InstanceProfileArgs, InstanceProfileState } from "@pulumi/aws/iam/instanceProfile.js";
import type { PolicyArgs, PolicyState } from "@pulumi/aws/iam/policy.js";
import type { RoleArgs, RoleState } from "@pulumi/aws/iam/role.js";
import type { RolePolicyArgs, RolePolicyState } from "@pulumi/aws/iam/rolePolicy.js";
import type { RolePolicyAttachmentArgs, RolePolicyAttachmentState } from "@pulumi/aws/iam/rolePolicyAttachment.js";

import { iam } from "../../services/iam/service.js";
import { defineResource, sameJson, type ResourceContext } from "../resource-type.js";
import { required, tagChange, tagList, tagMap } from "./tags.js";

/** A document, whether the program wrote it as text or as an object. */
function documentOf(policy: unknown): string {
  return typeof policy === "string" ? policy : JSON.stringify(policy);
}

/** IAM answers documents percent-encoded. */
function decoded(document: string | undefined): string | undefined {
  return document === undefined ? undefined : decodeURIComponent(document);
}

/** Names that were not given: the prefix and 26 digits. */
function generatedName(aws: ResourceContext, prefix: string | undefined): string {
  return `${prefix ?? "terraform-"}${aws.token.slice(0, 26)}`;
}

/** Programs may give a role or a policy as a resource, which arrives as its name or ARN. */
function nameOf(value: unknown): string {
  return String(value).split("/").at(-1) ?? "";
}

const role = defineResource<RoleArgs, RoleState>({
  token: "aws:iam/role:Role",
  label: "IAM Role",
  replaceOn: ["name", "namePrefix", "path"],
  computed: ["inlinePolicies", "managedPolicyArns", "name", "namePrefix"],
  defaults: { forceDetachPolicies: false, maxSessionDuration: 3600, path: "/" },
  autoName: { property: "name", maxLength: 64, unless: ["namePrefix"] },
  sameValue: { assumeRolePolicy: sameJson },
  create: (aws, inputs) => {
    const { Role } = aws.call(iam, "CreateRole", {
      RoleName: inputs.name ?? generatedName(aws, inputs.namePrefix),
      AssumeRolePolicyDocument: documentOf(inputs.assumeRolePolicy),
      Description: inputs.description,
      MaxSessionDuration: inputs.maxSessionDuration,
      Path: inputs.path,
      PermissionsBoundary: inputs.permissionsBoundary,
      Tags: tagList(inputs.tags),
    });
    return required(Role?.RoleName, "RoleName");
  },
  finishCreate: (aws, RoleName, inputs) => {
    for (const { name = "", policy = "" } of inputs.inlinePolicies ?? []) {
      if (name) aws.call(iam, "PutRolePolicy", { RoleName, PolicyName: name, PolicyDocument: policy });
    }
    for (const PolicyArn of inputs.managedPolicyArns ?? []) aws.call(iam, "AttachRolePolicy", { RoleName, PolicyArn });
    return Promise.resolve();
  },
  read: (aws, RoleName) => {
    const found = aws.call(iam, "GetRole", { RoleName }).Role;
    return (
      found && {
        inputs: {
          name: found.RoleName,
          assumeRolePolicy: decoded(found.AssumeRolePolicyDocument) ?? "",
          description: found.Description,
          maxSessionDuration: found.MaxSessionDuration,
          path: found.Path,
          tags: tagMap(found.Tags),
        },
        outputs: { arn: found.Arn, uniqueId: found.RoleId, createDate: found.CreateDate?.toISOString() },
      }
    );
  },
  update: (aws, RoleName, change) => {
    const { before, after } = change;
    if (change.has("assumeRolePolicy")) {
      aws.call(iam, "UpdateAssumeRolePolicy", { RoleName, PolicyDocument: documentOf(after.assumeRolePolicy) });
    }
    if (change.has("description", "maxSessionDuration")) {
      aws.call(iam, "UpdateRole", {
        RoleName,
        Description: after.description ?? "",
        MaxSessionDuration: after.maxSessionDuration,
      });
    }
    if (change.has("permissionsBoundary")) {
      if (after.permissionsBoundary) {
        aws.call(iam, "PutRolePermissionsBoundary", { RoleName, PermissionsBoundary: after.permissionsBoundary });
      } else {
        aws.call(iam, "DeleteRolePermissionsBoundary", { RoleName });
      }
    }
    if (change.has("managedPolicyArns") && after.managedPolicyArns) {
      const old = before.managedPolicyArns ?? [];
      for (const PolicyArn of old)
        if (!after.managedPolicyArns.includes(PolicyArn)) aws.call(iam, "DetachRolePolicy", { RoleName, PolicyArn });
      for (const PolicyArn of after.managedPolicyArns)
        if (!old.includes(PolicyArn)) aws.call(iam, "AttachRolePolicy", { RoleName, PolicyArn });
    }
    const { set, remove } = tagChange(change);
    if (remove.length > 0) aws.call(iam, "UntagRole", { RoleName, TagKeys: [...remove] });
    if (Object.keys(set).length > 0) aws.call(iam, "TagRole", { RoleName, Tags: tagList(set) });
  },
  delete: (aws, RoleName, before) => {
    const attached = before.forceDetachPolicies
      ? (aws.call(iam, "ListAttachedRolePolicies", { RoleName }).AttachedPolicies ?? []).map(
          ({ PolicyArn }) => PolicyArn,
        )
      : (before.managedPolicyArns ?? []);
    for (const PolicyArn of attached) aws.call(iam, "DetachRolePolicy", { RoleName, PolicyArn });
    const inline = before.forceDetachPolicies
      ? (aws.call(iam, "ListRolePolicies", { RoleName }).PolicyNames ?? [])
      : (before.inlinePolicies ?? []).flatMap(({ name }) => (name ? [name] : []));
    for (const PolicyName of inline) aws.call(iam, "DeleteRolePolicy", { RoleName, PolicyName });
    aws.call(iam, "DeleteRole", { RoleName });
  },
});

const rolePolicy = defineResource<RolePolicyArgs, RolePolicyState>({
  token: "aws:iam/rolePolicy:RolePolicy",
  label: "IAM Role Policy",
  tagged: false,
  replaceOn: ["name", "namePrefix", "role"],
  computed: ["name", "namePrefix"],
  autoName: { property: "name", maxLength: 128, unless: ["namePrefix"] },
  sameValue: { policy: sameJson },
  create: (aws, inputs) => {
    const PolicyName = inputs.name ?? generatedName(aws, inputs.namePrefix);
    const RoleName = nameOf(inputs.role);
    aws.call(iam, "PutRolePolicy", { RoleName, PolicyName, PolicyDocument: documentOf(inputs.policy) });
    return `${RoleName}:${PolicyName}`;
  },
  read: (aws, id) => {
    const [RoleName = "", PolicyName = ""] = id.split(":");
    const found = aws.call(iam, "GetRolePolicy", { RoleName, PolicyName });
    return { inputs: { name: PolicyName, role: RoleName, policy: decoded(found.PolicyDocument) ?? "" }, outputs: {} };
  },
  update: (aws, id, { after }) => {
    const [RoleName = "", PolicyName = ""] = id.split(":");
    aws.call(iam, "PutRolePolicy", { RoleName, PolicyName, PolicyDocument: documentOf(after.policy) });
  },
  delete: (aws, id) => {
    const [RoleName = "", PolicyName = ""] = id.split(":");
    aws.call(iam, "DeleteRolePolicy", { RoleName, PolicyName });
  },
});

const rolePolicyAttachment = defineResource<RolePolicyAttachmentArgs, RolePolicyAttachmentState>({
  token: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  label: "IAM Role Policy Attachment",
  tagged: false,
  replaceOn: ["policyArn", "role"],
  create: (aws, inputs) => {
    const RoleName = nameOf(inputs.role);
    aws.call(iam, "AttachRolePolicy", { RoleName, PolicyArn: inputs.policyArn });
    return `${RoleName}-${aws.token.slice(0, 26)}`;
  },
  read: (aws, _id, known) => {
    const { AttachedPolicies } = aws.call(iam, "ListAttachedRolePolicies", { RoleName: nameOf(known.role) });
    return AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === known.policyArn) ? { outputs: {} } : undefined;
  },
  delete: (aws, _id, before) => {
    aws.call(iam, "DetachRolePolicy", { RoleName: nameOf(before.role), PolicyArn: before.policyArn });
  },
});

const policy = defineResource<PolicyArgs, PolicyState>({
  token: "aws:iam/policy:Policy",
  label: "IAM Policy",
  replaceOn: ["description", "name", "namePrefix", "path"],
  computed: ["name", "namePrefix"],
  defaults: { path: "/" },
  autoName: { property: "name", maxLength: 128, unless: ["namePrefix"] },
  sameValue: { policy: sameJson },
  create: (aws, inputs) => {
    const { Policy } = aws.call(iam, "CreatePolicy", {
      PolicyName: inputs.name ?? generatedName(aws, inputs.namePrefix),
      PolicyDocument: documentOf(inputs.policy),
      Description: inputs.description,
      Path: inputs.path,
      Tags: tagList(inputs.tags),
    });
    return required(Policy?.Arn, "Policy.Arn");
  },
  read: (aws, PolicyArn) => {
    const found = aws.call(iam, "GetPolicy", { PolicyArn }).Policy;
    if (!found) return undefined;
    const { PolicyVersion } = aws.call(iam, "GetPolicyVersion", { PolicyArn, VersionId: found.DefaultVersionId });
    return {
      inputs: {
        name: found.PolicyName,
        path: found.Path,
        description: found.Description,
        policy: decoded(PolicyVersion?.Document) ?? "",
        tags: tagMap(found.Tags),
      },
      outputs: { arn: PolicyArn, policyId: found.PolicyId, attachmentCount: found.AttachmentCount },
    };
  },
  update: (aws, PolicyArn, change) => {
    if (change.has("policy")) {
      // IAM keeps five versions; the provider makes room first.
      const versions = (aws.call(iam, "ListPolicyVersions", { PolicyArn }).Versions ?? []).filter(
        ({ IsDefaultVersion }) => !IsDefaultVersion,
      );
      const oldest = versions.sort((a, b) => Number(a.CreateDate) - Number(b.CreateDate))[0];
      if (versions.length >= 4 && oldest)
        aws.call(iam, "DeletePolicyVersion", { PolicyArn, VersionId: oldest.VersionId });
      aws.call(iam, "CreatePolicyVersion", {
        PolicyArn,
        PolicyDocument: documentOf(change.after.policy),
        SetAsDefault: true,
      });
    }
    const { set, remove } = tagChange(change);
    if (remove.length > 0) aws.call(iam, "UntagPolicy", { PolicyArn, TagKeys: [...remove] });
    if (Object.keys(set).length > 0) aws.call(iam, "TagPolicy", { PolicyArn, Tags: tagList(set) });
  },
  delete: (aws, PolicyArn) => {
    for (const { VersionId, IsDefaultVersion } of aws.call(iam, "ListPolicyVersions", { PolicyArn }).Versions ?? []) {
      if (!IsDefaultVersion) aws.call(iam, "DeletePolicyVersion", { PolicyArn, VersionId });
    }
    aws.call(iam, "DeletePolicy", { PolicyArn });
  },
});

const instanceProfile = defineResource<InstanceProfileArgs, InstanceProfileState>({
  token: "aws:iam/instanceProfile:InstanceProfile",
  label: "IAM Instance Profile",
  replaceOn: ["name", "namePrefix", "path"],
  computed: ["name", "namePrefix"],
  defaults: { path: "/" },
  autoName: { property: "name", maxLength: 128, unless: ["namePrefix"] },
  create: (aws, inputs) => {
    const { InstanceProfile } = aws.call(iam, "CreateInstanceProfile", {
      InstanceProfileName: inputs.name ?? generatedName(aws, inputs.namePrefix),
      Path: inputs.path,
      Tags: tagList(inputs.tags),
    });
    return required(InstanceProfile?.InstanceProfileName, "InstanceProfileName");
  },
  finishCreate: (aws, InstanceProfileName, inputs) => {
    const RoleName = inputs.role === undefined ? undefined : nameOf(inputs.role);
    const roles = aws.call(iam, "GetInstanceProfile", { InstanceProfileName }).InstanceProfile?.Roles ?? [];
    if (RoleName && !roles.some((one) => one.RoleName === RoleName)) {
      aws.call(iam, "AddRoleToInstanceProfile", { InstanceProfileName, RoleName });
    }
    return Promise.resolve();
  },
  read: (aws, InstanceProfileName) => {
    const found = aws.call(iam, "GetInstanceProfile", { InstanceProfileName }).InstanceProfile;
    return (
      found && {
        inputs: {
          name: found.InstanceProfileName,
          path: found.Path,
          role: found.Roles?.[0]?.RoleName,
          tags: tagMap(found.Tags),
        },
        outputs: { arn: found.Arn, uniqueId: found.InstanceProfileId, createDate: found.CreateDate?.toISOString() },
      }
    );
  },
  update: (aws, InstanceProfileName, change) => {
    const { before, after } = change;
    if (change.has("role")) {
      if (before.role)
        aws.call(iam, "RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName: nameOf(before.role) });
      if (after.role) aws.call(iam, "AddRoleToInstanceProfile", { InstanceProfileName, RoleName: nameOf(after.role) });
    }
    const { set, remove } = tagChange(change);
    if (remove.length > 0) aws.call(iam, "UntagInstanceProfile", { InstanceProfileName, TagKeys: [...remove] });
    if (Object.keys(set).length > 0) aws.call(iam, "TagInstanceProfile", { InstanceProfileName, Tags: tagList(set) });
  },
  delete: (aws, InstanceProfileName, before) => {
    if (before.role)
      aws.call(iam, "RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName: nameOf(before.role) });
    aws.call(iam, "DeleteInstanceProfile", { InstanceProfileName });
  },
});

/** Roles, policies and instance profiles. */
export const iamTypes = [role, rolePolicy, rolePolicyAttachment, policy, instanceProfile];
