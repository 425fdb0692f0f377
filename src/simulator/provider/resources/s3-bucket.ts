import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import type { BucketArgs, BucketState } from "@pulumi/aws/s3/bucket.js";
import type { BucketObjectv2Args, BucketObjectv2State } from "@pulumi/aws/s3/bucketObjectv2.js";

import { s3 } from "../../services/s3/service.js";
import { isNotFound } from "../failures.js";
import { assetText, asText } from "../properties.js";
import { defineResource, type AnyResourceType, type Inputs, type ResourceContext } from "../resource-type.js";
import { required, tagList, tagMap, type Tags } from "./tags.js";

/** Settings that version 7 still takes on the bucket, but that have resource types of their own. */
const movedOut = [
  "accelerationStatus",
  "acl",
  "corsRules",
  "grants",
  "lifecycleRules",
  "logging",
  "objectLockConfiguration",
  "policy",
  "replicationConfiguration",
  "requestPayer",
  "serverSideEncryptionConfiguration",
  "versioning",
  "website",
] as const satisfies readonly (keyof BucketArgs)[];

/** The Region in which buckets are made without saying where. */
const DEFAULT_REGION = "us-east-1";

/** Objects that one DeleteObjects call takes. */
const OBJECTS_PER_CALL = 1000;

function bucketType(token: string): AnyResourceType {
  return defineResource<BucketArgs, BucketState>({
    token,
    label: "S3 Bucket",
    replaceOn: ["bucket", "bucketNamespace", "bucketPrefix", "objectLockEnabled"],
    computed: ["bucket", "bucketNamespace", "bucketPrefix", "objectLockEnabled", ...movedOut],
    defaults: { forceDestroy: false },
    autoName: { property: "bucket", maxLength: 63, unless: ["bucketPrefix"], lowerCase: true },
    validate: (inputs) =>
      movedOut
        .filter((property) => inputs[property] !== undefined)
        .map((property) => ({
          property,
          reason: "is deprecated and not modelled: use the resource type of this setting",
        })),
    create: (aws, inputs) => {
      const Bucket = inputs.bucket ?? `${inputs.bucketPrefix ?? "terraform-"}${aws.token.slice(0, 26)}`;
      aws.call(s3, "CreateBucket", {
        Bucket,
        ...(aws.region === DEFAULT_REGION
          ? {}
          : { CreateBucketConfiguration: { LocationConstraint: aws.region as "eu-west-1" } }),
        ObjectLockEnabledForBucket: inputs.objectLockEnabled,
      });
      return Bucket;
    },
    finishCreate: (aws, Bucket, inputs) => {
      setTags(aws, Bucket, inputs.tags);
      return Promise.resolve();
    },
    read: (aws, Bucket) => {
      aws.call(s3, "HeadBucket", { Bucket });
      return {
        inputs: { bucket: Bucket, tags: tagsOf(aws, Bucket) },
        outputs: {
          arn: `arn:aws:s3:::${Bucket}`,
          bucketDomainName: `${Bucket}.s3.amazonaws.com`,
          bucketRegion: aws.region,
          bucketRegionalDomainName: `${Bucket}.s3.${aws.region}.amazonaws.com`,
        },
      };
    },
    update: (aws, Bucket, change) => {
      if (change.has("tags")) setTags(aws, Bucket, change.after.tags);
    },
    delete: (aws, Bucket, before) => {
      if (before.forceDestroy) empty(aws, Bucket);
      aws.call(s3, "DeleteBucket", { Bucket });
    },
  });
}

function tagsOf(aws: ResourceContext, Bucket: string): Tags {
  try {
    return tagMap(aws.call(s3, "GetBucketTagging", { Bucket }).TagSet);
  } catch (error) {
    if (isNotFound(error)) return {};
    throw error;
  }
}

function setTags(aws: ResourceContext, Bucket: string, tags: Tags | undefined): void {
  if (tags && Object.keys(tags).length > 0)
    aws.call(s3, "PutBucketTagging", { Bucket, Tagging: { TagSet: tagList(tags) } });
  else aws.call(s3, "DeleteBucketTagging", { Bucket });
}

/** What `forceDestroy` asks for: every version and delete marker. */
function empty(aws: ResourceContext, Bucket: string): void {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = aws.call(s3, "ListObjectVersions", {
      Bucket,
      MaxKeys: OBJECTS_PER_CALL,
    });
    const Objects = [...Versions, ...DeleteMarkers]
      .slice(0, OBJECTS_PER_CALL)
      .map(({ Key = "", VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return;
    aws.call(s3, "DeleteObjects", { Bucket, Delete: { Objects, Quiet: true } });
  }
}

function objectType(token: string): AnyResourceType {
  return defineResource<BucketObjectv2Args, BucketObjectv2State>({
    token,
    label: "S3 Object",
    replaceOn: ["bucket", "key"],
    computed: [
      "acl",
      "bucketKeyEnabled",
      "checksumAlgorithm",
      "contentType",
      "etag",
      "key",
      "kmsKeyId",
      "serverSideEncryption",
      "storageClass",
    ],
    volatile: ["versionId", "etag"],
    create: (aws, inputs) => {
      put(aws, inputs);
      return keyOf(aws, inputs);
    },
    read: (aws, Key, known) => {
      const Bucket = bucketOf(known);
      const found = aws.call(s3, "HeadObject", { Bucket, Key });
      return {
        inputs: {
          contentType: found.ContentType,
          etag: found.ETag?.replaceAll('"', ""),
          storageClass: found.StorageClass ?? "STANDARD",
        },
        outputs: { arn: `arn:aws:s3:::${Bucket}/${Key}`, versionId: found.VersionId ?? "", key: Key },
      };
    },
    update: (aws, _id, { after }) => put(aws, after),
    delete: (aws, Key, before) => {
      const Bucket = bucketOf(before);
      const { Versions = [], DeleteMarkers = [] } = aws.call(s3, "ListObjectVersions", { Bucket, Prefix: Key });
      const versions = [...Versions, ...DeleteMarkers].filter((version) => version.Key === Key);
      // The provider removes every version of the object, then what an unversioned bucket holds.
      for (const { VersionId } of versions)
        aws.call(s3, "DeleteObject", { Bucket, Key, VersionId: VersionId === "null" ? undefined : VersionId });
      if (versions.length === 0) aws.call(s3, "DeleteObject", { Bucket, Key });
    },
  });
}

type ObjectInputs = Inputs<BucketObjectv2Args>;

/** Programs may give the bucket as a resource, which arrives as its id. */
function bucketOf(inputs: Partial<ObjectInputs>): string {
  return asText(required(inputs.bucket, "bucket"));
}

function keyOf(aws: ResourceContext, inputs: ObjectInputs): string {
  return inputs.key ?? aws.name;
}

function put(aws: ResourceContext, inputs: ObjectInputs): void {
  const body =
    inputs.contentBase64 === undefined
      ? (inputs.content ?? assetText(inputs.source) ?? "")
      : Buffer.from(inputs.contentBase64, "base64");
  const request = {
    Bucket: bucketOf(inputs),
    Key: keyOf(aws, inputs),
    Body: Buffer.from(body),
    ACL: inputs.acl,
    CacheControl: inputs.cacheControl,
    ContentType: inputs.contentType,
    Metadata: inputs.metadata,
    ServerSideEncryption: inputs.serverSideEncryption,
    SSEKMSKeyId: inputs.kmsKeyId,
    StorageClass: inputs.storageClass,
    Tagging: inputs.tags && new URLSearchParams(inputs.tags).toString(),
  };
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  // In process the body is bytes; the SDK's type knows streams only.
  aws.call(s3, "PutObject", given as unknown as PutObjectCommandInput);
}

/** Buckets and objects, under the old and the new names of their types. */
export const s3BucketTypes = [
  bucketType("aws:s3/bucket:Bucket"),
  bucketType("aws:s3/bucketV2:BucketV2"),
  objectType("aws:s3/bucketObject:BucketObject"),
  objectType("aws:s3/bucketObjectv2:BucketObjectv2"),
];
