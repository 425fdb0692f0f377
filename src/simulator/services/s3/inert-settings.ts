import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import {
  noSetting,
  ownerId,
  requireBucket,
  requireConfigurable,
  type InertSettings,
  type S3Handlers,
} from "./state.js";

/** Settings that are kept and answered as S3 does, and change nothing in the simulation. */
export function inertSettingHandlers(world: World) {
  const read = (region: string, name: string | undefined): InertSettings => requireBucket(world, region, name).inert;
  const write = (region: string, name: string | undefined): InertSettings =>
    requireConfigurable(world, region, name).inert;

  return {
    PutBucketTagging: (input, { region }) => {
      write(region, input.Bucket).tags = input.Tagging?.TagSet ?? [];
      return {};
    },
    GetBucketTagging: (input, { region }) => {
      const { tags } = read(region, input.Bucket);
      if (!tags) throw noSetting("NoSuchTagSet", "The TagSet does not exist");
      return { TagSet: [...tags] };
    },
    DeleteBucketTagging: (input, { region }) => {
      delete write(region, input.Bucket).tags;
      return {};
    },

    PutBucketLifecycleConfiguration: (input, { region }) => {
      write(region, input.Bucket).lifecycle = input.LifecycleConfiguration?.Rules ?? [];
      return {};
    },
    GetBucketLifecycleConfiguration: (input, { region }) => {
      const { lifecycle } = read(region, input.Bucket);
      if (!lifecycle) throw noSetting("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
      return { Rules: [...lifecycle], TransitionDefaultMinimumObjectSize: "all_storage_classes_128K" };
    },
    DeleteBucketLifecycle: (input, { region }) => {
      delete write(region, input.Bucket).lifecycle;
      return {};
    },

    PutBucketCors: (input, { region }) => {
      write(region, input.Bucket).cors = input.CORSConfiguration?.CORSRules ?? [];
      return {};
    },
    GetBucketCors: (input, { region }) => {
      const { cors } = read(region, input.Bucket);
      if (!cors) throw noSetting("NoSuchCORSConfiguration", "The CORS configuration does not exist");
      return { CORSRules: [...cors] };
    },
    DeleteBucketCors: (input, { region }) => {
      delete write(region, input.Bucket).cors;
      return {};
    },

    PutBucketWebsite: (input, { region }) => {
      write(region, input.Bucket).website = input.WebsiteConfiguration;
      return {};
    },
    GetBucketWebsite: (input, { region }) => {
      const { website } = read(region, input.Bucket);
      if (!website)
        throw noSetting("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration");
      return website;
    },
    DeleteBucketWebsite: (input, { region }) => {
      delete write(region, input.Bucket).website;
      return {};
    },

    PutBucketLogging: (input, { region }) => {
      write(region, input.Bucket).logging = input.BucketLoggingStatus?.LoggingEnabled;
      return {};
    },
    GetBucketLogging: (input, { region }) => ({ LoggingEnabled: read(region, input.Bucket).logging }),

    PutBucketAccelerateConfiguration: (input, { region }) => {
      write(region, input.Bucket).acceleration = input.AccelerateConfiguration;
      return {};
    },
    GetBucketAccelerateConfiguration: (input, { region }) => ({
      Status: read(region, input.Bucket).acceleration?.Status,
    }),

    PutBucketRequestPayment: (input, { region }) => {
      write(region, input.Bucket).payer = input.RequestPaymentConfiguration?.Payer;
      return {};
    },
    GetBucketRequestPayment: (input, { region }) => ({ Payer: read(region, input.Bucket).payer ?? "BucketOwner" }),

    PutBucketNotificationConfiguration: (input, { region }) => {
      write(region, input.Bucket).notification = input.NotificationConfiguration;
      return {};
    },
    GetBucketNotificationConfiguration: (input, { region }) => read(region, input.Bucket).notification ?? {},

    PutObjectLockConfiguration: (input, { region }) => {
      write(region, input.Bucket).objectLock = input.ObjectLockConfiguration;
      return {};
    },
    GetObjectLockConfiguration: (input, { region }) => {
      const { objectLock } = read(region, input.Bucket);
      if (!objectLock)
        throw noSetting(
          "ObjectLockConfigurationNotFoundError",
          "Object Lock configuration does not exist for this bucket",
        );
      return { ObjectLockConfiguration: objectLock };
    },

    PutBucketAcl: (input, { region }) => {
      const bucket = requireConfigurable(world, region, input.Bucket);
      const enforced = bucket.ownership?.Rules?.some(
        ({ ObjectOwnership }) => ObjectOwnership === "BucketOwnerEnforced",
      );
      if (enforced && input.ACL !== "private")
        throw new ServiceError("AccessControlListNotSupported", "The bucket does not allow ACLs");
      return {};
    },
    GetBucketAcl: (input, { region }) => {
      requireBucket(world, region, input.Bucket);
      const owner = { ID: ownerId(world) };
      return { Owner: owner, Grants: [{ Grantee: { ...owner, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }] };
    },
  } satisfies S3Handlers;
}
