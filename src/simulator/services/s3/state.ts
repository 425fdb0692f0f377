import type * as S3 from "@aws-sdk/client-s3";
import type {
  AccelerateConfiguration,
  CORSRule,
  LifecycleRule,
  LoggingEnabled,
  NotificationConfiguration,
  ObjectLockConfiguration,
  OwnershipControls,
  Payer,
  PublicAccessBlockConfiguration,
  ReplicationConfiguration,
  ServerSideEncryptionConfiguration,
  Tag,
  WebsiteConfiguration,
} from "@aws-sdk/client-s3";

import { hexOf } from "../../identifiers.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { StateSlot, World } from "../../world.js";

export type S3Client = typeof S3;
export type S3Handlers = Handlers<S3Client>;

export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly createdAt: number;
  /** Undefined until versioning was first enabled; it can never be turned off again. */
  versioning: "Enabled" | "Suspended" | undefined;
  encryption: ServerSideEncryptionConfiguration;
  publicAccessBlock: PublicAccessBlockConfiguration | undefined;
  ownership: OwnershipControls | undefined;
  policy: string | undefined;
  replication: ReplicationConfiguration | undefined;
  /** Settings that are kept and answered, and change nothing. */
  readonly inert: InertSettings;
  /** By key, the newest version first. */
  readonly objects: Map<string, ObjectVersion[]>;
  readonly uploads: Map<string, Upload>;
  /** Ids given out for the versions and uploads of each key: none is used again. */
  readonly idsMade: Map<string, number>;
}

export interface InertSettings {
  tags?: readonly Tag[] | undefined;
  lifecycle?: readonly LifecycleRule[] | undefined;
  cors?: readonly CORSRule[] | undefined;
  website?: WebsiteConfiguration | undefined;
  logging?: LoggingEnabled | undefined;
  acceleration?: AccelerateConfiguration | undefined;
  payer?: Payer | undefined;
  notification?: NotificationConfiguration | undefined;
  objectLock?: ObjectLockConfiguration | undefined;
}

export interface ObjectVersion {
  readonly key: string;
  /** "null" when it was written without versioning. */
  readonly versionId: string;
  /** Milliseconds since the epoch; a replica keeps that of its source. */
  readonly lastModified: number;
  readonly deleteMarker: boolean;
  readonly body: Uint8Array;
  /** With quotation marks, as HTTP has it. */
  readonly etag: string;
  readonly attributes: ObjectAttributes;
  tags: ReadonlyMap<string, string>;
  replication: VersionReplication | undefined;
}

export interface ObjectAttributes {
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
  readonly encryption: { readonly algorithm: string; readonly kmsKeyArn: string | undefined };
}

/** Where a version stands in replication: a copy itself, or a source with what became of each destination bucket. */
export type VersionReplication =
  | { readonly kind: "replica" }
  | { readonly kind: "source"; readonly destinations: Map<string, "PENDING" | "COMPLETED" | "FAILED"> };

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: number;
  readonly attributes: ObjectAttributes;
  readonly tags: ReadonlyMap<string, string>;
  readonly parts: Map<number, { readonly body: Uint8Array; readonly etag: string; readonly at: number }>;
}

/** Buckets by name: a name is taken in all Regions at once, so they are kept together. */
export const bucketSlot: StateSlot<Map<string, Bucket>> = { name: "s3", create: () => new Map() };

export function findBucket(world: World, name: string): Bucket | undefined {
  return world.state(bucketSlot, "global").get(name);
}

/**
 * A bucket as the endpoint of a Region answers for it.
 *
 * @throws ServiceError NoSuchBucket, or PermanentRedirect when it lives in another Region
 */
export function requireBucket(world: World, region: string, name: string | undefined): Bucket {
  const bucket = findBucket(world, name ?? "");
  if (!bucket)
    throw new ServiceError("NoSuchBucket", "The specified bucket does not exist", {
      status: 404,
      fields: { BucketName: name },
    });
  if (bucket.region !== region)
    throw new ServiceError(
      "PermanentRedirect",
      "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
      {
        status: 301,
        fields: { Bucket: name, Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Region: bucket.region },
      },
    );
  return bucket;
}

/**
 * Region on which S3's control plane depends, whatever the bucket's Region: buckets are made and deleted and their
 * settings changed by way of it (AWS whitepaper Fault Isolation Boundaries, global services).
 */
const CONTROL_PLANE_REGION = "us-east-1";

/** @throws ServiceError ServiceUnavailable while S3's control plane is out */
export function requireControlPlane(world: World): void {
  if (world.impairment(CONTROL_PLANE_REGION))
    throw new ServiceError("ServiceUnavailable", "Service is unable to handle request.", { status: 503 });
}

/**
 * A bucket whose settings are to be changed.
 *
 * @throws ServiceError as requireBucket and requireControlPlane
 */
export function requireConfigurable(world: World, region: string, name: string | undefined): Bucket {
  requireControlPlane(world);
  return requireBucket(world, region, name);
}

/** The canonical id of the account's owner. */
export function ownerId(world: World): string {
  return hexOf(["s3-owner", world.accountId], 64);
}

/** A setting that the bucket does not have, as each of them answers it. */
export function noSetting(code: string, message: string): ServiceError {
  return new ServiceError(code, message, { status: 404 });
}

export function invalidRequest(message: string): ServiceError {
  return new ServiceError("InvalidRequest", message);
}

export function accessDenied(): ServiceError {
  return new ServiceError("AccessDenied", "Access Denied", { status: 403 });
}
