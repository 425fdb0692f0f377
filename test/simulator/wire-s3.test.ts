import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";

import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type GetObjectCommandOutput,
} from "@aws-sdk/client-s3";

import { defineService, ServiceError, type ServiceDefinition } from "../../src/simulator/service.js";
import { withWire } from "./wire-fixture.js";

interface StoredObject {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly metadata: Record<string, string>;
  readonly checksum: string | undefined;
}

const asBody = (bytes: Uint8Array): NonNullable<GetObjectCommandOutput["Body"]> => bytes as never;

/** An object store that keeps what it gets, and the inputs of its other operations. */
function objectStore(): {
  readonly definition: ServiceDefinition;
  readonly seen: Map<string, unknown>;
  readonly objects: Map<string, StoredObject>;
} {
  const objects = new Map<string, StoredObject>();
  const seen = new Map<string, unknown>();
  const find = (bucket: string | undefined, key: string | undefined): StoredObject => {
    const object = objects.get(`${bucket}/${key}`);
    if (!object) throw new ServiceError("NoSuchKey", "The specified key does not exist.", { fields: { Key: key } });
    return object;
  };
  const definition = defineService({
    id: "s3",
    signingName: "s3",
    loadClient: () => import("@aws-sdk/client-s3"),
    handlers: () => ({
      ListBuckets: () => ({ Buckets: [{ Name: "one", CreationDate: new Date(0) }], Owner: { ID: "me" } }),
      CreateBucket: (input) => (seen.set("CreateBucket", input), { Location: `/${input.Bucket}` }),
      GetBucketLocation: ({ Bucket }, { region }) => ({ LocationConstraint: Bucket === "old" ? "" : region }) as never,
      PutBucketVersioning: (input) => (seen.set("PutBucketVersioning", input), {}),
      GetBucketVersioning: () => ({ Status: "Enabled" as const }),
      PutBucketReplication: (input) => (seen.set("PutBucketReplication", input), {}),
      PutBucketPolicy: (input) => (seen.set("PutBucketPolicy", input), {}),
      DeleteObjects: ({ Delete }) => ({ Deleted: (Delete?.Objects ?? []).map(({ Key }) => ({ Key })) }),
      CopyObject: ({ CopySource }) => ({ CopyObjectResult: { ETag: `"${CopySource}"` } }),
      PutObject: ({ Bucket, Key, Body, ContentType, ContentEncoding, Metadata, ChecksumCRC32 }) => {
        const body = Body as Uint8Array;
        objects.set(`${Bucket}/${Key}`, {
          body,
          contentType: ContentType,
          contentEncoding: ContentEncoding,
          metadata: Metadata ?? {},
          checksum: ChecksumCRC32,
        });
        return { ETag: `"${createHash("md5").update(body).digest("hex")}"` };
      },
      GetObject: ({ Bucket, Key, Range }) => {
        const { body, contentType, metadata } = find(Bucket, Key);
        const range = /^bytes=(\d+)-(\d+)$/.exec(Range ?? "");
        const part = range ? body.subarray(Number(range[1]), Number(range[2]) + 1) : body;
        return {
          Body: asBody(part),
          ContentLength: part.byteLength,
          ContentType: contentType,
          Metadata: metadata,
          ...(range ? { ContentRange: `bytes ${range[1]}-${range[2]}/${body.byteLength}` } : {}),
        };
      },
      HeadObject: ({ Bucket, Key }) => {
        const object = objects.get(`${Bucket}/${Key}`);
        if (!object) throw new ServiceError("NotFound", "Not Found", { status: 404 });
        return {
          ContentLength: object.body.byteLength,
          LastModified: new Date(1_700_000_000_000),
          Metadata: object.metadata,
        };
      },
      ListObjectsV2: ({ Bucket, Prefix, MaxKeys }) => ({
        Name: Bucket,
        Prefix,
        MaxKeys,
        IsTruncated: false,
        Contents: [...objects.keys()].map((key) => ({ Key: key.slice(key.indexOf("/") + 1), Size: 1 })),
      }),
    }),
  }) as ServiceDefinition;
  return { definition, seen, objects };
}

describe("the wire of S3", () => {
  it("keeps every byte of an object, its metadata and the slashes and spaces of its key", () => {
    const { definition, objects } = objectStore();
    return withWire([definition], async ({ client }) => {
      const s3 = new S3Client(client());
      const body = new Uint8Array(Array.from({ length: 70_000 }, (_, index) => index % 256));
      const Key = "images//a b/ü+%&?.png";
      await s3.send(
        new PutObjectCommand({
          Bucket: "one",
          Key,
          Body: body,
          ContentType: "image/png",
          Metadata: { owner: "me", note: "n" },
        }),
      );
      assert.deepEqual([...objects.keys()], [`one/${Key}`]);
      const got = await s3.send(new GetObjectCommand({ Bucket: "one", Key }));
      assert.deepEqual(await got.Body?.transformToByteArray(), body);
      assert.deepEqual(
        [got.ContentType, got.ContentLength, got.Metadata],
        ["image/png", 70_000, { owner: "me", note: "n" }],
      );
      const head = await s3.send(new HeadObjectCommand({ Bucket: "one", Key }));
      assert.deepEqual([head.ContentLength, head.LastModified?.getTime()], [70_000, 1_700_000_000_000]);
      const part = await s3.send(new GetObjectCommand({ Bucket: "one", Key, Range: "bytes=10-19" }));
      assert.equal(part.$metadata.httpStatusCode, 206);
      assert.deepEqual(await part.Body?.transformToByteArray(), body.subarray(10, 20));
    });
  });

  it("unpacks a streamed body: chunks, trailing checksum, and the object's own encoding stays", () => {
    const { definition, objects } = objectStore();
    return withWire([definition], async ({ client }) => {
      const s3 = new S3Client(client());
      const Body = Readable.from([Buffer.from("first,"), Buffer.from("second")]);
      await s3.send(
        new PutObjectCommand({ Bucket: "one", Key: "k", Body, ContentLength: 12, ContentEncoding: "gzip" }),
      );
      const object = objects.get("one/k");
      assert.equal(Buffer.from(object?.body ?? []).toString(), "first,second");
      assert.equal(object?.contentEncoding, "gzip");
      assert.ok(object.checksum, "the trailing checksum reached the handler");
    });
  });

  it("reads XML and text payloads and answers lists", () => {
    const { definition, seen } = objectStore();
    return withWire([definition], async ({ client }) => {
      const s3 = new S3Client(client("eu-west-1"));
      await s3.send(new CreateBucketCommand({ Bucket: "one" }));
      assert.deepEqual((seen.get("CreateBucket") as { CreateBucketConfiguration: unknown }).CreateBucketConfiguration, {
        LocationConstraint: "eu-west-1",
      });
      await s3.send(new PutBucketVersioningCommand({ Bucket: "one", VersioningConfiguration: { Status: "Enabled" } }));
      assert.deepEqual(
        (seen.get("PutBucketVersioning") as { VersioningConfiguration: unknown }).VersioningConfiguration,
        { Status: "Enabled" },
      );
      assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket: "one" }))).Status, "Enabled");
      const ReplicationConfiguration = {
        Role: "arn:aws:iam::1:role/r",
        Rules: [
          {
            ID: "all",
            Status: "Enabled" as const,
            Priority: 1,
            Filter: { Prefix: "" },
            Destination: { Bucket: "arn:aws:s3:::two" },
          },
        ],
      };
      await s3.send(new PutBucketReplicationCommand({ Bucket: "one", ReplicationConfiguration }));
      assert.deepEqual(
        (seen.get("PutBucketReplication") as { ReplicationConfiguration: unknown }).ReplicationConfiguration,
        ReplicationConfiguration,
      );
      await s3.send(new PutBucketPolicyCommand({ Bucket: "one", Policy: `{"Version":"2012-10-17"}` }));
      assert.equal((seen.get("PutBucketPolicy") as { Policy: string }).Policy, `{"Version":"2012-10-17"}`);
      assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket: "one" }))).LocationConstraint, "eu-west-1");
      assert.deepEqual(
        (await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name),
        ["one"],
      );
      const { Deleted } = await s3.send(
        new DeleteObjectsCommand({ Bucket: "one", Delete: { Objects: [{ Key: "a" }, { Key: "b" }] } }),
      );
      assert.deepEqual(Deleted, [{ Key: "a" }, { Key: "b" }]);
      const copy = await s3.send(new CopyObjectCommand({ Bucket: "two", Key: "k", CopySource: "one/k" }));
      assert.equal(copy.CopyObjectResult?.ETag, `"one/k"`);
      const list = await s3.send(new ListObjectsV2Command({ Bucket: "one", Prefix: "a/", MaxKeys: 7 }));
      assert.deepEqual([list.Name, list.Prefix, list.MaxKeys], ["one", "a/", 7]);
    });
  });

  it("answers errors unwrapped, and a HEAD without a body", () => {
    const { definition } = objectStore();
    return withWire([definition], async ({ client }) => {
      const s3 = new S3Client(client());
      await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "one", Key: "none" })), (error) => {
        assert.ok(error instanceof NoSuchKey);
        assert.equal(error.$metadata.httpStatusCode, 404);
        return true;
      });
      await assert.rejects(s3.send(new HeadObjectCommand({ Bucket: "one", Key: "none" })), { name: "NotFound" });
    });
  });

  it("takes the bucket from the Host header, of AWS and of localhost", () => {
    const { definition, objects } = objectStore();
    objects.set("one.two/a/b", {
      body: Buffer.from("x"),
      contentType: undefined,
      contentEncoding: undefined,
      metadata: {},
      checksum: undefined,
    });
    return withWire([definition], async ({ port }) => {
      const authorization =
        "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
      for (const host of ["one.two.s3.us-east-1.amazonaws.com", `one.two.localhost:${port}`]) {
        const status = await new Promise((resolve) => {
          httpRequest({ host: "127.0.0.1", port, path: "/a/b", headers: { host, authorization } }, (response) => {
            response.resume();
            resolve(response.statusCode);
          }).end();
        });
        assert.equal(status, 200, host);
      }
    });
  });

  it("tells a client that expects 100-continue to go on", () => {
    const { definition, objects } = objectStore();
    return withWire([definition], async ({ port }) => {
      const authorization =
        "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
      const headers = { authorization, expect: "100-continue", "content-length": 5 };
      await new Promise<void>((resolve, reject) => {
        const request = httpRequest({ host: "127.0.0.1", port, method: "PUT", path: "/one/k", headers }, (response) => {
          response.resume();
          response.on("end", resolve);
        });
        request.on("continue", () => request.end("12345"));
        request.on("error", reject);
        request.flushHeaders();
      });
      assert.equal(Buffer.from(objects.get("one/k")?.body ?? []).toString(), "12345");
    });
  });
});
