import type { CostLine, StandingCost } from "../run/result.js";
import { partsByType, regionOf, type DeclaredResource } from "./cost-parts.js";
import { freeTypes, isNoCloudResource } from "./free-types.js";
import { findPrice, pricesAsOf } from "./price-table.js";
import type { Usage } from "./usage.js";

export type { DeclaredResource } from "./cost-parts.js";

/** What resources cost in a month, in US dollars. */
export interface ResourceCost {
  /** Each rounded to cents; `perMonth` is their sum. */
  readonly lines: readonly CostLine[];
  /** What has no price in the table, sorted; not free, not counted. */
  readonly unpriced: readonly string[];
  readonly perMonth: number;
}

/** Prices what programs declare. Pure: the same resources and usage cost the same. */
export function priceResources(resources: readonly DeclaredResource[], usage: Usage): ResourceCost {
  const lines: CostLine[] = [];
  const unpriced = new Set<string>();
  // A replacement shows a resource more than once; the last is what will stand.
  const declared = [...new Map(resources.map((resource) => [resource.urn, resource])).values()];

  for (const resource of declared) {
    const { stack, type, urn } = resource;
    if (isNoCloudResource(type) || type in freeTypes) continue;
    const siblings = declared.filter((other) => other.stack === stack);
    const parts = partsByType[type]?.(resource, { usage, siblings }) ?? "no price is known for the type";
    if (typeof parts === "string") {
      unpriced.add(`${type}: ${parts}`);
      continue;
    }
    for (const { what, quantity, reason, region = regionOf(resource) } of parts) {
      if (quantity === 0) continue;
      const price = findPrice(region, what);
      if (!price) {
        unpriced.add(`${type}: ${what} in ${region}`);
        continue;
      }
      lines.push({
        stack,
        resource: urn.split("::").at(-1) ?? urn,
        type,
        perMonth: cents(quantity * price.usd),
        basis:
          `${what}, ${reason}: ${figure(quantity)} x $${price.usd} per ${price.unit} in ${region} ` +
          `(${price.source}; confidence ${price.confidence})`,
      });
    }
  }
  return { lines, unpriced: [...unpriced].sort(), perMonth: cents(sum(lines)) };
}

/**
 * Compares what a standby costs while nothing happens with a full copy of the primary in its place.
 *
 * @param standby - what the standby's stacks declare
 * @param fullCopy - what the same stacks would declare if the standby's Region were the primary
 */
export function standingCost(
  standby: readonly DeclaredResource[],
  fullCopy: readonly DeclaredResource[],
  usage: Usage,
): StandingCost {
  const standing = priceResources(standby, usage);
  const full = priceResources(fullCopy, usage);
  return {
    perMonth: standing.perMonth,
    fullCopyPerMonth: full.perMonth,
    ratio: full.perMonth === 0 ? 1 : standing.perMonth / full.perMonth,
    pricesAsOf,
    lines: standing.lines,
    unpriced: [...new Set([...standing.unpriced, ...full.unpriced])].sort(),
  };
}

function sum(lines: readonly CostLine[]): number {
  return lines.reduce((total, line) => total + line.perMonth, 0);
}

function cents(usd: number): number {
  return Math.round(usd * 100) / 100;
}

function figure(quantity: number): string {
  return String(Math.round(quantity * 100) / 100);
}
