/**
 * Where awsx.ec2.Vpc puts its subnets (pulumi-awsx v3.9, awsx/ec2/subnetDistributorNew.ts): each zone gets an equal
 * share of the VPC, a power of two; in it the subnets follow one another, each aligned to its own size.
 */
export interface SubnetSpec {
  readonly type: "Public" | "Private" | "Isolated" | "Unused";
  readonly name?: string;
  /** Prefix length of this subnet in each zone. */
  readonly cidrMask?: number;
  /** One block per zone, instead of a calculated one. */
  readonly cidrBlocks?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly assignIpv6AddressOnCreation?: boolean;
}

export interface PlacedSubnet {
  readonly spec: SubnetSpec;
  readonly zone: string;
  readonly zoneIndex: number;
  /** "vpc-public-1" */
  readonly resourceName: string;
  readonly cidrBlock: string;
}

/** The widest prefix that the default layout uses of a VPC: the rest of a larger one stays free. */
const WIDEST_DEFAULT_MASK = 16;
/** The narrowest zone in which the default layout still fits. */
const NARROWEST_ZONE_MASK = 26;

/**
 * Places the subnets of a VPC.
 *
 * @param specs - undefined: one private subnet, half of the zone, and one public subnet, a quarter
 * @throws Error when they don't fit
 */
export function placeSubnets(
  vpcName: string,
  vpcCidr: string,
  zones: readonly string[],
  specs?: readonly SubnetSpec[],
  zoneMask = prefixOf(vpcCidr) + bitsFor(zones.length),
): readonly PlacedSubnet[] {
  const wanted = specs ?? defaultSpecs(zoneMask);
  if (wanted.length === 0) throw new Error("No subnets specified");
  const usualMask = zoneMask + bitsFor(wanted.length);
  const maskOf = (spec: SubnetSpec): number => spec.cidrMask ?? usualMask;
  const needed = wanted.reduce((sum, spec) => sum + (spec.cidrBlocks ? 0 : sizeOf(maskOf(spec))), 0);
  if (needed > sizeOf(zoneMask)) {
    throw new Error(
      `Subnets are too large for VPC. VPC has ${sizeOf(zoneMask)} addresses, but subnets require ${needed} addresses.`,
    );
  }
  return zones.flatMap((zone, zoneIndex) => {
    let next = toNumber(vpcCidr) + zoneIndex * sizeOf(zoneMask);
    return wanted.map((spec) => {
      const size = sizeOf(maskOf(spec));
      const start = Math.ceil(next / size) * size;
      next = start + size;
      const cidrBlock = spec.cidrBlocks ? blockOf(spec.cidrBlocks, zoneIndex) : `${toAddress(start)}/${maskOf(spec)}`;
      const resourceName = `${vpcName}-${spec.name ?? spec.type.toLowerCase()}-${zoneIndex + 1}`;
      return { spec, zone, zoneIndex, resourceName, cidrBlock };
    });
  });
}

/** Prefix length of a block: 16 for "10.0.0.0/16". */
export function prefixOf(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

function defaultSpecs(zoneMask: number): readonly SubnetSpec[] {
  if (zoneMask > NARROWEST_ZONE_MASK) {
    throw new Error(
      `Automatic subnet creation requires a VPC with at least /${NARROWEST_ZONE_MASK} available per AZ, but only /${zoneMask} is available.`,
    );
  }
  const mask = Math.max(zoneMask, WIDEST_DEFAULT_MASK);
  return [
    { type: "Private", cidrMask: mask + 1 },
    { type: "Public", cidrMask: mask + 2 },
  ];
}

function blockOf(blocks: readonly string[], zoneIndex: number): string {
  const block = blocks[zoneIndex];
  if (block === undefined)
    throw new Error("The number of CIDR blocks in subnetSpecs must match the number of availability zones.");
  return block;
}

function bitsFor(count: number): number {
  return count === 0 ? 0 : Math.ceil(Math.log2(count));
}

function sizeOf(mask: number): number {
  return 2 ** (32 - mask);
}

function toNumber(cidr: string): number {
  const [address = ""] = cidr.split("/");
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
