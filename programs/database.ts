import { randomBytes } from "node:crypto";

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { regionRole, type ActivationRecord } from "./activation.js";
import type { AppSpec } from "./app.js";
import { regionNames } from "./names.js";
import type { Network } from "./network.js";

/** What a Region's database is made of. */
export interface DatabaseArgs {
  readonly app: AppSpec;
  readonly region: string;
  readonly activation: ActivationRecord;
  readonly network: Network;
  /** Security group whose members may connect. */
  readonly clientsSecurityGroupId: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The orders of one Region: the writable instance, or a cross-Region read replica of the active Region's.
 *
 * A Region's instance differs between roles in `replicateSourceDb` and `multiAz` only. Taking the first away promotes
 * the replica in place. Protected: a preview that would replace or delete it fails.
 */
export class Database extends pulumi.ComponentResource {
  readonly instance: aws.rds.Instance;

  constructor(name: string, args: DatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    const { app, region, activation, network } = args;
    const placement = databasePlacement(app, region, activation);
    super("region-runbook:database:Database", name, {}, options);
    const child = { parent: this };
    const identifier = regionNames(app, region).database;
    const tags = { ...args.tags };
    const { engine } = app.database;

    // A key for each Region: a replica can't use one of another, and must not need one.
    const key = new aws.kms.Key(
      name,
      { description: `${app.name}: orders in ${region}`, enableKeyRotation: true, deletionWindowInDays: 30, tags },
      { ...child, protect: true },
    );
    const subnetGroup = new aws.rds.SubnetGroup(
      name,
      { name: identifier, subnetIds: network.privateSubnetIds, tags },
      child,
    );
    const port = databasePort[engine];
    const securityGroup = new aws.ec2.SecurityGroup(
      name,
      {
        description: `${app.name}: instances to database`,
        vpcId: network.vpcId,
        ingress: [{ protocol: "tcp", fromPort: port, toPort: port, securityGroups: [args.clientsSecurityGroupId] }],
        tags,
      },
      child,
    );

    this.instance = new aws.rds.Instance(
      name,
      {
        identifier,
        engine,
        engineVersion: app.database.engineVersion,
        instanceClass: app.database.instanceClass,
        allocatedStorage: app.database.allocatedStorageGb,
        storageType: "gp3",
        storageEncrypted: true,
        kmsKeyId: key.arn,
        port,
        dbSubnetGroupName: subnetGroup.name,
        vpcSecurityGroupIds: [securityGroup.id],
        multiAz: placement.multiAz,
        // Also on a replica: RDS promotes none without backups, and a promoted database is backed up from the start.
        backupRetentionPeriod: app.database.backupRetentionDays,
        copyTagsToSnapshot: true,
        // Instances log in with IAM tokens, so that no password has to reach the other Region.
        iamDatabaseAuthenticationEnabled: true,
        deletionProtection: true,
        skipFinalSnapshot: false,
        finalSnapshotIdentifier: `${identifier}-final`,
        // A change that waits for a maintenance window would make the stack say what is not so.
        applyImmediately: true,
        publiclyAccessible: false,
        ...(placement.born === "source" ? firstLogin(app) : {}),
        ...(placement.replicaOf === undefined
          ? {}
          : { replicateSourceDb: databaseArn(app, placement.replicaOf, this) }),
        tags,
      },
      {
        ...child,
        protect: true,
        // Made up once, when the instance is created.
        ignoreChanges: ["password"],
        // Snapshot, copy and load of a replica can take hours.
        customTimeouts: { create: "4h" },
      },
    );
    this.registerOutputs({ arn: this.instance.arn });
  }
}

const databasePort = { mysql: 3306, postgres: 5432 } as const;

/** Where a Region's database comes from, and how it stands now. */
export interface DatabasePlacement {
  /** How the instance was created; a promoted replica stays one that was born as replica. */
  readonly born: "source" | "replica";
  /** The Region whose database it copies; undefined where it is writable. */
  readonly replicaOf: string | undefined;
  readonly multiAz: boolean;
}

/**
 * How a Region's database stands under an activation record.
 *
 * A new primary becomes Multi-AZ only when its activation is confirmed: the conversion is slow, and users need not wait
 * for it.
 */
export function databasePlacement(app: AppSpec, region: string, activation: ActivationRecord): DatabasePlacement {
  const role = regionRole(activation, region);
  const born = region === app.regions.primary ? "source" : "replica";
  switch (role) {
    case "primary":
      return { born, replicaOf: undefined, multiAz: activation.status === "active" };
    case "lost":
      return { born, replicaOf: undefined, multiAz: true };
    case "standby":
      return { born: "replica", replicaOf: activation.activeRegion, multiAz: false };
  }
}

/** The ARN of another Region's database, made of what is known, so that the other Region need not be asked. */
function databaseArn(app: AppSpec, region: string, parent: pulumi.Resource): pulumi.Output<string> {
  const { accountId } = aws.getCallerIdentityOutput({}, { parent });
  return pulumi.interpolate`arn:aws:rds:${region}:${accountId}:db:${regionNames(app, region).database}`;
}

/**
 * The administrator of a new database, with a password that nobody knows: whoever needs it sets a new one by
 * ModifyDBInstance. Not managed by Secrets Manager: RDS refuses to create a replica of a MySQL or PostgreSQL instance
 * whose password it manages.
 */
function firstLogin(app: AppSpec): Pick<aws.rds.InstanceArgs, "username" | "password" | "dbName"> {
  return {
    username: "administrator",
    password: pulumi.secret(randomBytes(24).toString("base64url")),
    dbName: app.name.replaceAll("-", "_"),
  };
}
