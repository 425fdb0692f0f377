import assert from "node:assert/strict";

import { kms } from "../../src/simulator/services/kms/service.js";
import { findKey } from "../../src/simulator/services/kms/state.js";
import { AWAY, HOME, refusal, withSimulation } from "./data-services.js";

const home = { region: HOME, cause: "test" };
const away = { region: AWAY, cause: "test" };

describe("KMS", () => {
  it(
    "finds a key by id, ARN and alias, in its own Region only",
    withSimulation(async ({ api, world }) => {
      const key = api.call(
        kms,
        "CreateKey",
        { Description: "orders", Tags: [{ TagKey: "app", TagValue: "shop" }] },
        home,
      ).KeyMetadata;
      api.call(kms, "CreateAlias", { AliasName: "alias/orders", TargetKeyId: key?.KeyId }, home);
      for (const KeyId of [key?.KeyId, key?.Arn, "alias/orders", `arn:aws:kms:${HOME}:${world.accountId}:alias/orders`])
        assert.equal(api.call(kms, "DescribeKey", { KeyId }, home).KeyMetadata?.Arn, key?.Arn);
      assert.throws(() => api.call(kms, "DescribeKey", { KeyId: key?.Arn }, away), refusal("NotFoundException"));
      assert.throws(
        () => api.call(kms, "CreateAlias", { AliasName: "alias/orders", TargetKeyId: key?.KeyId }, home),
        refusal("AlreadyExistsException"),
      );
      assert.throws(
        () => api.call(kms, "CreateAlias", { AliasName: "alias/aws/mine", TargetKeyId: key?.KeyId }, home),
        refusal("InvalidAliasNameException"),
      );
      assert.deepEqual(api.call(kms, "ListResourceTags", { KeyId: key?.KeyId }, home).Tags, [
        { TagKey: "app", TagValue: "shop" },
      ]);
      api.call(kms, "DeleteAlias", { AliasName: "alias/orders" }, home);
      assert.throws(() => api.call(kms, "DescribeKey", { KeyId: "alias/orders" }, home), refusal("NotFoundException"));
    }),
  );

  it("gives equal keys made at once different ids, and the same ids for the same seed", async () => {
    const idsOf = async (): Promise<string[]> => {
      const ids: string[] = [];
      await withSimulation(
        async ({ api }) => {
          for (let index = 0; index < 3; index++)
            ids.push(api.call(kms, "CreateKey", {}, home).KeyMetadata?.KeyId ?? "");
        },
        { seed: 7 },
      )();
      return ids;
    };
    const ids = await idsOf();
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(await idsOf(), ids);
  });

  it(
    "has AWS's own keys without anybody making them, and lets nobody change them",
    withSimulation(async ({ api }) => {
      const key = api.call(kms, "DescribeKey", { KeyId: "alias/aws/rds" }, home).KeyMetadata;
      assert.equal(key?.KeyManager, "AWS");
      assert.throws(
        () => api.call(kms, "ScheduleKeyDeletion", { KeyId: key.KeyId }, home),
        refusal("AccessDeniedException"),
      );
    }),
  );

  it(
    "rotates, changes policies and tags",
    withSimulation(async ({ api, world }) => {
      const KeyId = api.call(kms, "CreateKey", {}, home).KeyMetadata?.KeyId;
      assert.equal(api.call(kms, "GetKeyRotationStatus", { KeyId }, home).KeyRotationEnabled, false);
      api.call(kms, "EnableKeyRotation", { KeyId }, home);
      const { RotationPeriodInDays, NextRotationDate } = api.call(kms, "GetKeyRotationStatus", { KeyId }, home);
      assert.equal(RotationPeriodInDays, 365);
      assert.ok((NextRotationDate?.getTime() ?? 0) > world.now() + 364 * 86_400_000);
      assert.match(
        api.call(kms, "GetKeyPolicy", { KeyId }, home).Policy ?? "",
        new RegExp(`arn:aws:iam::${world.accountId}:root`),
      );
      assert.throws(
        () => api.call(kms, "PutKeyPolicy", { KeyId, Policy: "{" }, home),
        refusal("MalformedPolicyDocumentException"),
      );
      api.call(kms, "PutKeyPolicy", { KeyId, Policy: "{}" }, home);
      assert.equal(api.call(kms, "GetKeyPolicy", { KeyId }, home).Policy, "{}");
    }),
  );

  it(
    "deletes a key only after its waiting period, and not if that is cancelled",
    withSimulation(async ({ api, pass, world }) => {
      const create = () => api.call(kms, "CreateKey", {}, home).KeyMetadata?.KeyId ?? "";
      const [doomed, saved] = [create(), create()];
      for (const KeyId of [doomed, saved]) {
        const { KeyState } = api.call(kms, "ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 }, home);
        assert.equal(KeyState, "PendingDeletion");
      }
      assert.throws(() => api.call(kms, "EnableKey", { KeyId: doomed }, home), refusal("KMSInvalidStateException"));
      api.call(kms, "CancelKeyDeletion", { KeyId: saved }, home);
      await pass(8 * 86_400);
      assert.equal(findKey(world, HOME, doomed), undefined);
      assert.equal(api.call(kms, "DescribeKey", { KeyId: saved }, home).KeyMetadata?.KeyState, "Disabled");
    }),
  );

  it(
    "replicates a multi-Region key under the same id, while the other Region works",
    withSimulation(async ({ api, lose, heal }) => {
      const single = api.call(kms, "CreateKey", {}, home).KeyMetadata?.KeyId;
      assert.throws(
        () => api.call(kms, "ReplicateKey", { KeyId: single, ReplicaRegion: AWAY }, home),
        refusal("UnsupportedOperationException"),
      );
      const KeyId = api.call(kms, "CreateKey", { MultiRegion: true }, home).KeyMetadata?.KeyId ?? "";
      assert.match(KeyId, /^mrk-[0-9a-f]{32}$/);
      lose(AWAY);
      assert.throws(
        () => api.call(kms, "ReplicateKey", { KeyId, ReplicaRegion: AWAY }, home),
        refusal("KMSInternalException"),
      );
      heal(AWAY);
      api.call(kms, "ReplicateKey", { KeyId, ReplicaRegion: AWAY }, home);
      const replica = api.call(kms, "DescribeKey", { KeyId }, away).KeyMetadata;
      assert.equal(replica?.MultiRegionConfiguration?.MultiRegionKeyType, "REPLICA");
      assert.equal(replica.MultiRegionConfiguration.PrimaryKey?.Region, HOME);
      assert.throws(() => api.call(kms, "ScheduleKeyDeletion", { KeyId }, home), refusal("KMSInvalidStateException"));
    }),
  );
});
