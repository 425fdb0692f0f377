import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { checkPolicy, requireCustomerKey, requireUsableKey } from "./keys.js";
import { kmsSlot, requireKey, type KmsHandlers } from "./state.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Aliases, policies and rotation. */
export function settingHandlers(world: World) {
  function requireFreeName(name: string | undefined): string {
    if (!name || !/^alias\/[a-zA-Z0-9/_-]+$/.test(name))
      throw new ServiceError("InvalidAliasNameException", `${name ?? ""} is not an alias name such as alias/orders`);
    // Only in the name of an alias to be made or moved: AWS's own aliases are looked up without this check.
    if (name.startsWith("alias/aws/"))
      throw new ServiceError("InvalidAliasNameException", "alias/aws/ is reserved by AWS");
    return name;
  }

  return {
    CreateAlias: (input, { region }) => {
      const name = requireFreeName(input.AliasName);
      const { aliases } = world.state(kmsSlot, region);
      if (aliases.has(name))
        throw new ServiceError(
          "AlreadyExistsException",
          `An alias with the name arn:aws:kms:${region}:${world.accountId}:${name} already exists`,
        );
      aliases.set(name, { keyId: requireUsableKey(world, region, input.TargetKeyId).id, createdAt: world.now() });
      return {};
    },

    UpdateAlias: (input, { region }) => {
      const name = requireFreeName(input.AliasName);
      const { aliases } = world.state(kmsSlot, region);
      const alias = aliases.get(name);
      if (!alias) throw new ServiceError("NotFoundException", `Alias ${name} is not found.`);
      aliases.set(name, { ...alias, keyId: requireUsableKey(world, region, input.TargetKeyId).id });
      return {};
    },

    DeleteAlias: (input, { region }) => {
      const name = requireFreeName(input.AliasName);
      if (!world.state(kmsSlot, region).aliases.delete(name))
        throw new ServiceError("NotFoundException", `Alias ${name} is not found.`);
      return {};
    },

    ListAliases: (input, { region }) => {
      const keyId = input.KeyId === undefined ? undefined : requireKey(world, region, input.KeyId).id;
      const aliases = [...world.state(kmsSlot, region).aliases];
      return {
        Aliases: aliases
          .filter(([, alias]) => keyId === undefined || alias.keyId === keyId)
          .map(([name, alias]) => ({
            AliasName: name,
            AliasArn: `arn:aws:kms:${region}:${world.accountId}:${name}`,
            TargetKeyId: alias.keyId,
            CreationDate: new Date(alias.createdAt),
            LastUpdatedDate: new Date(alias.createdAt),
          })),
        Truncated: false,
      };
    },

    GetKeyPolicy: (input, { region }) => ({
      Policy: requireKey(world, region, input.KeyId).policy,
      PolicyName: "default",
    }),

    PutKeyPolicy: (input, { region }) => {
      const key = requireUsableKey(world, region, input.KeyId);
      checkPolicy(input.Policy);
      key.policy = input.Policy ?? key.policy;
      return {};
    },

    ListKeyPolicies: (input, { region }) => {
      requireKey(world, region, input.KeyId);
      return { PolicyNames: ["default"], Truncated: false };
    },

    GetKeyRotationStatus: (input, { region }) => {
      const key = requireKey(world, region, input.KeyId);
      if (key.rotationDays === undefined) return { KeyId: key.arn, KeyRotationEnabled: false };
      return {
        KeyId: key.arn,
        KeyRotationEnabled: true,
        RotationPeriodInDays: key.rotationDays,
        NextRotationDate: new Date((key.rotationSince ?? key.createdAt) + key.rotationDays * DAY_MS),
      };
    },

    EnableKeyRotation: (input, { region }) => {
      const key = requireUsableKey(world, region, input.KeyId);
      const days = input.RotationPeriodInDays ?? 365;
      if (days < 90 || days > 2560)
        throw new ServiceError("ValidationException", "RotationPeriodInDays must be between 90 and 2560 days.");
      if (key.spec !== "SYMMETRIC_DEFAULT")
        throw new ServiceError("UnsupportedOperationException", "Only symmetric encryption keys rotate automatically.");
      key.rotationDays = days;
      key.rotationSince = world.now();
      return {};
    },

    DisableKeyRotation: (input, { region }) => {
      const key = requireCustomerKey(world, region, input.KeyId);
      key.rotationDays = undefined;
      key.rotationSince = undefined;
      return {};
    },
  } satisfies KmsHandlers;
}
