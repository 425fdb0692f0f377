import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import type { AppSpec } from "./app.js";
import { regionNames } from "./names.js";

/** What experiments in a Region may touch. */
export interface ExperimentRoleArgs {
  readonly app: AppSpec;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The role that AWS FIS takes on for experiments in a Region. Its blast radius is the app's own: it may act on what
 * carries the app's tag, and in this Region only.
 */
export class ExperimentRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: ExperimentRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super("region-runbook:experiments:ExperimentRole", name, {}, options);
    const { app, region } = args;

    const role = new aws.iam.Role(
      name,
      {
        name: regionNames(app, region).experimentRole,
        assumeRolePolicy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: "fis.amazonaws.com" }, Action: "sts:AssumeRole" }],
        }),
        tags: { ...args.tags },
      },
      { parent: this },
    );
    const ownAndHere = { StringEquals: { "aws:ResourceTag/app": app.name, "aws:RequestedRegion": region } };
    new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "ResolveTargets",
              Effect: "Allow",
              Action: ["ec2:DescribeInstances", "rds:DescribeDBInstances", "tag:GetResources"],
              Resource: "*",
            },
            {
              Sid: "BreakInstances",
              Effect: "Allow",
              Action: ["ec2:TerminateInstances", "ec2:StopInstances", "ec2:StartInstances", "ec2:RebootInstances"],
              Resource: `arn:aws:ec2:${region}:*:instance/*`,
              Condition: ownAndHere,
            },
            {
              Sid: "RebootDatabase",
              Effect: "Allow",
              Action: "rds:RebootDBInstance",
              Resource: `arn:aws:rds:${region}:*:db:${regionNames(app, region).database}`,
              Condition: ownAndHere,
            },
            {
              Sid: "WatchStopConditions",
              Effect: "Allow",
              Action: "cloudwatch:DescribeAlarms",
              Resource: "*",
            },
          ],
        }),
      },
      { parent: this },
    );
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
