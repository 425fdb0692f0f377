import assert from "node:assert/strict";

import type { AppSpec } from "../programs/app.js";
import { regionNames } from "../programs/names.js";
import { priceResources, standingCost, type DeclaredResource } from "../src/choose/cost.js";
import { globalPrices, regionalPrices } from "../src/choose/price-table.js";
import { hoursPerMonth, standbyUsage } from "../src/choose/usage.js";
import { apps } from "../stacks/apps.js";

const app = apps["food-shop"] as AppSpec;
const { primary, standby } = app.regions;
const usage = standbyUsage(app);
const prices = regionalPrices[standby] ?? {};

function declared(type: string, inputs: Record<string, unknown> = {}, name = "it"): DeclaredResource {
  const stack = `${app.name}-${standby}`;
  return { stack, urn: `urn:pulumi:${stack}::region-runbook::${type}::${name}`, type, region: standby, inputs };
}

const template = declared("aws:ec2/launchTemplate:LaunchTemplate", {
  instanceType: "t3.medium",
  blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: 8, volumeType: "gp3" } }],
});
const group = (desiredCapacity: number): DeclaredResource =>
  declared("aws:autoscaling/group:Group", { desiredCapacity, minSize: 0 });
const database = (inputs: Record<string, unknown>): DeclaredResource =>
  declared("aws:rds/instance:Instance", {
    engine: "mysql",
    instanceClass: "db.t3.medium",
    allocatedStorage: 100,
    storageType: "gp3",
    ...inputs,
  });

function costOf(...resources: DeclaredResource[]): number {
  return priceResources(resources, usage).perMonth;
}

function price(what: string): number {
  const found = prices[what];
  assert.ok(found, what);
  return found.usd;
}

describe("priceResources", () => {
  it("charges the instances of a group by its launch template, with their volumes", () => {
    assert.equal(costOf(template, group(0)), 0);
    const expected = 4 * (price("ec2 t3.medium") * hoursPerMonth + 8 * price("ebs gp3"));
    assert.ok(Math.abs(costOf(template, group(4)) - expected) < 0.02);
  });

  it("charges a Multi-AZ database twice, instance and storage", () => {
    const one = costOf(database({ multiAz: false }));
    assert.ok(Math.abs(costOf(database({ multiAz: true })) - 2 * one) < 0.02);
  });

  it("charges what a replica receives at the price of the Region that sends it", () => {
    const source = `arn:aws:rds:${primary}:123456789012:db:food-shop-db`;
    const { lines } = priceResources([database({ replicateSourceDb: source })], usage);
    const transfer = lines.find(({ basis }) => basis.startsWith("inter-Region out"));
    const sent = usage.replicatedGb * (regionalPrices[primary]?.["inter-Region out"]?.usd ?? Number.NaN);
    assert.equal(transfer?.perMonth, Math.round(sent * 100) / 100);
  });

  it("charges a load balancer that nobody uses, and the public addresses of its subnets", () => {
    const expected = hoursPerMonth * (price("alb") + 3 * price("public ipv4"));
    const cost = costOf(declared("aws:lb/loadBalancer:LoadBalancer", { subnets: ["a", "b", "c"] }));
    assert.ok(Math.abs(cost - expected) < 0.02);
  });

  it("charges a health check's options", () => {
    const plain = costOf(declared("aws:route53/healthCheck:HealthCheck", { type: "HTTP", requestInterval: 30 }));
    const fast = costOf(declared("aws:route53/healthCheck:HealthCheck", { type: "HTTP", requestInterval: 10 }));
    assert.equal(plain, globalPrices["route53 health check"].usd);
    assert.equal(fast, plain + globalPrices["route53 health check option"].usd);
  });

  it("charges storage only for buckets that hold something", () => {
    const images = costOf(declared("aws:s3/bucket:Bucket", { bucket: regionNames(app, standby).imagesBucket }));
    assert.ok(images > 0);
    assert.equal(costOf(declared("aws:s3/bucket:Bucket", { bucket: "other" })), 0);
  });

  it("says what has no price instead of counting it as free", () => {
    const unknownType = declared("aws:msk/cluster:Cluster");
    const unknownSize = database({ instanceClass: "db.x2g.metal" });
    const { unpriced } = priceResources([unknownType, unknownSize], usage);
    assert.deepEqual(unpriced, [
      "aws:msk/cluster:Cluster: no price is known for the type",
      `aws:rds/instance:Instance: rds mysql db.x2g.metal in ${standby}`,
    ]);
    assert.deepEqual(priceResources([group(2)], usage).unpriced, [
      "aws:autoscaling/group:Group: its launch template is not in its stack",
    ]);
  });

  it("takes no notice of what is free by nature, of components and of the second showing of a resource", () => {
    const free = [
      declared("aws:ec2/vpc:Vpc"),
      declared("region-runbook:web:WebTier"),
      declared("pulumi:providers:aws"),
    ];
    assert.deepEqual(priceResources(free, usage), { lines: [], unpriced: [], perMonth: 0 });
    assert.equal(costOf(database({}), database({})), costOf(database({})));
  });

  it("names in each line the price, its unit and its source", () => {
    const [line] = priceResources([declared("aws:ec2/natGateway:NatGateway")], usage).lines;
    assert.match(line?.basis ?? "", /730 x \$0\.045 per gateway-hour in us-east-1 \(infracost.*confidence high\)/);
  });
});

describe("standingCost", () => {
  const standing = [template, group(0), database({ multiAz: false })];
  const copy = [template, group(4), database({ multiAz: true })];

  it("sums up its lines, and compares the sum with a full copy", () => {
    const cost = standingCost(standing, copy, usage);
    const sum = cost.lines.reduce((total, { perMonth }) => total + perMonth, 0);
    assert.ok(Math.abs(cost.perMonth - sum) < 0.005);
    assert.equal(cost.perMonth, costOf(...standing));
    assert.equal(cost.fullCopyPerMonth, costOf(...copy));
    assert.equal(cost.ratio, cost.perMonth / cost.fullCopyPerMonth);
  });

  it("lists what has no price in either", () => {
    const exotic = declared("aws:msk/cluster:Cluster");
    assert.deepEqual(standingCost(standing, [...copy, exotic], usage).unpriced, [
      "aws:msk/cluster:Cluster: no price is known for the type",
    ]);
  });
});

describe("the price table", () => {
  it("gives each price a source and a positive figure", () => {
    for (const row of [globalPrices, ...Object.values(regionalPrices)].flatMap((table) => Object.values(table))) {
      assert.ok(row.usd > 0 && row.source !== "");
    }
  });

  it("can price what the example app declares, in both of its Regions", () => {
    const needed = [
      `ec2 ${app.capacity.instanceType}`,
      `rds ${app.database.engine} ${app.database.instanceClass}`,
      "ebs gp3",
      "rds gp3",
      "alb",
      "nat",
      "public ipv4",
      "inter-Region out",
    ];
    for (const region of [primary, standby]) {
      assert.deepEqual(
        needed.filter((what) => !regionalPrices[region]?.[what]),
        [],
      );
    }
  });
});
