import type { AliasArgs, AliasState } from "@pulumi/aws/kms/alias.js";
import type { KeyArgs, KeyState } from "@pulumi/aws/kms/key.js";

import { kms } from "../../services/kms/service.js";
import { defineResource, sameJson, type ResourceContext } from "../resource-type.js";
import { required, tagChange, type Tags } from "./tags.js";

/** KMS is eventually consistent: the provider wants to see a change five times, a second apart (service/kms/wait.go). */
const propagation = { minSeconds: 1, consecutive: 5 } as const;

const MANAGED = "Managed by Pulumi";

function kmsTags(tags: Tags | undefined) {
  return Object.entries(tags ?? {}).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
}

const key = defineResource<KeyArgs, KeyState>({
  token: "aws:kms/key:Key",
  label: "KMS Key",
  replaceOn: ["customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"],
  computed: ["description", "multiRegion", "policy", "rotationPeriodInDays"],
  defaults: {
    bypassPolicyLockoutSafetyCheck: false,
    customerMasterKeySpec: "SYMMETRIC_DEFAULT",
    description: MANAGED,
    enableKeyRotation: false,
    isEnabled: true,
    keyUsage: "ENCRYPT_DECRYPT",
  },
  sameValue: { policy: sameJson },
  create: (aws, inputs) => {
    const { KeyMetadata } = aws.call(kms, "CreateKey", {
      Description: inputs.description,
      KeySpec: inputs.customerMasterKeySpec as "SYMMETRIC_DEFAULT",
      KeyUsage: inputs.keyUsage as "ENCRYPT_DECRYPT",
      MultiRegion: inputs.multiRegion,
      Policy: inputs.policy,
      BypassPolicyLockoutSafetyCheck: inputs.bypassPolicyLockoutSafetyCheck,
      Tags: kmsTags(inputs.tags),
    });
    return required(KeyMetadata?.KeyId, "KeyId");
  },
  finishCreate: async (aws, id, inputs) => {
    if (inputs.enableKeyRotation) await rotate(aws, id, true);
    if (inputs.isEnabled === false) await enable(aws, id, false);
  },
  read: (aws, id) => {
    const { KeyMetadata } = aws.call(kms, "DescribeKey", { KeyId: id });
    if (!KeyMetadata || KeyMetadata.KeyState === "PendingDeletion") return undefined;
    const rotation = aws.call(kms, "GetKeyRotationStatus", { KeyId: id });
    return {
      inputs: {
        description: KeyMetadata.Description,
        isEnabled: KeyMetadata.Enabled,
        enableKeyRotation: rotation.KeyRotationEnabled,
        keyUsage: KeyMetadata.KeyUsage,
        customerMasterKeySpec: KeyMetadata.KeySpec,
        multiRegion: KeyMetadata.MultiRegion,
        policy: aws.call(kms, "GetKeyPolicy", { KeyId: id, PolicyName: "default" }).Policy,
      },
      outputs: { arn: KeyMetadata.Arn, keyId: id },
    };
  },
  update: async (aws, id, change) => {
    const { after } = change;
    if (change.has("isEnabled") && after.isEnabled !== false) await enable(aws, id, true);
    if (change.has("enableKeyRotation")) await rotate(aws, id, after.enableKeyRotation ?? false);
    if (change.has("description"))
      aws.call(kms, "UpdateKeyDescription", { KeyId: id, Description: after.description ?? "" });
    if (change.has("policy") && after.policy !== undefined) {
      aws.call(kms, "PutKeyPolicy", { KeyId: id, PolicyName: "default", Policy: after.policy });
    }
    if (change.has("isEnabled") && after.isEnabled === false) await enable(aws, id, false);
    const { set, remove } = tagChange(change);
    if (remove.length > 0) aws.call(kms, "UntagResource", { KeyId: id, TagKeys: [...remove] });
    if (Object.keys(set).length > 0) aws.call(kms, "TagResource", { KeyId: id, Tags: kmsTags(set) });
  },
  delete: (aws, id, before) => {
    aws.call(kms, "ScheduleKeyDeletion", { KeyId: id, PendingWindowInDays: before.deletionWindowInDays ?? 30 });
  },
});

async function rotate(aws: ResourceContext, id: string, wanted: boolean): Promise<void> {
  aws.call(kms, wanted ? "EnableKeyRotation" : "DisableKeyRotation", { KeyId: id });
  await aws.wait({
    label: `waiting for KMS Key (${id}) rotation update`,
    state: () => String(aws.call(kms, "GetKeyRotationStatus", { KeyId: id }).KeyRotationEnabled ?? false),
    target: [String(wanted)],
    ...propagation,
  });
}

async function enable(aws: ResourceContext, id: string, wanted: boolean): Promise<void> {
  aws.call(kms, wanted ? "EnableKey" : "DisableKey", { KeyId: id });
  await aws.wait({
    label: `waiting for KMS Key (${id}) state update`,
    state: () => String(aws.call(kms, "DescribeKey", { KeyId: id }).KeyMetadata?.Enabled ?? false),
    target: [String(wanted)],
    minSeconds: 2,
    consecutive: 15,
  });
}

const alias = defineResource<AliasArgs, AliasState>({
  token: "aws:kms/alias:Alias",
  label: "KMS Alias",
  tagged: false,
  replaceOn: ["name", "namePrefix"],
  computed: ["name", "namePrefix"],
  sameValue: { targetKeyId: (before, after) => keyIdOf(before) === keyIdOf(after) },
  create: (aws, inputs) => {
    const name = inputs.name ?? `${inputs.namePrefix ?? "alias/"}${aws.token.slice(0, 26)}`;
    aws.call(kms, "CreateAlias", { AliasName: name, TargetKeyId: inputs.targetKeyId });
    return name;
  },
  read: (aws, id) => {
    const found = aws.call(kms, "ListAliases", {}).Aliases?.find(({ AliasName }) => AliasName === id);
    return (
      found && {
        inputs: { name: id, targetKeyId: required(found.TargetKeyId, "TargetKeyId") },
        outputs: {
          arn: found.AliasArn,
          targetKeyArn: `arn:aws:kms:${aws.region}:${aws.accountId}:key/${found.TargetKeyId}`,
        },
      }
    );
  },
  update: (aws, id, change) => {
    if (change.has("targetKeyId"))
      aws.call(kms, "UpdateAlias", { AliasName: id, TargetKeyId: change.after.targetKeyId });
  },
  delete: (aws, id) => {
    aws.call(kms, "DeleteAlias", { AliasName: id });
  },
});

function keyIdOf(value: unknown): string {
  return String(value).split("/").at(-1) ?? "";
}

/** Keys and their aliases. */
export const kmsTypes = [key, alias];
