import type { InstanceProfile } from "@aws-sdk/client-iam";

import type { World } from "../../world.js";
import { toRole } from "./roles.js";
import {
  alreadyExists,
  checkName,
  deleteConflict,
  iamArn,
  iamState,
  limitExceeded,
  listTags,
  noSuchEntity,
  requireRole,
  setTags,
  uniqueId,
  type IamHandlers,
  type Profile,
} from "./state.js";

export function instanceProfileHandlers(world: World) {
  function requireProfile(name: string | undefined): Profile {
    const profile = iamState(world).profiles.get(name ?? "");
    if (!profile) throw noSuchEntity(`Instance Profile ${name ?? ""} cannot be found.`);
    return profile;
  }

  function toProfile(profile: Profile): InstanceProfile {
    const role = iamState(world).roles.get(profile.role ?? "");
    return {
      InstanceProfileName: profile.name,
      InstanceProfileId: profile.id,
      Arn: profile.arn,
      Path: profile.path,
      CreateDate: new Date(profile.createdAt),
      Roles: role ? [toRole(role)] : [],
      Tags: listTags(profile.tags),
    };
  }

  return {
    CreateInstanceProfile: (input) => {
      const name = checkName(input.InstanceProfileName, "instanceProfileName");
      const { profiles } = iamState(world);
      if (profiles.has(name)) throw alreadyExists(`Instance Profile ${name} already exists.`);
      const path = input.Path ?? "/";
      const profile: Profile = {
        name,
        id: uniqueId(world, "AIPA", name),
        arn: iamArn(world, "instance-profile", path, name),
        path,
        createdAt: world.now(),
        tags: new Map(),
        role: undefined,
      };
      setTags(profile.tags, input.Tags);
      profiles.set(name, profile);
      return { InstanceProfile: toProfile(profile) };
    },

    GetInstanceProfile: (input) => ({ InstanceProfile: toProfile(requireProfile(input.InstanceProfileName)) }),

    ListInstanceProfiles: (input) => ({
      InstanceProfiles: [...iamState(world).profiles.values()]
        .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"))
        .map(toProfile),
      IsTruncated: false,
    }),

    ListInstanceProfilesForRole: (input) => {
      const { name } = requireRole(world, input.RoleName);
      const held = [...iamState(world).profiles.values()].filter((profile) => profile.role === name);
      return { InstanceProfiles: held.map(toProfile), IsTruncated: false };
    },

    AddRoleToInstanceProfile: (input) => {
      const profile = requireProfile(input.InstanceProfileName);
      const role = requireRole(world, input.RoleName);
      if (profile.role !== undefined)
        throw limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
      profile.role = role.name;
      return {};
    },

    RemoveRoleFromInstanceProfile: (input) => {
      const profile = requireProfile(input.InstanceProfileName);
      if (profile.role === undefined || profile.role !== input.RoleName)
        throw noSuchEntity(`Role ${input.RoleName ?? ""} in Instance Profile ${profile.name} cannot be found.`);
      profile.role = undefined;
      return {};
    },

    DeleteInstanceProfile: (input) => {
      const profile = requireProfile(input.InstanceProfileName);
      if (profile.role !== undefined)
        throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
      iamState(world).profiles.delete(profile.name);
      return {};
    },

    TagInstanceProfile: (input) => {
      setTags(requireProfile(input.InstanceProfileName).tags, input.Tags);
      return {};
    },

    UntagInstanceProfile: (input) => {
      const { tags } = requireProfile(input.InstanceProfileName);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },

    ListInstanceProfileTags: (input) => ({
      Tags: listTags(requireProfile(input.InstanceProfileName).tags),
      IsTruncated: false,
    }),
  } satisfies IamHandlers;
}
