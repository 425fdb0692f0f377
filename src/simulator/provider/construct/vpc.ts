import { asText, isObject, unknownValue, type Value } from "../properties.js";
import type { ComponentInputs } from "./construct.js";
import { SkippedError, track, trackAll, type Child, type Monitor, type Tracked } from "./monitor.js";
import { placeSubnets, prefixOf, type PlacedSubnet, type SubnetSpec } from "./subnets.js";

/** What awsx.ec2.Vpc takes when the program names no block. */
const DEFAULT_CIDR = "10.0.0.0/16";
const DEFAULT_ZONES = 3;

/** Inputs that go to the aws.ec2.Vpc as they are. */
const passedOn = [
  "assignGeneratedIpv6CidrBlock",
  "enableDnsHostnames",
  "enableDnsSupport",
  "enableNetworkAddressUsageMetrics",
  "instanceTenancy",
  "region",
] as const;

interface Built {
  readonly internetGateway: Child;
  readonly subnets: Child[];
  readonly byType: Readonly<Record<"Public" | "Private" | "Isolated", Child[]>>;
  readonly routeTables: Child[];
  readonly routeTableAssociations: Child[];
  readonly routes: Child[];
  readonly eips: Child[];
  readonly natGateways: Child[];
}

/**
 * Registers the children of an awsx.ec2.Vpc, as pulumi-awsx v3.9 does (awsx/ec2/vpc.ts): the VPC and its internet
 * gateway; per zone the subnets, public first, each with a route table, and NAT gateways as the strategy says.
 */
export async function constructVpc(
  monitor: Monitor,
  inputs: ComponentInputs,
): Promise<Readonly<Record<string, Tracked>>> {
  const { name } = monitor.component;
  refuseUnmodelled(inputs);
  const cidr = text(inputs["cidrBlock"]) ?? DEFAULT_CIDR;
  const zones = await zonesOf(monitor, inputs);
  const natStrategy = natStrategyOf(inputs);
  const specs = inputs["subnetSpecs"]?.tracked as readonly SubnetSpec[] | undefined;
  const placed = placeSubnets(name, cidr, zones, specs, number(inputs["availabilityZoneCidrMask"]));
  if (natStrategy !== "none") requireSubnetsForNat(placed);

  const tags = inputs["tags"];
  const userTags = isObject(tags?.tracked) ? tags.tracked : {};
  const tagged = (more: { readonly [key: string]: Value }): Tracked =>
    track({ ...userTags, ...more }, tags?.dependencies ?? [], tags?.secret ?? false);
  const sharedTags = track({ Name: name, ...userTags }, tags?.dependencies ?? [], tags?.secret ?? false);
  const region = inputs["region"];

  const vpc = await monitor.register({
    type: "aws:ec2/vpc:Vpc",
    name,
    inputs: {
      ...Object.fromEntries(passedOn.map((input) => [input, inputs[input]])),
      cidrBlock: cidr,
      tags: sharedTags,
    },
  });
  const gateway = monitor.register({
    type: "aws:ec2/internetGateway:InternetGateway",
    name,
    parent: vpc,
    inputs: { region, vpcId: vpc.id, tags: sharedTags },
    dependsOn: [vpc],
  });

  /** NAT gateways by zone: private subnets route to the one of their zone, or to the only one. */
  const natByZone = new Map<number, Promise<Child>>();
  const natFor = (zoneIndex: number): Promise<Child> | undefined =>
    natByZone.get(natStrategy === "single" ? 0 : zoneIndex);
  const eips: Promise<Child>[] = [];
  const allocationIds = (
    isObject(inputs["natGateways"]?.tracked) ? inputs["natGateways"].tracked["elasticIpAllocationIds"] : undefined
  ) as readonly Value[] | undefined;

  async function createNat(subnet: Promise<Child>, zoneIndex: number, eip: Promise<Child> | undefined): Promise<Child> {
    const host = await subnet;
    return monitor.register({
      type: "aws:ec2/natGateway:NatGateway",
      name: `${name}-${zoneIndex + 1}`,
      parent: host,
      inputs: {
        region,
        subnetId: host.id,
        allocationId: eip ? (await eip).output("allocationId") : allocationIds?.[zoneIndex],
        tags: tagged({ Name: `${name}-${zoneIndex + 1}` }),
      },
      dependsOn: [host],
    });
  }

  async function createEip(subnet: Promise<Child>, zoneIndex: number): Promise<Child> {
    const host = await subnet;
    return monitor.register({
      type: "aws:ec2/eip:Eip",
      name: `${name}-${zoneIndex + 1}`,
      parent: host,
      inputs: { region, tags: tagged({ Name: `${name}-${zoneIndex + 1}` }) },
      dependsOn: [host],
    });
  }

  async function createSubnet({ spec, zone, resourceName, cidrBlock }: PlacedSubnet): Promise<Child> {
    return monitor.register({
      type: "aws:ec2/subnet:Subnet",
      name: resourceName,
      parent: vpc,
      inputs: {
        region,
        vpcId: vpc.id,
        availabilityZone: zone,
        cidrBlock,
        mapPublicIpOnLaunch: spec.type === "Public",
        assignIpv6AddressOnCreation: spec.assignIpv6AddressOnCreation ?? false,
        tags: tagged({ ...spec.tags, Name: resourceName, SubnetType: spec.type }),
      },
      dependsOn: [vpc],
    });
  }

  async function createRoute(subnet: PlacedSubnet, table: Promise<Child>): Promise<Child | undefined> {
    const nat = subnet.spec.type === "Private" ? natFor(subnet.zoneIndex) : undefined;
    if (subnet.spec.type !== "Public" && !nat) return undefined;
    const via = subnet.spec.type === "Public" ? { gatewayId: (await gateway).id } : { natGatewayId: (await nat)?.id };
    const parent = await table;
    return monitor.register({
      type: "aws:ec2/route:Route",
      name: subnet.resourceName,
      parent,
      inputs: { region, routeTableId: parent.id, destinationCidrBlock: "0.0.0.0/0", ...via },
      dependsOn: [parent],
    });
  }

  // Public subnets come first in each zone, so that a NAT gateway stands before the routes that lead to it.
  const rank = { Public: 0, Private: 1, Isolated: 2, Unused: 3 } as const;
  const ordered = placed
    .filter(({ spec }) => spec.type !== "Unused")
    .sort((a, b) => a.zoneIndex - b.zoneIndex || rank[a.spec.type] - rank[b.spec.type]);
  const pending = ordered.map((placement) => {
    const subnet = createSubnet(placement);
    const { zoneIndex, resourceName, spec } = placement;
    if (
      spec.type === "Public" &&
      !natByZone.has(zoneIndex) &&
      (natStrategy === "oneperaz" || (natStrategy === "single" && zoneIndex === 0))
    ) {
      const eip = allocationIds && allocationIds.length > 0 ? undefined : createEip(subnet, zoneIndex);
      if (eip) eips.push(eip);
      natByZone.set(zoneIndex, createNat(subnet, zoneIndex, eip));
    }
    const table = subnet.then((parent) =>
      monitor.register({
        type: "aws:ec2/routeTable:RouteTable",
        name: resourceName,
        parent,
        inputs: { region, vpcId: vpc.id, tags: tagged({ Name: resourceName, SubnetType: spec.type }) },
        dependsOn: [parent],
      }),
    );
    const association = Promise.all([subnet, table]).then(([host, parent]) =>
      monitor.register({
        type: "aws:ec2/routeTableAssociation:RouteTableAssociation",
        name: resourceName,
        parent,
        inputs: { region, routeTableId: parent.id, subnetId: host.id },
        dependsOn: [parent],
      }),
    );
    return { type: spec.type, subnet, table, association, route: createRoute(placement, table) };
  });

  // All at once: a promise that fails while another is awaited would end the process.
  const [internetGateway, subnets, routeTables, routeTableAssociations, routes, eipsBuilt, natGateways] =
    await Promise.all([
      gateway,
      succeeded(pending.map(async ({ type, subnet }) => ({ type, child: await subnet }))),
      succeeded(pending.map(({ table }) => table)),
      succeeded(pending.map(({ association }) => association)),
      succeeded(pending.map(({ route }) => route)),
      succeeded(eips),
      succeeded([...natByZone.values()]),
    ]);
  const ofType = (type: string): Child[] => subnets.filter((one) => one.type === type).map(({ child }) => child);
  const built: Built = {
    internetGateway,
    subnets: subnets.map(({ child }) => child),
    byType: { Public: ofType("Public"), Private: ofType("Private"), Isolated: ofType("Isolated") },
    routeTables,
    routeTableAssociations,
    routes: routes.filter((route) => route !== undefined),
    eips: eipsBuilt,
    natGateways,
  };
  return outputsOf(
    vpc,
    built,
    placed.filter(({ zoneIndex }) => zoneIndex === 0),
    monitor.dryRun,
  );
}

function outputsOf(
  vpc: Child,
  built: Built,
  layout: readonly PlacedSubnet[],
  dryRun: boolean,
): Readonly<Record<string, Tracked>> {
  const references = (children: readonly Child[]): Tracked => trackAll(children.map((child) => child.reference()));
  const ids = (children: readonly Child[]): Tracked => {
    const all = trackAll(children.map(({ id }) => id));
    // One unknown id makes the list unknown: programs must not count on its length.
    return dryRun && children.some(({ id }) => id.tracked === unknownValue) ? { ...all, tracked: unknownValue } : all;
  };
  return {
    vpc: vpc.reference(),
    vpcId: vpc.id,
    internetGateway: built.internetGateway.reference(),
    subnets: references(built.subnets),
    publicSubnets: references(built.byType.Public),
    privateSubnets: references(built.byType.Private),
    isolatedSubnets: references(built.byType.Isolated),
    publicSubnetIds: ids(built.byType.Public),
    privateSubnetIds: ids(built.byType.Private),
    isolatedSubnetIds: ids(built.byType.Isolated),
    routeTables: references(built.routeTables),
    routeTableAssociations: references(built.routeTableAssociations),
    routes: references(built.routes),
    natGateways: references(built.natGateways),
    eips: references(built.eips),
    vpcEndpoints: track([]),
    subnetLayout: track(
      layout.map(({ spec, cidrBlock }) => ({
        type: spec.type,
        cidrMask: prefixOf(cidrBlock),
        ...(spec.name ? { name: spec.name } : {}),
      })),
    ),
  };
}

/** Waits for all; leaves out those that the engine skipped while it goes on with the rest. */
async function succeeded<T>(pending: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(pending);
  return results.flatMap((result) => {
    if (result.status === "fulfilled") return [result.value];
    if (result.reason instanceof SkippedError) return [];
    throw result.reason;
  });
}

async function zonesOf(monitor: Monitor, inputs: ComponentInputs): Promise<readonly string[]> {
  const named = inputs["availabilityZoneNames"]?.tracked;
  const count = number(inputs["numberOfAvailabilityZones"]);
  if (named !== undefined && count !== undefined) {
    throw new Error("Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified");
  }
  if (Array.isArray(named)) return named as readonly string[];
  const wanted = count ?? DEFAULT_ZONES;
  const found = await monitor.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {}, inputs["region"]);
  const names = (found?.["names"] ?? []) as readonly string[];
  if (names.length < wanted) {
    throw new Error(
      `The configured region for this provider does not have at least ${wanted} Availability Zones. Either specify an explicit list of zones in availabilityZoneNames or choose a region with at least ${wanted} AZs.`,
    );
  }
  return names.slice(0, wanted);
}

function natStrategyOf(inputs: ComponentInputs): "none" | "single" | "oneperaz" {
  const configured = inputs["natGateways"]?.tracked;
  const strategy = (asText(isObject(configured) ? configured["strategy"] : undefined) || "OnePerAz").toLowerCase();
  if (strategy === "none" || strategy === "single" || strategy === "oneperaz") return strategy;
  throw new Error(`Unknown NatGatewayStrategy '${strategy}'`);
}

function requireSubnetsForNat(placed: readonly PlacedSubnet[]): void {
  const has = (...types: readonly string[]): boolean => placed.some(({ spec }) => types.includes(spec.type));
  if (has("Public") && has("Private", "Isolated")) return;
  throw new Error(
    "If NAT Gateway strategy is 'OnePerAz' or 'Single', public subnets must be declared to host the NAT Gateway resource, along with private or isolated subnets to route through it.",
  );
}

/** What the real component can do and this one can't, said rather than passed over. */
function refuseUnmodelled(inputs: ComponentInputs): void {
  const refuse = (input: string, what: string): never => {
    throw new Error(`the simulated awsx.ec2.Vpc does not model ${what} (${input})`);
  };
  if (Array.isArray(inputs["vpcEndpointSpecs"]?.tracked)) refuse("vpcEndpointSpecs", "VPC endpoints");
  if (inputs["ipv4IpamPoolId"]) refuse("ipv4IpamPoolId", "address pools");
  if (inputs["cidrBlock"]?.tracked === unknownValue) refuse("cidrBlock", "a block that is unknown in the preview");
  if (text(inputs["subnetStrategy"]) === "AutoMerge") refuse("subnetStrategy", "AutoMerge");
  const legacy = (text(inputs["subnetStrategy"]) ?? "Legacy") === "Legacy";
  if (legacy && inputs["subnetSpecs"]) refuse("subnetStrategy", "the Legacy layout of subnetSpecs; use Auto or Exact");
  if (legacy && prefixOf(text(inputs["cidrBlock"]) ?? DEFAULT_CIDR) < 16)
    refuse("subnetStrategy", "the Legacy layout beyond /16; use Auto");
}

function text(input: Tracked | undefined): string | undefined {
  return typeof input?.tracked === "string" ? input.tracked : undefined;
}

function number(input: Tracked | undefined): number | undefined {
  return typeof input?.tracked === "number" ? input.tracked : undefined;
}
