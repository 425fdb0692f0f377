import type { BucketLocationConstraint } from "@aws-sdk/client-s3";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import {
  bucketSlot,
  findBucket,
  ownerId,
  requireBucket,
  requireControlPlane,
  type Bucket,
  type S3Handlers,
} from "./state.js";

/** Buckets per account unless raised (S3 user guide, BucketRestrictions.md). */
const BUCKET_QUOTA = 10_000;

/** The Region whose endpoint also makes buckets elsewhere, and which has no location constraint. */
const CLASSIC_REGION = "us-east-1";

export function bucketHandlers(world: World) {
  const buckets = (): Map<string, Bucket> => world.state(bucketSlot, "global");

  return {
    CreateBucket: (input, { region: called }) => {
      requireControlPlane(world);
      const name = checkBucketName(input.Bucket);
      const region = locationOf(called, input.CreateBucketConfiguration?.LocationConstraint);
      const existing = buckets().get(name);
      if (existing?.region === CLASSIC_REGION && region === CLASSIC_REGION) return { Location: `/${name}` };
      if (existing)
        throw new ServiceError(
          "BucketAlreadyOwnedByYou",
          "Your previous request to create the named bucket succeeded and you already own it.",
          { status: 409, fields: { BucketName: name } },
        );
      if (world.impairment(region))
        throw new ServiceError("ServiceUnavailable", `The service in ${region} is unavailable.`, { status: 503 });
      if (buckets().size >= BUCKET_QUOTA)
        throw new ServiceError("TooManyBuckets", "You have attempted to create more buckets than allowed");
      buckets().set(
        name,
        newBucket(name, region, world.now(), input.ObjectOwnership, input.ObjectLockEnabledForBucket),
      );
      return {
        Location: region === CLASSIC_REGION ? `/${name}` : `http://${name}.s3.amazonaws.com/`,
        BucketArn: `arn:aws:s3:::${name}`,
      };
    },

    HeadBucket: (input, { region }) => {
      if (!findBucket(world, input.Bucket ?? "")) throw new ServiceError("NotFound", "Not Found", { status: 404 });
      requireBucket(world, region, input.Bucket);
      return { BucketRegion: region, BucketArn: `arn:aws:s3:::${input.Bucket ?? ""}`, AccessPointAlias: false };
    },

    ListBuckets: (input) => ({
      Buckets: [...buckets().values()]
        .filter(({ name, region }) => name.startsWith(input.Prefix ?? "") && (input.BucketRegion ?? region) === region)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, region, createdAt }) => ({
          Name: name,
          BucketRegion: region,
          BucketArn: `arn:aws:s3:::${name}`,
          CreationDate: new Date(createdAt),
        })),
      Owner: { ID: ownerId(world) },
    }),

    GetBucketLocation: (input, { region }) => {
      // Any endpoint answers this, also one of another Region.
      const bucket = findBucket(world, input.Bucket ?? "") ?? requireBucket(world, region, input.Bucket);
      return {
        LocationConstraint: bucket.region === CLASSIC_REGION ? undefined : (bucket.region as BucketLocationConstraint),
      };
    },

    DeleteBucket: (input, { region }) => {
      requireControlPlane(world);
      const bucket = requireBucket(world, region, input.Bucket);
      if (bucket.objects.size > 0) {
        const hint = bucket.versioning ? " You must delete all versions in the bucket." : "";
        throw new ServiceError("BucketNotEmpty", `The bucket you tried to delete is not empty.${hint}`, {
          status: 409,
        });
      }
      buckets().delete(bucket.name);
      return {};
    },
  } satisfies S3Handlers;
}

/** A new bucket as S3 makes them since 2023: encrypted, private, without ACLs. */
function newBucket(
  name: string,
  region: string,
  createdAt: number,
  ownership: "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter" | undefined,
  objectLock: boolean | undefined,
): Bucket {
  return {
    name,
    region,
    createdAt,
    // Object lock needs versions, and turns them on.
    versioning: objectLock ? "Enabled" : undefined,
    encryption: defaultEncryption,
    publicAccessBlock: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    ownership: { Rules: [{ ObjectOwnership: ownership ?? "BucketOwnerEnforced" }] },
    policy: undefined,
    replication: undefined,
    inert: objectLock ? { objectLock: { ObjectLockEnabled: "Enabled" } } : {},
    objects: new Map(),
    uploads: new Map(),
    idsMade: new Map(),
  };
}

export const defaultEncryption = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const }, BucketKeyEnabled: false }],
};

function checkBucketName(name: string | undefined): string {
  const valid =
    name !== undefined &&
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-)|(-s3alias|--ol-s3)$/.test(name);
  if (valid) return name;
  throw new ServiceError("InvalidBucketName", "The specified bucket is not valid.", { fields: { BucketName: name } });
}

/** Where a bucket is made: in the called Region, or by the classic endpoint wherever the constraint says. */
function locationOf(called: string, constraint: string | undefined): string {
  if (called === CLASSIC_REGION) {
    if (constraint === CLASSIC_REGION)
      throw new ServiceError("InvalidLocationConstraint", "The specified location-constraint is not valid");
    return constraint === "EU" ? "eu-west-1" : (constraint ?? CLASSIC_REGION);
  }
  if (constraint === called) return called;
  throw new ServiceError(
    "IllegalLocationConstraintException",
    `The ${constraint ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}
