import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import type { AppSpec } from "./app.js";
import { fenceMarkerKey, regionNames } from "./names.js";

/** What a Region's buckets are made of. */
export interface ObjectsArgs {
  readonly app: AppSpec;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The buckets of one Region: images, private and versioned (replication needs versions), and the fence, whose markers
 * anybody may read because Route 53's health checkers do.
 */
export class Objects extends pulumi.ComponentResource {
  readonly images: aws.s3.Bucket;
  readonly fence: aws.s3.Bucket;

  constructor(name: string, args: ObjectsArgs, options?: pulumi.ComponentResourceOptions) {
    super("region-runbook:objects:Objects", name, {}, options);
    const names = regionNames(args.app, args.region);
    const tags = { ...args.tags };
    const child = { parent: this };

    this.images = new aws.s3.Bucket(`${name}-images`, { bucket: names.imagesBucket, tags }, child);
    new aws.s3.BucketVersioning(
      `${name}-images`,
      { bucket: this.images.id, versioningConfiguration: { status: "Enabled" } },
      child,
    );
    encrypt(`${name}-images`, this.images, this);
    new aws.s3.BucketPublicAccessBlock(
      `${name}-images`,
      {
        bucket: this.images.id,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      child,
    );

    this.fence = new aws.s3.Bucket(`${name}-fence`, { bucket: names.fenceBucket, tags }, child);
    encrypt(`${name}-fence`, this.fence, this);
    const fenceAccess = new aws.s3.BucketPublicAccessBlock(
      `${name}-fence`,
      {
        bucket: this.fence.id,
        blockPublicAcls: true,
        ignorePublicAcls: true,
        // The policy below is public, on the markers only.
        blockPublicPolicy: false,
        restrictPublicBuckets: false,
      },
      child,
    );
    new aws.s3.BucketPolicy(
      `${name}-fence`,
      {
        bucket: this.fence.id,
        policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "AnybodyReadsMarkers",
              Effect: "Allow",
              Principal: "*",
              Action: "s3:GetObject",
              Resource: `arn:aws:s3:::${names.fenceBucket}/${fenceMarkerKey("*")}`,
            },
          ],
        }),
      },
      { ...child, dependsOn: [fenceAccess] },
    );
    this.registerOutputs({ images: this.images.id, fence: this.fence.id });
  }
}

function encrypt(name: string, bucket: aws.s3.Bucket, parent: pulumi.Resource): void {
  new aws.s3.BucketServerSideEncryptionConfiguration(
    name,
    { bucket: bucket.id, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
    { parent },
  );
}
