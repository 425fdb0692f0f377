import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** What the instances of a Region may do, and on what. */
export interface InstanceProfileArgs {
  readonly app: string;
  readonly region: string;
  readonly imagesBucket: string;
  readonly databaseIdentifier: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The role of the web tier's instances: the images, the address of the database, and a login to it without password. */
export class InstanceProfile extends pulumi.ComponentResource {
  readonly profileName: pulumi.Output<string>;

  constructor(name: string, args: InstanceProfileArgs, options?: pulumi.ComponentResourceOptions) {
    super("region-runbook:web:InstanceProfile", name, {}, options);
    const physicalName = `${args.app}-web-${args.region}`;

    const role = new aws.iam.Role(
      name,
      {
        name: physicalName,
        assumeRolePolicy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
        }),
        tags: { ...args.tags },
      },
      { parent: this },
    );
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: ["s3:GetObject", "s3:PutObject"],
              Resource: `arn:aws:s3:::${args.imagesBucket}/*`,
            },
            {
              Effect: "Allow",
              Action: "rds:DescribeDBInstances",
              Resource: `arn:aws:rds:${args.region}:*:db:${args.databaseIdentifier}`,
            },
            {
              Effect: "Allow",
              Action: "rds-db:connect",
              Resource: `arn:aws:rds-db:${args.region}:*:dbuser:*/${databaseUser(args.app)}`,
            },
          ],
        }),
      },
      { parent: this },
    );
    const profile = new aws.iam.InstanceProfile(
      name,
      { name: physicalName, role: role.name, tags: { ...args.tags } },
      // An instance that starts before its role may do anything would fail its boot script.
      { parent: this, dependsOn: [policy] },
    );
    this.profileName = profile.name;
    this.registerOutputs({ profileName: this.profileName });
  }
}

/** The database user as which instances log in, with an IAM token. */
export function databaseUser(app: string): string {
  return app.replaceAll("-", "_");
}
