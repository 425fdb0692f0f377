import { plainName } from "./services/route-53/record-name.js";
import {
  findLoadBalancerByDns,
  isLoadBalancerHealthy as hasHealthyTargets,
} from "./services/elastic-load-balancing-v2/service.js";
import { hexOf } from "./identifiers.js";
import type { StateSlot, World } from "./world.js";

/** The DNS names of load balancers and the addresses behind them, as the name service knows them. */

/** A load balancer that stands, by one of its DNS names. */
export interface LoadBalancerTarget {
  readonly region: string;
  /** The name that identifies it: lower case, without "dualstack." */
  readonly dnsName: string;
  /** The hosted zone that aliases to it have to name. */
  readonly hostedZoneId: string;
}

interface AddressBook {
  readonly byName: Map<string, readonly string[]>;
  readonly nameOf: Map<string, string>;
}

/** 198.18.0.0/15 is set aside for tests of networks (RFC 2544), so no real host has these addresses. */
const FIRST_ADDRESS = (198 << 24) | (18 << 16);
const ADDRESS_COUNT = 1 << 17;
/** A load balancer has one address in each of its Availability Zones, of which it needs two. */
const ADDRESSES_EACH = 2;

const addressSlot: StateSlot<AddressBook> = {
  name: "load-balancer-addresses",
  create: () => ({ byName: new Map(), nameOf: new Map() }),
};

/** Finds the load balancer that a host name means, "dualstack." before it or not; undefined when there is none. */
export function loadBalancerTarget(world: World, host: string): LoadBalancerTarget | undefined {
  const dnsName = plainName(host.toLowerCase()).replace(/^dualstack\./, "");
  if (!dnsName.endsWith(".elb.amazonaws.com")) return undefined;
  const found = findLoadBalancerByDns(world, dnsName);
  return found && { region: found.region, dnsName, hostedZoneId: found.hostedZoneId };
}

/**
 * Whether Route 53 treats an alias to this load balancer as healthy where its target is evaluated: some target must
 * be healthy, and its Region must be there to say so.
 */
export function isLoadBalancerHealthy(world: World, host: string): boolean {
  const target = loadBalancerTarget(world, host);
  return target !== undefined && !world.impairment(target.region) && hasHealthyTargets(world, target.dnsName);
}

/** The addresses of a load balancer: distinct from those of every other, and the same in every run. */
export function addressesOf(world: World, dnsName: string): readonly string[] {
  const book = world.state(addressSlot, "global");
  const known = book.byName.get(dnsName);
  if (known) return known;
  const addresses = Array.from({ length: ADDRESSES_EACH }, (_, index) => {
    let slot = Number.parseInt(hexOf(["address", dnsName, index], 8), 16) % ADDRESS_COUNT;
    while (book.nameOf.has(format(slot))) slot = (slot + 1) % ADDRESS_COUNT;
    book.nameOf.set(format(slot), dnsName);
    return format(slot);
  });
  book.byName.set(dnsName, addresses);
  return addresses;
}

/** The load balancer that has this address, as far as its name has been resolved before. */
export function nameOfAddress(world: World, address: string): string | undefined {
  return world.state(addressSlot, "global").nameOf.get(address);
}

function format(slot: number): string {
  const address = FIRST_ADDRESS + slot;
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}
