import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import type { PutObjectCommandInput } from "@aws-sdk/client-s3";

import { kms } from "../../src/simulator/services/kms/service.js";
import { httpGetObject, s3 } from "../../src/simulator/services/s3/service.js";
import { AWAY, HOME, refusal, withSimulation, type Simulation } from "./data-services.js";

const home = { region: HOME, cause: "test" };
const away = { region: AWAY, cause: "test" };
const Bucket = "shop-images";

function createBucket({ api }: Simulation, region: string, name = Bucket, versioned = false): void {
  const context = { region, cause: "test" };
  const elsewhere =
    region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as "ap-northeast-2" } };
  api.call(s3, "CreateBucket", { Bucket: name, ...elsewhere }, context);
  if (versioned)
    api.call(s3, "PutBucketVersioning", { Bucket: name, VersioningConfiguration: { Status: "Enabled" } }, context);
}

/** What a GET answers as text. */
function read({ api }: Simulation, Key: string, options: { VersionId?: string; Range?: string } = {}): string {
  const { Body } = api.call(s3, "GetObject", { Bucket, Key, ...options }, home);
  return Buffer.from(Body as unknown as Uint8Array).toString();
}

describe("S3 buckets", () => {
  it(
    "belong to one Region under a name that is taken in all of them",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME);
      assert.throws(() => createBucket(simulation, AWAY), refusal("BucketAlreadyOwnedByYou"));
      assert.equal(api.call(s3, "GetBucketLocation", { Bucket }, away).LocationConstraint, HOME);
      assert.throws(() => api.call(s3, "PutObject", { Bucket, Key: "a" }, away), refusal("PermanentRedirect"));
      assert.throws(() => api.call(s3, "HeadBucket", { Bucket }, away), refusal("PermanentRedirect"));
      assert.equal(api.call(s3, "HeadBucket", { Bucket }, home).BucketRegion, HOME);
      assert.throws(() => api.call(s3, "HeadBucket", { Bucket: "none" }, home), refusal("NotFound"));
      assert.throws(() => api.call(s3, "ListObjectsV2", { Bucket: "none" }, home), refusal("NoSuchBucket"));
      // In us-east-1 making one's own bucket again succeeds.
      createBucket(simulation, AWAY, "east");
      createBucket(simulation, AWAY, "east");
      assert.deepEqual(
        api.call(s3, "ListBuckets", {}, home).Buckets?.map(({ Name }) => Name),
        ["east", Bucket],
      );
      assert.throws(
        () => api.call(s3, "CreateBucket", { Bucket: "no-constraint" }, home),
        refusal("IllegalLocationConstraintException"),
      );
      assert.throws(() => createBucket(simulation, HOME, "Not_A_Name"), refusal("InvalidBucketName"));
    }),
  );

  it(
    "are private, encrypted and without ACLs from the start, and answer a code of its own for each absent setting",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME);
      const block = api.call(s3, "GetPublicAccessBlock", { Bucket }, home).PublicAccessBlockConfiguration;
      assert.deepEqual(new Set(Object.values(block ?? {})), new Set([true]));
      const rules = api.call(s3, "GetBucketEncryption", { Bucket }, home).ServerSideEncryptionConfiguration?.Rules;
      assert.equal(rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, "AES256");
      assert.equal(
        api.call(s3, "GetBucketOwnershipControls", { Bucket }, home).OwnershipControls?.Rules?.[0]?.ObjectOwnership,
        "BucketOwnerEnforced",
      );
      assert.equal(api.call(s3, "GetBucketVersioning", { Bucket }, home).Status, undefined);
      assert.throws(() => api.call(s3, "GetBucketPolicy", { Bucket }, home), refusal("NoSuchBucketPolicy"));
      assert.throws(() => api.call(s3, "GetBucketTagging", { Bucket }, home), refusal("NoSuchTagSet"));
      assert.throws(
        () => api.call(s3, "GetBucketReplication", { Bucket }, home),
        refusal("ReplicationConfigurationNotFoundError"),
      );
      assert.throws(
        () => api.call(s3, "GetBucketLifecycleConfiguration", { Bucket }, home),
        refusal("NoSuchLifecycleConfiguration"),
      );
      assert.throws(() => api.call(s3, "GetBucketCors", { Bucket }, home), refusal("NoSuchCORSConfiguration"));
      assert.throws(() => api.call(s3, "GetBucketWebsite", { Bucket }, home), refusal("NoSuchWebsiteConfiguration"));
      assert.throws(
        () => api.call(s3, "GetObjectLockConfiguration", { Bucket }, home),
        refusal("ObjectLockConfigurationNotFoundError"),
      );
      api.call(s3, "PutBucketTagging", { Bucket, Tagging: { TagSet: [{ Key: "app", Value: "shop" }] } }, home);
      assert.deepEqual(api.call(s3, "GetBucketTagging", { Bucket }, home).TagSet, [{ Key: "app", Value: "shop" }]);
    }),
  );

  it(
    "are deleted only when empty of every version",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME, Bucket, true);
      const { VersionId } = api.call(s3, "PutObject", { Bucket, Key: "a", Body: "1" }, home);
      const marker = api.call(s3, "DeleteObject", { Bucket, Key: "a" }, home);
      const remove = () => api.call(s3, "DeleteBucket", { Bucket }, home);
      assert.throws(remove, refusal("BucketNotEmpty", /all versions/));
      for (const id of [VersionId, marker.VersionId])
        api.call(s3, "DeleteObject", { Bucket, Key: "a", VersionId: id }, home);
      remove();
      assert.throws(remove, refusal("NoSuchBucket"));
    }),
  );

  it(
    "can't be made or set up while us-east-1 is lost, but their objects can be read and written",
    withSimulation(async (simulation) => {
      createBucket(simulation, HOME);
      simulation.lose("us-east-1");
      assert.throws(() => createBucket(simulation, HOME, "another"), refusal("ServiceUnavailable"));
      const status = { Bucket, VersioningConfiguration: { Status: "Enabled" as const } };
      assert.throws(() => simulation.api.call(s3, "PutBucketVersioning", status, home), refusal("ServiceUnavailable"));
      simulation.api.call(s3, "PutObject", { Bucket, Key: "marker", Body: "x" }, home);
      assert.equal(read(simulation, "marker"), "x");
    }),
  );
});

describe("S3 objects", () => {
  it(
    "come back with their headers, whole or in part",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME);
      const { ETag } = api.call(
        s3,
        "PutObject",
        { Bucket, Key: "menu.txt", Body: "kimchi and rice", ContentType: "text/plain", Metadata: { by: "chef" } },
        home,
      );
      assert.equal(ETag, `"${createHash("md5").update("kimchi and rice").digest("hex")}"`);
      const head = api.call(s3, "HeadObject", { Bucket, Key: "menu.txt" }, home);
      assert.deepEqual(
        [head.ContentLength, head.ContentType, head.Metadata, head.ETag],
        [15, "text/plain", { by: "chef" }, ETag],
      );
      assert.equal(head.VersionId, undefined);
      assert.equal(head.ReplicationStatus, undefined);
      assert.equal(read(simulation, "menu.txt"), "kimchi and rice");
      assert.equal(read(simulation, "menu.txt", { Range: "bytes=0-5" }), "kimchi");
      assert.equal(read(simulation, "menu.txt", { Range: "bytes=-4" }), "rice");
      assert.equal(
        api.call(s3, "GetObject", { Bucket, Key: "menu.txt", Range: "bytes=7-" }, home).ContentRange,
        "bytes 7-14/15",
      );
      assert.throws(() => read(simulation, "menu.txt", { Range: "bytes=99-" }), refusal("InvalidRange"));
      assert.throws(() => read(simulation, "none"), refusal("NoSuchKey"));
      assert.throws(() => api.call(s3, "HeadObject", { Bucket, Key: "none" }, home), refusal("NotFound"));
    }),
  );

  it(
    "keep their versions, hide behind delete markers and come back when the marker goes",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME, Bucket, true);
      const put = (Body: string) => api.call(s3, "PutObject", { Bucket, Key: "a", Body }, home).VersionId ?? "";
      const [first, second] = [put("1"), put("2")];
      assert.notEqual(first, second);
      assert.deepEqual([read(simulation, "a"), read(simulation, "a", { VersionId: first })], ["2", "1"]);
      const marker = api.call(s3, "DeleteObject", { Bucket, Key: "a" }, home);
      assert.equal(marker.DeleteMarker, true);
      assert.throws(() => read(simulation, "a"), refusal("NoSuchKey"));
      assert.throws(() => read(simulation, "a", { VersionId: marker.VersionId ?? "" }), refusal("MethodNotAllowed"));
      assert.equal(api.call(s3, "ListObjectsV2", { Bucket }, home).KeyCount, 0);
      const listed = api.call(s3, "ListObjectVersions", { Bucket }, home);
      assert.deepEqual(
        listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [
          [second, false],
          [first, false],
        ],
      );
      assert.deepEqual(
        listed.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [[marker.VersionId, true]],
      );
      api.call(s3, "DeleteObject", { Bucket, Key: "a", VersionId: marker.VersionId }, home);
      assert.equal(read(simulation, "a"), "2");
    }),
  );

  it(
    "are written on condition",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME);
      const put = (conditions: Partial<PutObjectCommandInput>) => () =>
        api.call(s3, "PutObject", { Bucket, Key: "lock", Body: "x", ...conditions }, home);
      const { ETag } = put({ IfNoneMatch: "*" })();
      assert.throws(put({ IfNoneMatch: "*" }), refusal("PreconditionFailed"));
      assert.throws(put({ IfMatch: '"0"' }), refusal("PreconditionFailed"));
      put({ IfMatch: ETag })();
      assert.throws(
        () => api.call(s3, "GetObject", { Bucket, Key: "lock", IfNoneMatch: ETag }, home),
        refusal("NotModified"),
      );
    }),
  );

  it(
    "are listed by prefix and delimiter, page by page, each once",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME);
      for (const Key of ["a/1", "a/2", "b", "c/1", "d"]) api.call(s3, "PutObject", { Bucket, Key }, home);
      const all = api.call(s3, "ListObjectsV2", { Bucket, Delimiter: "/" }, home);
      assert.deepEqual(
        all.Contents?.map(({ Key }) => Key),
        ["b", "d"],
      );
      assert.deepEqual(
        all.CommonPrefixes?.map(({ Prefix }) => Prefix),
        ["a/", "c/"],
      );
      const seen: (string | undefined)[] = [];
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const page = api.call(
          s3,
          "ListObjectsV2",
          { Bucket, MaxKeys: 2, ...(token ? { ContinuationToken: token } : {}) },
          home,
        );
        seen.push(...(page.Contents ?? []).map(({ Key }) => Key));
        token = page.NextContinuationToken;
      }
      assert.deepEqual(seen, ["a/1", "a/2", "b", "c/1", "d"]);
      assert.deepEqual(api.call(s3, "ListObjectsV2", { Bucket, Prefix: "a/" }, home).KeyCount, 2);
    }),
  );

  it(
    "are copied, also from another Region that works",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME);
      createBucket(simulation, AWAY, "shop-source");
      api.call(s3, "PutObject", { Bucket: "shop-source", Key: "x y", Body: "text", Metadata: { a: "1" } }, away);
      const copy = () => api.call(s3, "CopyObject", { Bucket, Key: "copy", CopySource: "shop-source/x%20y" }, home);
      copy();
      assert.equal(read(simulation, "copy"), "text");
      assert.deepEqual(api.call(s3, "HeadObject", { Bucket, Key: "copy" }, home).Metadata, { a: "1" });
      assert.throws(
        () => api.call(s3, "CopyObject", { Bucket, Key: "copy", CopySource: `${Bucket}/copy` }, home),
        refusal("InvalidRequest"),
      );
      simulation.lose(AWAY);
      assert.throws(copy, refusal("ServiceUnavailable"));
    }),
  );

  it(
    "are uploaded in parts",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      createBucket(simulation, HOME);
      const upload = {
        Bucket,
        Key: "big",
        UploadId: api.call(s3, "CreateMultipartUpload", { Bucket, Key: "big" }, home).UploadId,
      };
      const bodies = [Buffer.alloc(5 * 1024 * 1024, "a"), Buffer.from("end")];
      const Parts = bodies.map((Body, index) => ({
        PartNumber: index + 1,
        ETag: api.call(s3, "UploadPart", { ...upload, PartNumber: index + 1, Body }, home).ETag,
      }));
      const complete = (parts: typeof Parts) =>
        api.call(s3, "CompleteMultipartUpload", { ...upload, MultipartUpload: { Parts: parts } }, home);
      assert.throws(() => complete([...Parts].reverse()), refusal("InvalidPartOrder"));
      assert.match(complete(Parts).ETag ?? "", /^"[0-9a-f]{32}-2"$/);
      assert.equal(api.call(s3, "HeadObject", { Bucket, Key: "big" }, home).ContentLength, 5 * 1024 * 1024 + 3);
      assert.throws(() => complete(Parts), refusal("NoSuchUpload"));
    }),
  );
});

describe("S3 for anybody", () => {
  const host = `${Bucket}.s3.${HOME}.amazonaws.com`;
  const policy = (Resource: string, extra: object = {}): string =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource, ...extra }],
    });

  it(
    "answers only what the public access block and the policy let through",
    withSimulation(async (simulation) => {
      const { api, world } = simulation;
      createBucket(simulation, HOME);
      for (const Key of ["fence/us-east-1", "private"]) api.call(s3, "PutObject", { Bucket, Key, Body: "x" }, home);
      const allow = { Bucket, Policy: policy(`arn:aws:s3:::${Bucket}/fence/*`) };
      const get = (path: string) => httpGetObject(world, host, path);
      assert.equal(get("/fence/us-east-1"), 403);
      assert.throws(() => api.call(s3, "PutBucketPolicy", allow, home), refusal("AccessDenied"));
      api.call(
        s3,
        "PutPublicAccessBlock",
        { Bucket, PublicAccessBlockConfiguration: { RestrictPublicBuckets: true } },
        home,
      );
      api.call(s3, "PutBucketPolicy", allow, home);
      assert.equal(get("/fence/us-east-1"), 403);
      api.call(s3, "DeletePublicAccessBlock", { Bucket }, home);
      assert.equal(get("/fence/us-east-1"), 200);
      assert.equal(get("/private"), 403);
      assert.equal(get("/fence/none"), 403, "S3 tells nobody what is not there who may not list it");
      api.call(s3, "DeleteObject", { Bucket, Key: "fence/us-east-1" }, home);
      assert.equal(get("/fence/us-east-1"), 403);
    }),
  );

  it(
    "answers nothing from a lost Region, and a redirect from the wrong one",
    withSimulation(async (simulation) => {
      const { world } = simulation;
      createBucket(simulation, HOME);
      assert.equal(httpGetObject(world, `${Bucket}.s3.${AWAY}.amazonaws.com`, "/a"), 301);
      assert.equal(httpGetObject(world, `none.s3.${HOME}.amazonaws.com`, "/a"), 404);
      simulation.lose(HOME);
      assert.equal(httpGetObject(world, host, "/a"), undefined);
    }),
  );

  it(
    "obeys a denial, ignores an allowance under a condition, and can't read what a KMS key protects",
    withSimulation(async (simulation) => {
      const { api, world } = simulation;
      createBucket(simulation, HOME);
      api.call(s3, "DeletePublicAccessBlock", { Bucket }, home);
      api.call(s3, "PutObject", { Bucket, Key: "open", Body: "x" }, home);
      const set = (Policy: string) => api.call(s3, "PutBucketPolicy", { Bucket, Policy }, home);
      const everything = `arn:aws:s3:::${Bucket}/*`;
      set(policy(everything, { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }));
      assert.equal(httpGetObject(world, host, "/open"), 403);
      set(policy(everything, { Action: ["s3:Get*"], Principal: { AWS: "*" } }));
      assert.equal(httpGetObject(world, host, "/open"), 200);
      const KeyId = api.call(kms, "CreateKey", {}, home).KeyMetadata?.Arn;
      api.call(
        s3,
        "PutObject",
        { Bucket, Key: "secret", Body: "x", ServerSideEncryption: "aws:kms", SSEKMSKeyId: KeyId },
        home,
      );
      assert.equal(httpGetObject(world, host, "/secret"), 403);
      const deny = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `arn:aws:s3:::${Bucket}/open` };
      const allow = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: everything };
      set(JSON.stringify({ Version: "2012-10-17", Statement: [allow, deny] }));
      assert.equal(httpGetObject(world, host, "/open"), 403);
    }),
  );
});
