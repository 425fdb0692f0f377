import assert from "node:assert/strict";
import fc from "fast-check";

import type { ReplicationRule } from "@aws-sdk/client-s3";

import { kms } from "../../src/simulator/services/kms/service.js";
import { replicationLag, s3, unreplicatedObjects, writeObject } from "../../src/simulator/services/s3/service.js";
import { findBucket } from "../../src/simulator/services/s3/state.js";
import { AWAY, createSimulation, HOME, refusal, withSimulation, type Simulation } from "./data-services.js";

const home = { region: HOME, cause: "test" };
const away = { region: AWAY, cause: "test" };
const SOURCE = "images-home";
const COPY = "images-away";
const Role = "arn:aws:iam::123456789012:role/replication";

function createBuckets({ api }: Simulation, versioned = true): void {
  api.call(s3, "CreateBucket", { Bucket: SOURCE, CreateBucketConfiguration: { LocationConstraint: HOME } }, home);
  api.call(s3, "CreateBucket", { Bucket: COPY }, away);
  if (!versioned) return;
  for (const [Bucket, context] of [
    [SOURCE, home],
    [COPY, away],
  ] as const)
    api.call(s3, "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } }, context);
}

function rule(changes: Partial<ReplicationRule> = {}, destination = COPY): ReplicationRule {
  return {
    ID: "all",
    Priority: 1,
    Status: "Enabled",
    Filter: { Prefix: "" },
    DeleteMarkerReplication: { Status: "Disabled" },
    Destination: { Bucket: `arn:aws:s3:::${destination}` },
    ...changes,
  };
}

function replicate({ api }: Simulation, Rules: ReplicationRule[] = [rule()]): void {
  api.call(s3, "PutBucketReplication", { Bucket: SOURCE, ReplicationConfiguration: { Role, Rules } }, home);
}

/** Keys with the bodies of their current versions. */
function contents(simulation: Simulation, bucket: string): Record<string, string> {
  const current = [...(findBucket(simulation.world, bucket)?.objects ?? [])].flatMap(([key, [latest]]) =>
    latest && !latest.deleteMarker ? [[key, Buffer.from(latest.body).toString()] as const] : [],
  );
  return Object.fromEntries(current.sort());
}

describe("S3 replication", () => {
  it(
    "needs versioning on both sides, a destination that exists, and rules that fit each other",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBuckets(simulation, false);
      const version = (Bucket: string, context: typeof home) =>
        api.call(s3, "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } }, context);
      assert.throws(
        () => replicate(simulation),
        refusal("InvalidRequest", /Versioning must be 'Enabled' on the bucket/),
      );
      version(SOURCE, home);
      assert.throws(() => replicate(simulation), refusal("InvalidRequest", /Destination bucket must have versioning/));
      version(COPY, away);
      assert.throws(() => replicate(simulation, [rule({}, "nowhere")]), refusal("InvalidRequest", /must exist/));
      assert.throws(
        () => replicate(simulation, [rule(), rule({ ID: "other" })]),
        refusal("InvalidRequest", /priorities/),
      );
      assert.throws(
        () => replicate(simulation, [{ ...rule(), DeleteMarkerReplication: undefined }]),
        refusal("InvalidRequest", /DeleteMarkerReplication/),
      );
      replicate(simulation);
      const suspend = { Bucket: SOURCE, VersioningConfiguration: { Status: "Suspended" as const } };
      assert.throws(() => api.call(s3, "PutBucketVersioning", suspend, home), refusal("InvalidBucketState"));
    }),
  );

  it(
    "brings an object to the other Region after its delay, and says on both sides where it stands",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      createBuckets(simulation);
      api.call(s3, "PutObject", { Bucket: SOURCE, Key: "before", Body: "0" }, home);
      replicate(simulation);
      const { VersionId } = api.call(
        s3,
        "PutObject",
        { Bucket: SOURCE, Key: "a", Body: "1", Metadata: { m: "1" } },
        home,
      );
      const status = (Bucket: string, context: typeof home) =>
        api.call(s3, "HeadObject", { Bucket, Key: "a" }, context).ReplicationStatus;
      assert.equal(status(SOURCE, home), "PENDING");
      const { typical } = world.latencies["s3.replication"];
      await pass(typical - 1);
      assert.throws(() => status(COPY, away), refusal("NotFound"));
      assert.equal(Math.round(replicationLag(world, SOURCE)), typical - 1);
      await pass(2);
      assert.equal(status(SOURCE, home), "COMPLETED");
      assert.equal(status(COPY, away), "REPLICA");
      assert.equal(replicationLag(world, SOURCE), 0);
      const replica = api.call(s3, "HeadObject", { Bucket: COPY, Key: "a" }, away);
      assert.deepEqual([replica.VersionId, replica.Metadata], [VersionId, { m: "1" }]);
      assert.deepEqual(contents(simulation, COPY), { a: "1" }, "what was there before the rule is not replicated");
    }),
  );

  it(
    "follows prefixes, priorities and the rule for delete markers, and never replicates the deletion of a version",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      createBuckets(simulation);
      replicate(simulation, [
        rule({ ID: "none", Filter: { Prefix: "images/tmp/" }, Priority: 2, Status: "Disabled" }),
        rule({ ID: "images", Filter: { Prefix: "images/" }, DeleteMarkerReplication: { Status: "Enabled" } }),
        rule({ ID: "reviews", Filter: { Prefix: "reviews/" }, Priority: 3 }),
      ]);
      const put = (Key: string) => api.call(s3, "PutObject", { Bucket: SOURCE, Key, Body: Key }, home).VersionId;
      const kept = put("reviews/1");
      for (const key of ["images/1", "images/2", "logs/1"]) put(key);
      await pass(20);
      assert.deepEqual(Object.keys(contents(simulation, COPY)), ["images/1", "images/2", "reviews/1"]);
      for (const Key of ["images/1", "reviews/1"]) api.call(s3, "DeleteObject", { Bucket: SOURCE, Key }, home);
      api.call(s3, "DeleteObject", { Bucket: SOURCE, Key: "reviews/1", VersionId: kept }, home);
      await pass(20);
      assert.deepEqual(Object.keys(contents(simulation, COPY)), ["images/2", "reviews/1"]);
    }),
  );

  it(
    "goes both ways without a loop, and the newer version wins on both sides",
    withSimulation(async (simulation) => {
      const { api, pass, world } = simulation;
      createBuckets(simulation);
      replicate(simulation);
      api.call(
        s3,
        "PutBucketReplication",
        { Bucket: COPY, ReplicationConfiguration: { Role, Rules: [rule({}, SOURCE)] } },
        away,
      );
      api.call(s3, "PutObject", { Bucket: SOURCE, Key: "a", Body: "older" }, home);
      await pass(1);
      api.call(s3, "PutObject", { Bucket: COPY, Key: "a", Body: "newer" }, away);
      await pass(1000);
      for (const bucket of [SOURCE, COPY]) {
        assert.deepEqual(contents(simulation, bucket), { a: "newer" });
        assert.equal(findBucket(world, bucket)?.objects.get("a")?.length, 2);
      }
    }),
  );

  it(
    "leaves out what a KMS key protects unless the rule names a key of the destination",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      createBuckets(simulation);
      const key = (context: typeof home) => api.call(kms, "CreateKey", {}, context).KeyMetadata?.Arn;
      const [homeKey, awayKey] = [key(home), key(away)];
      const put = (Key: string) =>
        api.call(
          s3,
          "PutObject",
          { Bucket: SOURCE, Key, Body: "x", ServerSideEncryption: "aws:kms", SSEKMSKeyId: homeKey },
          home,
        );
      replicate(simulation);
      put("left-out");
      const selected = { SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: "Enabled" as const } } };
      assert.throws(
        () => replicate(simulation, [rule(selected)]),
        refusal("InvalidRequest", /EncryptionConfiguration/),
      );
      const Destination = { Bucket: `arn:aws:s3:::${COPY}`, EncryptionConfiguration: { ReplicaKmsKeyID: awayKey } };
      replicate(simulation, [rule({ ...selected, Destination })]);
      put("taken");
      await pass(20);
      assert.deepEqual(Object.keys(contents(simulation, COPY)), ["taken"]);
      assert.equal(api.call(s3, "HeadObject", { Bucket: COPY, Key: "taken" }, away).SSEKMSKeyId, awayKey);
    }),
  );

  it("has in the other Region, when the source's is lost, exactly what arrived before, and the rest when it comes back", async () => {
    const writes = fc.array(
      fc.record({ at: fc.integer({ min: 0, max: 600_000 }), key: fc.constantFrom("a", "b", "c", "d") }),
      { minLength: 1, maxLength: 15 },
    );
    await fc.assert(
      fc.asyncProperty(
        writes,
        fc.integer({ min: 0, max: 1_500_000 }),
        fc.integer({ min: 1, max: 1000 }),
        async (given, faultAt, seed) => {
          const simulation = createSimulation({ seed, profile: "drawn" });
          const { world, pass } = simulation;
          try {
            createBuckets(simulation);
            replicate(simulation);
            const accepted: { id: string; at: number }[] = [];
            given.forEach(({ at, key }, index) =>
              world.at(at, () => {
                const result = writeObject(world, SOURCE, key, `${index}`);
                if (result.status === "committed") accepted.push({ id: result.versionId, at: world.now() });
              }),
            );
            const arrivedAt = new Map<string, number>();
            let atFault: string[] = [];
            let missingAtFault: string[] = [];
            const versionIds = (): string[] =>
              [...(findBucket(world, COPY)?.objects.values() ?? [])].flat().map(({ versionId }) => versionId);
            world.at(faultAt, () => {
              simulation.lose(HOME);
              atFault = versionIds();
              missingAtFault = unreplicatedObjects(world, SOURCE).map(({ versionId }) => versionId);
            });
            await pass(3600);
            assert.deepEqual(versionIds().sort(), atFault.sort(), "nothing arrives from a lost Region");
            assert.deepEqual([...atFault, ...missingAtFault].sort(), accepted.map(({ id }) => id).sort());
            // Each arrived after its own drawn delay, none before.
            for (const { subject, startedAt, endedAt, row } of world.spans) {
              if (row !== "s3.replication") continue;
              assert.ok((endedAt - startedAt) / 1000 >= world.latencies[row].low - 1e-6);
              arrivedAt.set(subject.occurrence?.split("/")[0] ?? "", endedAt);
            }
            for (const id of atFault)
              assert.ok((arrivedAt.get(id) ?? Infinity) <= (world.impairment(HOME)?.since ?? 0));
            simulation.heal(HOME);
            await pass(3600);
            assert.deepEqual(versionIds().sort(), accepted.map(({ id }) => id).sort());
            assert.deepEqual(contents(simulation, COPY), contents(simulation, SOURCE));
            assert.deepEqual(unreplicatedObjects(world, SOURCE), []);
          } finally {
            simulation.clock.stop();
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
