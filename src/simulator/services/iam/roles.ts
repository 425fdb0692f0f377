import type { Role as RoleAnswer } from "@aws-sdk/client-iam";

import type { World } from "../../world.js";
import {
  alreadyExists,
  checkDocument,
  checkName,
  deleteConflict,
  encodeDocument,
  iamArn,
  iamState,
  listTags,
  noSuchEntity,
  requireRole,
  setTags,
  uniqueId,
  type IamHandlers,
  type Role,
} from "./state.js";

/** Roles and their inline policies. Nothing is authorised with them: every credential belongs to the account. */
export function roleHandlers(world: World) {
  function createRole(name: string, path: string, trustPolicy: string): Role {
    const { roles } = iamState(world);
    if (roles.has(name)) throw alreadyExists(`Role with name ${name} already exists.`);
    const role: Role = {
      name,
      id: uniqueId(world, "AROA", name),
      arn: iamArn(world, "role", path, name),
      path,
      createdAt: world.now(),
      trustPolicy: checkDocument(trustPolicy),
      description: undefined,
      maxSessionSeconds: 3600,
      permissionsBoundary: undefined,
      tags: new Map(),
      inlinePolicies: new Map(),
      attached: new Set(),
    };
    roles.set(name, role);
    return role;
  }

  return {
    CreateRole: (input) => {
      const name = checkName(input.RoleName, "roleName");
      const role = createRole(name, input.Path ?? "/", input.AssumeRolePolicyDocument ?? "");
      role.description = input.Description;
      role.maxSessionSeconds = input.MaxSessionDuration ?? 3600;
      role.permissionsBoundary = input.PermissionsBoundary;
      setTags(role.tags, input.Tags);
      return { Role: toRole(role) };
    },

    CreateServiceLinkedRole: (input) => {
      const service = input.AWSServiceName ?? "";
      const [first = ""] = service.split(".");
      const name = `AWSServiceRoleFor${first.charAt(0).toUpperCase()}${first.slice(1)}${input.CustomSuffix ? `_${input.CustomSuffix}` : ""}`;
      const trust = {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
      };
      const role = createRole(name, `/aws-service-role/${service}/`, JSON.stringify(trust));
      role.description = input.Description;
      return { Role: toRole(role) };
    },

    GetRole: (input) => ({ Role: toRole(requireRole(world, input.RoleName)) }),

    ListRoles: (input) => ({
      Roles: [...iamState(world).roles.values()]
        .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"))
        .map(toRole),
      IsTruncated: false,
    }),

    UpdateRole: (input) => {
      const role = requireRole(world, input.RoleName);
      role.description = input.Description ?? role.description;
      role.maxSessionSeconds = input.MaxSessionDuration ?? role.maxSessionSeconds;
      return {};
    },

    UpdateRoleDescription: (input) => {
      const role = requireRole(world, input.RoleName);
      role.description = input.Description;
      return { Role: toRole(role) };
    },

    UpdateAssumeRolePolicy: (input) => {
      requireRole(world, input.RoleName).trustPolicy = checkDocument(input.PolicyDocument);
      return {};
    },

    PutRolePermissionsBoundary: (input) => {
      requireRole(world, input.RoleName).permissionsBoundary = input.PermissionsBoundary;
      return {};
    },

    DeleteRolePermissionsBoundary: (input) => {
      requireRole(world, input.RoleName).permissionsBoundary = undefined;
      return {};
    },

    DeleteRole: (input) => {
      const role = requireRole(world, input.RoleName);
      const { roles, profiles } = iamState(world);
      if (role.attached.size > 0) throw deleteConflict("Cannot delete entity, must detach all policies first.");
      if (role.inlinePolicies.size > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
      if ([...profiles.values()].some((profile) => profile.role === role.name))
        throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
      roles.delete(role.name);
      return {};
    },

    TagRole: (input) => {
      setTags(requireRole(world, input.RoleName).tags, input.Tags);
      return {};
    },

    UntagRole: (input) => {
      const { tags } = requireRole(world, input.RoleName);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },

    ListRoleTags: (input) => ({ Tags: listTags(requireRole(world, input.RoleName).tags), IsTruncated: false }),

    PutRolePolicy: (input) => {
      const role = requireRole(world, input.RoleName);
      role.inlinePolicies.set(checkName(input.PolicyName, "policyName"), checkDocument(input.PolicyDocument));
      return {};
    },

    GetRolePolicy: (input) => {
      const role = requireRole(world, input.RoleName);
      const document = role.inlinePolicies.get(input.PolicyName ?? "");
      if (document === undefined)
        throw noSuchEntity(`The role policy with name ${input.PolicyName ?? ""} cannot be found.`);
      return { RoleName: role.name, PolicyName: input.PolicyName, PolicyDocument: encodeDocument(document) };
    },

    DeleteRolePolicy: (input) => {
      if (!requireRole(world, input.RoleName).inlinePolicies.delete(input.PolicyName ?? ""))
        throw noSuchEntity(`The role policy with name ${input.PolicyName ?? ""} cannot be found.`);
      return {};
    },

    ListRolePolicies: (input) => ({
      PolicyNames: [...requireRole(world, input.RoleName).inlinePolicies.keys()].sort(),
      IsTruncated: false,
    }),
  } satisfies IamHandlers;
}

/** A role as IAM answers it. */
export function toRole(role: Role): RoleAnswer {
  return {
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    Path: role.path,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: role.permissionsBoundary
      ? { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: role.permissionsBoundary }
      : undefined,
    Tags: role.tags.size > 0 ? listTags(role.tags) : undefined,
    RoleLastUsed: {},
  };
}
