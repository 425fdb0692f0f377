import type { KeyMetadata, KeySpec } from "@aws-sdk/client-kms";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import {
  defaultKeyPolicy,
  findKey,
  freeKeyId,
  keyArn,
  kmsSlot,
  multiRegionKeyId,
  requireKey,
  tagMap,
  type KmsHandlers,
  type KmsKey,
} from "./state.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Creation, description, state, deletion and replication of keys. */
export function keyHandlers(world: World) {
  return {
    CreateKey: (input, { region, accountId }) => {
      const state = world.state(kmsSlot, region);
      const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT";
      const usage = input.KeyUsage ?? (spec === "SYMMETRIC_DEFAULT" ? "ENCRYPT_DECRYPT" : undefined);
      if (!usage) throw new ServiceError("ValidationException", `KeyUsage must be specified for ${spec} keys.`);
      checkPolicy(input.Policy);
      const tags = tagMap(input.Tags);
      const uuid = freeKeyId(world, region, [input.Description ?? "", JSON.stringify([...tags].sort())]);
      const id = input.MultiRegion ? multiRegionKeyId(uuid) : uuid;
      const key: KmsKey = {
        id,
        region,
        arn: keyArn(world, region, id),
        createdAt: world.now(),
        manager: "CUSTOMER",
        usage,
        spec,
        multiRegion: input.MultiRegion ? { primaryRegion: region } : undefined,
        state: "Enabled",
        description: input.Description ?? "",
        policy: input.Policy ?? defaultKeyPolicy(accountId),
        tags,
        rotationDays: undefined,
        rotationSince: undefined,
        deletion: undefined,
      };
      state.keys.set(id, key);
      return { KeyMetadata: describeKey(world, key) };
    },

    DescribeKey: (input, { region }) => ({ KeyMetadata: describeKey(world, requireKey(world, region, input.KeyId)) }),

    ListKeys: (_input, { region }) => ({
      Keys: [...world.state(kmsSlot, region).keys.values()].map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })),
      Truncated: false,
    }),

    UpdateKeyDescription: (input, { region }) => {
      requireCustomerKey(world, region, input.KeyId).description = input.Description ?? "";
      return {};
    },

    EnableKey: (input, { region }) => {
      requireUsableKey(world, region, input.KeyId).state = "Enabled";
      return {};
    },

    DisableKey: (input, { region }) => {
      requireUsableKey(world, region, input.KeyId).state = "Disabled";
      return {};
    },

    ScheduleKeyDeletion: (input, { region }) => {
      const key = requireUsableKey(world, region, input.KeyId);
      const windowDays = input.PendingWindowInDays ?? 30;
      if (windowDays < 7 || windowDays > 30)
        throw new ServiceError("ValidationException", "PendingWindowInDays must be between 7 and 30 days.");
      if (replicaRegions(world, key).length > 0)
        throw new ServiceError("KMSInvalidStateException", `${key.arn} is a multi-Region primary key with replicas.`);
      const state = world.state(kmsSlot, region);
      const timer = world.at(windowDays * DAY_MS, () => {
        state.keys.delete(key.id);
        for (const [alias, { keyId }] of state.aliases) if (keyId === key.id) state.aliases.delete(alias);
      });
      key.state = "PendingDeletion";
      key.deletion = { at: world.now() + windowDays * DAY_MS, windowDays, cancel: () => timer.cancel() };
      return {
        KeyId: key.arn,
        DeletionDate: new Date(key.deletion.at),
        KeyState: key.state,
        PendingWindowInDays: windowDays,
      };
    },

    CancelKeyDeletion: (input, { region }) => {
      const key = requireCustomerKey(world, region, input.KeyId);
      if (!key.deletion) throw new ServiceError("KMSInvalidStateException", `${key.arn} is not pending deletion.`);
      key.deletion.cancel();
      key.deletion = undefined;
      key.state = "Disabled";
      return { KeyId: key.arn };
    },

    ReplicateKey: (input, { region, accountId }) => {
      const primary = requireUsableKey(world, region, input.KeyId);
      const target = input.ReplicaRegion ?? "";
      if (primary.multiRegion?.primaryRegion !== region)
        throw new ServiceError("UnsupportedOperationException", `${primary.arn} is not a multi-Region primary key.`);
      // Replication needs the other Region's KMS; the caller only hears that it did not work.
      if (world.impairment(target))
        throw new ServiceError("KMSInternalException", `no answer from ${target}`, { status: 500 });
      const state = world.state(kmsSlot, target);
      if (state.keys.has(primary.id))
        throw new ServiceError("AlreadyExistsException", `${primary.id} exists in ${target}`);
      checkPolicy(input.Policy);
      const replica: KmsKey = {
        ...primary,
        region: target,
        arn: keyArn(world, target, primary.id),
        createdAt: world.now(),
        description: input.Description ?? "",
        policy: input.Policy ?? defaultKeyPolicy(accountId),
        tags: tagMap(input.Tags),
      };
      state.keys.set(replica.id, replica);
      return {
        ReplicaKeyMetadata: describeKey(world, replica),
        ReplicaPolicy: replica.policy,
        ReplicaTags: input.Tags ?? [],
      };
    },
  } satisfies KmsHandlers;
}

/**
 * A key that the account made and may change.
 *
 * @throws ServiceError NotFoundException, UnsupportedOperationException for AWS's own keys
 */
export function requireCustomerKey(world: World, region: string, reference: string | undefined): KmsKey {
  const key = requireKey(world, region, reference);
  if (key.manager === "AWS")
    throw new ServiceError("AccessDeniedException", `${key.arn} is managed by AWS and can't be changed.`);
  return key;
}

/**
 * A key of the account that is not about to be deleted.
 *
 * @throws ServiceError as requireCustomerKey, and KMSInvalidStateException
 */
export function requireUsableKey(world: World, region: string, reference: string | undefined): KmsKey {
  const key = requireCustomerKey(world, region, reference);
  if (key.state === "PendingDeletion")
    throw new ServiceError("KMSInvalidStateException", `${key.arn} is pending deletion.`);
  return key;
}

/**
 * Refuses what is no JSON document.
 *
 * @throws ServiceError MalformedPolicyDocumentException
 */
export function checkPolicy(policy: string | undefined): void {
  if (policy === undefined) return;
  try {
    JSON.parse(policy);
  } catch {
    throw new ServiceError("MalformedPolicyDocumentException", "The key policy is not a valid JSON document.");
  }
}

function replicaRegions(world: World, key: KmsKey): readonly string[] {
  if (key.multiRegion?.primaryRegion !== key.region) return [];
  return world
    .regionsWith(kmsSlot)
    .filter((region) => region !== key.region && findKey(world, region, key.id) !== undefined);
}

function describeKey(world: World, key: KmsKey): KeyMetadata {
  const primaryRegion = key.multiRegion?.primaryRegion;
  const primary = primaryRegion === undefined ? undefined : findKey(world, primaryRegion, key.id);
  return {
    AWSAccountId: world.accountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: new Date(key.createdAt),
    Enabled: key.state === "Enabled",
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    Origin: "AWS_KMS",
    KeyManager: key.manager,
    KeySpec: key.spec as KeySpec,
    CustomerMasterKeySpec: key.spec as NonNullable<KeyMetadata["CustomerMasterKeySpec"]>,
    ...(key.usage === "ENCRYPT_DECRYPT" && key.spec === "SYMMETRIC_DEFAULT"
      ? { EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"] }
      : {}),
    ...(key.deletion
      ? { DeletionDate: new Date(key.deletion.at), PendingDeletionWindowInDays: key.deletion.windowDays }
      : {}),
    MultiRegion: key.multiRegion !== undefined,
    ...(primary
      ? {
          MultiRegionConfiguration: {
            MultiRegionKeyType: primary.region === key.region ? "PRIMARY" : "REPLICA",
            PrimaryKey: { Arn: primary.arn, Region: primary.region },
            ReplicaKeys: replicaRegions(world, primary).map((region) => ({
              Arn: keyArn(world, region, key.id),
              Region: region,
            })),
          },
        }
      : {}),
  };
}
