import assert from "node:assert/strict";

import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import type { automation } from "@pulumi/pulumi";

import { placeSubnets } from "../../src/simulator/provider/construct/subnets.js";
import { withEngine } from "./provider-fixture.js";

interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";
const kindOf = ({ type }: StateResource): string => type.split(":").at(-1) ?? "";

async function resourcesOf(stack: automation.Stack): Promise<readonly StateResource[]> {
  const exported = await stack.exportStack();
  const deployment = exported.deployment as { readonly resources: readonly StateResource[] };
  return deployment.resources.filter(({ type }) => !type.startsWith("pulumi:"));
}

/** "Kind name < parent's kind name" of every resource, sorted. */
function tree(resources: readonly StateResource[]): string[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return resources
    .map((resource) => {
      const parent = byUrn.get(resource.parent ?? "");
      return `${kindOf(resource)} ${nameOf(resource.urn)}${parent ? ` < ${kindOf(parent)} ${nameOf(parent.urn)}` : ""}`;
    })
    .sort();
}

describe("the children of awsx components", function () {
  this.timeout(120_000);

  it("are for a VPC of two zones with one NAT gateway those of the real provider", async () => {
    await withEngine(async ({ stack }) => {
      const one = await stack(async () => {
        const vpc = new awsx.ec2.Vpc("vpc", {
          subnetStrategy: "Auto",
          numberOfAvailabilityZones: 2,
          natGateways: { strategy: "Single" },
          tags: { app: "shop" },
        });
        return Promise.resolve({
          isolated: vpc.isolatedSubnetIds,
          publicIds: vpc.publicSubnetIds,
          layout: vpc.subnetLayout,
        });
      });
      const preview = await one.preview();
      const { outputs } = await one.up();
      assert.deepEqual(outputs["isolated"]?.value, []);
      assert.equal((outputs["publicIds"]?.value as string[]).length, 2);
      assert.deepEqual(outputs["layout"]?.value, [
        { type: "Private", cidrMask: 18 },
        { type: "Public", cidrMask: 19 },
      ]);
      const resources = await resourcesOf(one);
      assert.equal(preview.changeSummary.create, resources.length + 1);
      const perZone = (zone: number, kind: string, via: boolean) => {
        const name = `vpc-${kind}-${zone}`;
        return [
          `Subnet ${name} < Vpc vpc`,
          `RouteTable ${name} < Subnet ${name}`,
          `RouteTableAssociation ${name} < RouteTable ${name}`,
          ...(via ? [`Route ${name} < RouteTable ${name}`] : []),
        ];
      };
      assert.deepEqual(
        tree(resources),
        [
          "Vpc vpc",
          "Vpc vpc < Vpc vpc",
          "InternetGateway vpc < Vpc vpc",
          ...[1, 2].flatMap((zone) => [...perZone(zone, "public", true), ...perZone(zone, "private", true)]),
          "Eip vpc-1 < Subnet vpc-public-1",
          "NatGateway vpc-1 < Subnet vpc-public-1",
        ].sort(),
      );
      const find = (kind: string, name: string) =>
        resources.find((resource) => kindOf(resource) === kind && nameOf(resource.urn) === name);
      assert.deepEqual(find("Subnet", "vpc-public-2")?.inputs?.["tags"], {
        app: "shop",
        Name: "vpc-public-2",
        SubnetType: "Public",
      });
      assert.equal(find("Subnet", "vpc-public-2")?.inputs?.["cidrBlock"], "10.0.192.0/19");
      assert.deepEqual(find("InternetGateway", "vpc")?.inputs?.["tags"], { app: "shop", Name: "vpc" });
      assert.deepEqual(find("NatGateway", "vpc-1")?.inputs?.["tags"], { app: "shop", Name: "vpc-1" });
      const needs = find("NatGateway", "vpc-1")?.propertyDependencies?.["allocationId"]?.map(nameOf);
      assert.deepEqual(needs, ["vpc-1"]);
    });
  });

  it("are for a balancer its own security group, target group and listener, unless the program brings them", async () => {
    await withEngine(async ({ stack }) => {
      const program = (args: (groupId: aws.ec2.SecurityGroup) => awsx.lb.ApplicationLoadBalancerArgs) => async () => {
        const vpc = new awsx.ec2.Vpc("vpc", {
          subnetStrategy: "Auto",
          numberOfAvailabilityZones: 2,
          natGateways: { strategy: "None" },
        });
        const group = new aws.ec2.SecurityGroup("mine", { vpcId: vpc.vpcId });
        const balancer = new awsx.lb.ApplicationLoadBalancer("alb", { subnetIds: vpc.publicSubnetIds, ...args(group) });
        return Promise.resolve({ vpcId: balancer.vpcId, expected: vpc.vpcId });
      };
      const one = await stack(program(() => ({})));
      const { outputs } = await one.up();
      assert.equal(outputs["vpcId"]?.value, outputs["expected"]?.value);
      const below = (resources: readonly StateResource[]) =>
        tree(resources).filter((line) => line.includes("ApplicationLoadBalancer alb"));
      const first = await resourcesOf(one);
      assert.deepEqual(below(first), [
        "ApplicationLoadBalancer alb",
        "Listener alb-0 < ApplicationLoadBalancer alb",
        "LoadBalancer alb < ApplicationLoadBalancer alb",
        "SecurityGroup alb < ApplicationLoadBalancer alb",
        "TargetGroup alb < ApplicationLoadBalancer alb",
      ]);
      const target = first.find(({ type }) => type === "aws:lb/targetGroup:TargetGroup");
      assert.deepEqual(
        [target?.inputs?.["port"], target?.inputs?.["protocol"], target?.inputs?.["targetType"]],
        [80, "HTTP", "ip"],
      );

      const other = await stack(program((group) => ({ securityGroups: [group.id], listener: { port: 8080 } })));
      await other.up();
      assert.deepEqual(below(await resourcesOf(other)), [
        "ApplicationLoadBalancer alb",
        "Listener alb-0 < ApplicationLoadBalancer alb",
        "LoadBalancer alb < ApplicationLoadBalancer alb",
        "TargetGroup alb < ApplicationLoadBalancer alb",
      ]);
    });
  });

  it("are not created when the component is given what contradicts itself", async () => {
    await withEngine(async ({ stack }) => {
      const one = await stack(async () => {
        new awsx.ec2.Vpc("vpc", { numberOfAvailabilityZones: 2, availabilityZoneNames: ["us-east-1a"] });
        return Promise.resolve(undefined);
      });
      await assert.rejects(one.up(), /Only one of \[availabilityZoneNames\] and \[numberOfAvailabilityZones\]/);
    });
  });
});

describe("the layout of subnets", () => {
  const blocks = (...args: Parameters<typeof placeSubnets>) =>
    placeSubnets(...args).map(({ resourceName, cidrBlock }) => `${resourceName} ${cidrBlock}`);

  it("gives each of three zones a quarter of the VPC: half of it private, a quarter public", () => {
    assert.deepEqual(blocks("vpc", "10.0.0.0/16", ["a", "b", "c"]), [
      "vpc-private-1 10.0.0.0/19",
      "vpc-public-1 10.0.32.0/20",
      "vpc-private-2 10.0.64.0/19",
      "vpc-public-2 10.0.96.0/20",
      "vpc-private-3 10.0.128.0/19",
      "vpc-public-3 10.0.160.0/20",
    ]);
  });

  it("aligns subnets of other sizes, and names them", () => {
    const specs = [
      { type: "Public", cidrMask: 24 },
      { type: "Private", name: "data", cidrMask: 22 },
    ] as const;
    assert.deepEqual(blocks("v", "10.0.0.0/16", ["a"], specs), ["v-public-1 10.0.0.0/24", "v-data-1 10.0.4.0/22"]);
  });

  it("refuses what does not fit", () => {
    assert.throws(
      () => placeSubnets("v", "10.0.0.0/24", ["a"], [{ type: "Public", cidrMask: 20 }]),
      /too large for VPC/,
    );
    assert.throws(() => placeSubnets("v", "10.0.0.0/26", ["a", "b"]), /at least \/26/);
  });
});
