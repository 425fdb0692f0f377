import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";

import type { AppSpec } from "./app.js";
import { InstanceProfile } from "./instance-profile.js";
import { regionNames } from "./names.js";
import type { Network } from "./network.js";
import { userData } from "./user-data.js";

/** What a web tier is made of. */
export interface WebTierArgs {
  readonly app: AppSpec;
  readonly region: string;
  readonly network: Network;
  /** Whether instances run. The load balancer stands either way: creating one takes minutes. */
  readonly serves: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** Path that a serving instance answers with 200. */
export const healthPath = "/healthz";

const port = 8080;
const rootVolumeGb = 8;

/**
 * The web tier of one Region: load balancer, target group, launch template and Auto Scaling group.
 *
 * It refers to the database by name only, so that in one `up` the group grows while the database is promoted.
 */
export class WebTier extends pulumi.ComponentResource {
  readonly loadBalancer: pulumi.Output<aws.lb.LoadBalancer>;
  readonly targetGroup: pulumi.Output<aws.lb.TargetGroup>;
  readonly group: aws.autoscaling.Group;
  /** Security group of the instances. */
  readonly instancesSecurityGroupId: pulumi.Output<string>;

  constructor(name: string, args: WebTierArgs, options?: pulumi.ComponentResourceOptions) {
    const { app, region, network, serves } = args;
    const { capacity } = app;
    if (capacity.desired > capacity.max) {
      throw new Error(`capacity.desired: must be at most capacity.max, ${capacity.max}`);
    }
    super("region-runbook:web:WebTier", name, {}, options);
    const child = { parent: this };
    const names = regionNames(app, region);
    const tags = { ...args.tags };

    const publicSecurityGroup = new aws.ec2.SecurityGroup(
      `${name}-public`,
      {
        description: `${app.name}: users to load balancer`,
        vpcId: network.vpcId,
        ingress: [{ description: "HTTP", protocol: "tcp", fromPort: 80, toPort: 80, cidrBlocks: ["0.0.0.0/0"] }],
        egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
        tags,
      },
      child,
    );
    const instancesSecurityGroup = new aws.ec2.SecurityGroup(
      `${name}-instances`,
      {
        description: `${app.name}: load balancer to instances`,
        vpcId: network.vpcId,
        ingress: [{ protocol: "tcp", fromPort: port, toPort: port, securityGroups: [publicSecurityGroup.id] }],
        egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
        tags,
      },
      child,
    );

    const balancer = new awsx.lb.ApplicationLoadBalancer(
      name,
      {
        name: names.loadBalancer,
        // Subnets and not their ids: for ids the component asks the Region which VPC they are in, at every preview.
        subnets: network.publicSubnets,
        securityGroups: [publicSecurityGroup.id],
        defaultTargetGroup: {
          name: names.targetGroup,
          port,
          protocol: "HTTP",
          targetType: "instance",
          deregistrationDelay: 30,
          healthCheck: {
            path: healthPath,
            protocol: "HTTP",
            matcher: "200",
            interval: 5,
            timeout: 3,
            healthyThreshold: 2,
            unhealthyThreshold: 2,
          },
          tags,
        },
        tags,
      },
      child,
    );
    this.loadBalancer = balancer.loadBalancer;
    this.targetGroup = balancer.defaultTargetGroup;

    const profile = new InstanceProfile(
      `${name}-instances`,
      { app: app.name, region, imagesBucket: names.imagesBucket, databaseIdentifier: names.database, tags },
      child,
    );
    const template = new aws.ec2.LaunchTemplate(
      name,
      {
        name: names.launchTemplate,
        imageId: machineImage(capacity.instanceType),
        instanceType: capacity.instanceType,
        iamInstanceProfile: { name: profile.profileName },
        vpcSecurityGroupIds: [instancesSecurityGroup.id],
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required" },
        blockDeviceMappings: [
          {
            deviceName: "/dev/xvda",
            ebs: { volumeSize: rootVolumeGb, volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" },
          },
        ],
        updateDefaultVersion: true,
        userData: Buffer.from(
          userData({
            app: app.name,
            region,
            databaseIdentifier: names.database,
            imagesBucket: names.imagesBucket,
            port,
          }),
        ).toString("base64"),
        tags,
      },
      child,
    );

    const running = serves ? capacity.desired : 0;
    this.group = new aws.autoscaling.Group(
      name,
      {
        name: names.autoScalingGroup,
        vpcZoneIdentifiers: network.privateSubnetIds,
        minSize: running,
        desiredCapacity: running,
        // The same in every role, so that a recovery step may raise the capacity before the stack is brought up.
        maxSize: capacity.max,
        launchTemplate: { id: template.id, version: "$Latest" },
        targetGroupArns: [this.targetGroup.arn],
        healthCheckType: "ELB",
        // Longer than a slow boot, or the group would replace instances that are still starting.
        healthCheckGracePeriod: 300,
        // Waiting for capacity is a step of the runbook, and must not hold up a stack operation.
        waitForCapacityTimeout: "0",
        tags: Object.entries({ ...tags, Name: names.autoScalingGroup }).map(([key, value]) => ({
          key,
          value,
          propagateAtLaunch: true,
        })),
      },
      child,
    );
    this.instancesSecurityGroupId = instancesSecurityGroup.id;
    this.registerOutputs({ group: this.group.name });
  }
}

/**
 * Amazon Linux 2023 for the instance type's processor, resolved in the Region when an instance is launched: so that no
 * operation on the stack has to look up an image.
 */
function machineImage(instanceType: string): string {
  const processor = /^[a-z]+\d+[a-z]*g/.test(instanceType) ? "arm64" : "x86_64";
  return `resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${processor}`;
}
