import type { StateSlot, World } from "../../world.js";

/** Limits of one account in one Region. A standby whose limits were never raised is a classic reason to fail. */
export interface Ec2Quotas {
  /** VPCs. @default 5, Amazon VPC quotas */
  readonly vpcs: number;
  /** Elastic IP addresses. @default 5, Amazon VPC quotas */
  readonly addresses: number;
  /** NAT gateways in one Availability Zone. @default 5, Amazon VPC quotas */
  readonly natGatewaysPerZone: number;
  /**
   * vCPUs of running On-Demand standard instances. AWS starts accounts at 5 and raises it with use; an account that
   * runs production has it raised. @default no limit
   */
  readonly standardVcpus: number;
}

const defaults: Ec2Quotas = { vpcs: 5, addresses: 5, natGatewaysPerZone: 5, standardVcpus: Number.POSITIVE_INFINITY };

const quotaSlot: StateSlot<{ quotas: Ec2Quotas }> = { name: "ec2-quotas", create: () => ({ quotas: defaults }) };

/** The limit that holds in this Region now. */
export function ec2Quota(world: World, region: string, quota: keyof Ec2Quotas): number {
  return world.state(quotaSlot, region).quotas[quota];
}

/** Sets limits of a Region, as a raised or forgotten quota request would. */
export function setEc2Quotas(world: World, region: string, quotas: Partial<Ec2Quotas>): void {
  const slot = world.state(quotaSlot, region);
  slot.quotas = { ...slot.quotas, ...quotas };
}

/** Zones of a Region that have no capacity left, each with the share of launches that fail there. */
const shortageSlot: StateSlot<Map<string, number>> = { name: "ec2-capacity-shortage", create: () => new Map() };

/**
 * Makes launches and starts in an Availability Zone answer InsufficientInstanceCapacity.
 *
 * @param share - of the attempts that fail, from 0 (capacity is back) to 1. @default 1
 */
export function setCapacityShortage(world: World, region: string, zone: string, share = 1): void {
  const shortages = world.state(shortageSlot, region);
  if (share <= 0) shortages.delete(zone);
  else shortages.set(zone, share);
}

/** Whether this attempt finds no capacity in the zone; `attempt` seeds the draw where only a share fails. */
export function lacksCapacity(world: World, region: string, zone: string, attempt: string): boolean {
  const share = world.state(shortageSlot, region).get(zone) ?? 0;
  return share > 0 && world.draw(`capacity/${zone}/${attempt}`) < share;
}

/** vCPUs of an instance type, from its size. */
export function vcpusOf(instanceType: string): number {
  const [family = "", size = ""] = instanceType.split(".");
  const multiple = /^(\d+)xlarge$/.exec(size);
  if (multiple) return 4 * Number(multiple[1]);
  if (size === "xlarge") return 4;
  if (size === "large") return 2;
  if (size.startsWith("metal")) return 96;
  return /^(t2|m\d|c\d|r\d)/.test(family) && size !== "medium" ? 1 : 2;
}
