import type * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";

/** What a network is made of. */
export interface NetworkArgs {
  readonly region: string;
  /** Range of the VPC, a /16; Regions get different ones so that they can be connected. */
  readonly cidrBlock: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * A VPC over two Availability Zones, with a public and a private subnet in each.
 *
 * One NAT gateway for the Region, standing also in a standby: instances need it while they boot, and creating one
 * in a disaster would put its creation in front of theirs. One for each zone would double its price for a path that no
 * user request takes.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly publicSubnets: pulumi.Output<aws.ec2.Subnet[]>;
  readonly privateSubnetIds: pulumi.Output<string[]>;

  constructor(name: string, args: NetworkArgs, options?: pulumi.ComponentResourceOptions) {
    const zones = availabilityZones(args.region);
    if (!/^10\.\d{1,3}\.0\.0\/16$/.test(args.cidrBlock)) {
      throw new Error(`cidrBlock: must be a /16 such as 10.0.0.0/16, not ${args.cidrBlock}`);
    }
    super("region-runbook:network:Network", name, {}, options);

    const vpc = new awsx.ec2.Vpc(
      name,
      {
        cidrBlock: args.cidrBlock,
        // Named, so that no operation on the stack has to ask the Region which zones it has.
        availabilityZoneNames: zones,
        subnetStrategy: awsx.ec2.SubnetAllocationStrategy.Auto,
        natGateways: { strategy: awsx.ec2.NatGatewayStrategy.Single },
        enableDnsHostnames: true,
        enableDnsSupport: true,
        tags: { ...args.tags },
      },
      { parent: this },
    );
    this.vpcId = vpc.vpcId;
    this.publicSubnets = vpc.publicSubnets;
    this.privateSubnetIds = vpc.privateSubnetIds;
    this.registerOutputs({ vpcId: this.vpcId, privateSubnetIds: this.privateSubnetIds });
  }
}

/** Zones of the Regions in which a and b are not both open to every account. */
const zoneLetters: Readonly<Record<string, readonly string[]>> = {
  "ap-northeast-1": ["a", "c"],
  "ap-northeast-2": ["a", "c"],
  "us-west-1": ["a", "c"],
};

/** The two Availability Zones of a Region that an app uses, by name. */
export function availabilityZones(region: string): string[] {
  return (zoneLetters[region] ?? ["a", "b"]).map((letter) => `${region}${letter}`);
}
