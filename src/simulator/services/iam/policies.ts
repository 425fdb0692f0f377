import type { Policy, PolicyVersion } from "@aws-sdk/client-iam";

import { hexOf } from "../../identifiers.js";
import type { World } from "../../world.js";
import {
  alreadyExists,
  checkDocument,
  checkName,
  deleteConflict,
  encodeDocument,
  iamArn,
  iamState,
  limitExceeded,
  listTags,
  noSuchEntity,
  requireRole,
  setTags,
  uniqueId,
  type IamHandlers,
  type ManagedPolicy,
} from "./state.js";

/** Versions that a managed policy may have (IAM user guide, reference_iam-quotas). */
const VERSION_QUOTA = 5;

/** Managed policies that one role may have attached, unless raised (same source). */
const ATTACHMENT_QUOTA = 10;

/** Managed policies, their versions and their attachment to roles. */
export function policyHandlers(world: World) {
  function requirePolicy(arn: string | undefined): ManagedPolicy {
    const policy = iamState(world).policies.get(arn ?? "") ?? awsManagedPolicy(arn ?? "");
    if (!policy) throw noSuchEntity(`Policy ${arn ?? ""} was not found.`);
    return policy;
  }

  const rolesWith = (arn: string): string[] =>
    [...iamState(world).roles.values()].filter(({ attached }) => attached.has(arn)).map(({ name }) => name);

  function toPolicy(policy: ManagedPolicy): Policy {
    return {
      PolicyName: policy.name,
      PolicyId: policy.id,
      Arn: policy.arn,
      Path: policy.path,
      Description: policy.description,
      DefaultVersionId: policy.defaultVersion,
      AttachmentCount: rolesWith(policy.arn).length,
      PermissionsBoundaryUsageCount: 0,
      IsAttachable: true,
      CreateDate: new Date(policy.createdAt),
      UpdateDate: new Date([...policy.versions.values()].at(-1)?.createdAt ?? policy.createdAt),
      Tags: listTags(policy.tags),
    };
  }

  function toVersion(policy: ManagedPolicy, id: string, withDocument: boolean): PolicyVersion {
    const version = policy.versions.get(id);
    if (!version) throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
    return {
      VersionId: id,
      IsDefaultVersion: id === policy.defaultVersion,
      CreateDate: new Date(version.createdAt),
      ...(withDocument ? { Document: encodeDocument(version.document) } : {}),
    };
  }

  return {
    CreatePolicy: (input) => {
      const name = checkName(input.PolicyName, "policyName");
      const path = input.Path ?? "/";
      const arn = iamArn(world, "policy", path, name);
      const { policies } = iamState(world);
      if (policies.has(arn))
        throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
      const document = checkDocument(input.PolicyDocument);
      const policy: ManagedPolicy = {
        name,
        id: uniqueId(world, "ANPA", arn),
        arn,
        path,
        description: input.Description,
        createdAt: world.now(),
        tags: new Map(),
        versions: new Map([["v1", { document, createdAt: world.now() }]]),
        defaultVersion: "v1",
        versionsMade: 1,
      };
      setTags(policy.tags, input.Tags);
      policies.set(arn, policy);
      return { Policy: toPolicy(policy) };
    },

    GetPolicy: (input) => ({ Policy: toPolicy(requirePolicy(input.PolicyArn)) }),

    ListPolicies: (input) => ({
      Policies: [...iamState(world).policies.values()]
        .filter((policy) => input.Scope !== "AWS" && policy.path.startsWith(input.PathPrefix ?? "/"))
        .filter((policy) => !input.OnlyAttached || rolesWith(policy.arn).length > 0)
        .map(toPolicy),
      IsTruncated: false,
    }),

    GetPolicyVersion: (input) => ({
      PolicyVersion: toVersion(requirePolicy(input.PolicyArn), input.VersionId ?? "", true),
    }),

    ListPolicyVersions: (input) => {
      const policy = requirePolicy(input.PolicyArn);
      return {
        Versions: [...policy.versions.keys()].reverse().map((id) => toVersion(policy, id, false)),
        IsTruncated: false,
      };
    },

    CreatePolicyVersion: (input) => {
      const policy = requirePolicy(input.PolicyArn);
      if (policy.versions.size >= VERSION_QUOTA)
        throw limitExceeded(
          `A managed policy can have up to ${VERSION_QUOTA} versions. Before you create a new version, you must delete an existing version.`,
        );
      const id = `v${++policy.versionsMade}`;
      policy.versions.set(id, { document: checkDocument(input.PolicyDocument), createdAt: world.now() });
      if (input.SetAsDefault) policy.defaultVersion = id;
      return { PolicyVersion: toVersion(policy, id, false) };
    },

    SetDefaultPolicyVersion: (input) => {
      const policy = requirePolicy(input.PolicyArn);
      policy.defaultVersion = toVersion(policy, input.VersionId ?? "", false).VersionId ?? policy.defaultVersion;
      return {};
    },

    DeletePolicyVersion: (input) => {
      const policy = requirePolicy(input.PolicyArn);
      if (input.VersionId === policy.defaultVersion)
        throw deleteConflict("Cannot delete the default version of a policy.");
      if (!policy.versions.delete(input.VersionId ?? "")) toVersion(policy, input.VersionId ?? "", false);
      return {};
    },

    DeletePolicy: (input) => {
      const policy = requirePolicy(input.PolicyArn);
      if (rolesWith(policy.arn).length > 0) throw deleteConflict("Cannot delete a policy attached to entities.");
      if (policy.versions.size > 1)
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.",
        );
      iamState(world).policies.delete(policy.arn);
      return {};
    },

    ListEntitiesForPolicy: (input) => ({
      PolicyRoles: rolesWith(requirePolicy(input.PolicyArn).arn).map((RoleName) => ({ RoleName })),
      PolicyGroups: [],
      PolicyUsers: [],
      IsTruncated: false,
    }),

    TagPolicy: (input) => {
      setTags(requirePolicy(input.PolicyArn).tags, input.Tags);
      return {};
    },

    UntagPolicy: (input) => {
      const { tags } = requirePolicy(input.PolicyArn);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },

    ListPolicyTags: (input) => ({ Tags: listTags(requirePolicy(input.PolicyArn).tags), IsTruncated: false }),

    AttachRolePolicy: (input) => {
      const role = requireRole(world, input.RoleName);
      const { arn } = requirePolicy(input.PolicyArn);
      if (!role.attached.has(arn) && role.attached.size >= ATTACHMENT_QUOTA)
        throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${ATTACHMENT_QUOTA}`);
      role.attached.add(arn);
      return {};
    },

    DetachRolePolicy: (input) => {
      if (!requireRole(world, input.RoleName).attached.delete(input.PolicyArn ?? ""))
        throw noSuchEntity(`Policy ${input.PolicyArn ?? ""} was not found.`);
      return {};
    },

    ListAttachedRolePolicies: (input) => ({
      AttachedPolicies: [...requireRole(world, input.RoleName).attached]
        .map((PolicyArn) => ({ PolicyName: PolicyArn.split("/").at(-1), PolicyArn }))
        .sort((a, b) => (a.PolicyArn < b.PolicyArn ? -1 : 1)),
      IsTruncated: false,
    }),
  } satisfies IamHandlers;
}

/** AWS's own policies are not listed here: any ARN of their form is taken to exist. */
function awsManagedPolicy(arn: string): ManagedPolicy | undefined {
  const match = /^arn:aws:iam::aws:policy(\/(?:[\w.-]+\/)*)([\w+=,.@-]+)$/.exec(arn);
  if (!match) return undefined;
  const [, path = "/", name = ""] = match;
  const createdAt = Date.UTC(2015, 1, 6);
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  return {
    name,
    id: `ANPA${hexOf(["iam-aws", arn], 17).toUpperCase()}`,
    arn,
    path,
    description: undefined,
    createdAt,
    tags: new Map(),
    versions: new Map([["v1", { document, createdAt }]]),
    defaultVersion: "v1",
    versionsMade: 1,
  };
}
