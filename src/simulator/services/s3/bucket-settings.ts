import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { findKey } from "../kms/state.js";
import { defaultEncryption } from "./buckets.js";
import { isPublicPolicy, statementsOf } from "./policy.js";
import { accessDenied, noSetting, requireBucket, requireConfigurable, type S3Handlers } from "./state.js";

/** Settings that change what a bucket does. */
export function bucketSettingHandlers(world: World) {
  return {
    PutBucketVersioning: (input, { region }) => {
      const bucket = requireConfigurable(world, region, input.Bucket);
      const status = input.VersioningConfiguration?.Status;
      if (status === "Suspended" && bucket.replication)
        throw new ServiceError(
          "InvalidBucketState",
          "A replication configuration is present on this bucket, so you cannot change the versioning state to Suspended.",
          { status: 409 },
        );
      if (status !== undefined) bucket.versioning = status;
      return {};
    },

    GetBucketVersioning: (input, { region }) => ({ Status: requireBucket(world, region, input.Bucket).versioning }),

    PutBucketEncryption: (input, { region }) => {
      const bucket = requireConfigurable(world, region, input.Bucket);
      const given = input.ServerSideEncryptionConfiguration;
      const byDefault = given?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
      if (!given || !byDefault) throw new ServiceError("MalformedXML", "The XML you provided was not well-formed");
      if (byDefault.KMSMasterKeyID !== undefined && !findKey(world, region, byDefault.KMSMasterKeyID))
        throw new ServiceError("KMS.NotFoundException", `Key '${byDefault.KMSMasterKeyID}' does not exist`);
      bucket.encryption = given;
      return {};
    },

    GetBucketEncryption: (input, { region }) => ({
      ServerSideEncryptionConfiguration: requireBucket(world, region, input.Bucket).encryption,
    }),

    /** Back to the default: since 2023 a bucket can't be without encryption. */
    DeleteBucketEncryption: (input, { region }) => {
      requireConfigurable(world, region, input.Bucket).encryption = defaultEncryption;
      return {};
    },

    PutPublicAccessBlock: (input, { region }) => {
      requireConfigurable(world, region, input.Bucket).publicAccessBlock = {
        BlockPublicAcls: false,
        IgnorePublicAcls: false,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: false,
        ...input.PublicAccessBlockConfiguration,
      };
      return {};
    },

    GetPublicAccessBlock: (input, { region }) => {
      const { publicAccessBlock } = requireBucket(world, region, input.Bucket);
      if (!publicAccessBlock)
        throw noSetting("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found");
      return { PublicAccessBlockConfiguration: publicAccessBlock };
    },

    DeletePublicAccessBlock: (input, { region }) => {
      requireConfigurable(world, region, input.Bucket).publicAccessBlock = undefined;
      return {};
    },

    PutBucketPolicy: (input, { region }) => {
      const bucket = requireConfigurable(world, region, input.Bucket);
      const policy = input.Policy ?? "";
      if (statementsOf(policy).length === 0)
        throw new ServiceError("MalformedPolicy", "Policies must be valid JSON and have a statement");
      if (bucket.publicAccessBlock?.BlockPublicPolicy && isPublicPolicy(policy)) throw accessDenied();
      bucket.policy = policy;
      return {};
    },

    GetBucketPolicy: (input, { region }) => {
      const { policy } = requireBucket(world, region, input.Bucket);
      if (policy === undefined) throw noSetting("NoSuchBucketPolicy", "The bucket policy does not exist");
      return { Policy: policy };
    },

    GetBucketPolicyStatus: (input, { region }) => {
      const { policy } = requireBucket(world, region, input.Bucket);
      if (policy === undefined) throw noSetting("NoSuchBucketPolicy", "The bucket policy does not exist");
      return { PolicyStatus: { IsPublic: isPublicPolicy(policy) } };
    },

    DeleteBucketPolicy: (input, { region }) => {
      requireConfigurable(world, region, input.Bucket).policy = undefined;
      return {};
    },

    PutBucketOwnershipControls: (input, { region }) => {
      requireConfigurable(world, region, input.Bucket).ownership = input.OwnershipControls;
      return {};
    },

    GetBucketOwnershipControls: (input, { region }) => {
      const { ownership } = requireBucket(world, region, input.Bucket);
      if (!ownership) throw noSetting("OwnershipControlsNotFoundError", "The bucket ownership controls were not found");
      return { OwnershipControls: ownership };
    },

    DeleteBucketOwnershipControls: (input, { region }) => {
      requireConfigurable(world, region, input.Bucket).ownership = undefined;
      return {};
    },
  } satisfies S3Handlers;
}
