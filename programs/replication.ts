import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import type { AppSpec } from "./app.js";
import { regionNames } from "./names.js";

/** What the replication between two Regions is made of. */
export interface ObjectReplicationArgs {
  readonly app: AppSpec;
  readonly regions: readonly [string, string];
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Replication of the images, both ways: after a failover what users upload in the new primary waits for the old one.
 * Deletions replicate as well; what is replicated is not replicated back.
 */
export class ObjectReplication extends pulumi.ComponentResource {
  constructor(name: string, args: ObjectReplicationArgs, options?: pulumi.ComponentResourceOptions) {
    const [one, other] = args.regions;
    if (one === other) throw new Error(`regions: must be two, not ${one} twice`);
    super("region-runbook:objects:ObjectReplication", name, {}, options);
    const child = { parent: this };
    const bucketOf = (region: string): string => regionNames(args.app, region).imagesBucket;
    const arns = [one, other].map((region) => `arn:aws:s3:::${bucketOf(region)}`);

    const role = new aws.iam.Role(
      name,
      {
        name: `${args.app.name}-replication`,
        assumeRolePolicy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sts:AssumeRole" }],
        }),
        tags: { ...args.tags },
      },
      child,
    );
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            { Effect: "Allow", Action: ["s3:GetReplicationConfiguration", "s3:ListBucket"], Resource: arns },
            {
              Effect: "Allow",
              Action: ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
              Resource: arns.map((arn) => `${arn}/*`),
            },
            {
              Effect: "Allow",
              Action: ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
              Resource: arns.map((arn) => `${arn}/*`),
            },
          ],
        }),
      },
      child,
    );
    for (const [source, destination] of [
      [one, other],
      [other, one],
    ] as const) {
      new aws.s3.BucketReplicationConfig(
        `${name}-from-${source}`,
        {
          region: source,
          bucket: bucketOf(source),
          role: role.arn,
          rules: [
            {
              id: `to-${destination}`,
              status: "Enabled",
              priority: 0,
              filter: { prefix: "" },
              deleteMarkerReplication: { status: "Enabled" },
              sourceSelectionCriteria: { replicaModifications: { status: "Enabled" } },
              destination: { bucket: `arn:aws:s3:::${bucketOf(destination)}`, storageClass: "STANDARD" },
            },
          ],
        },
        { ...child, dependsOn: [policy] },
      );
    }
    this.registerOutputs({ roleArn: role.arn });
  }
}
