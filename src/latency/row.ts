import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";

/**
 * How long AWS takes, as data. Each row has a source; a bound that an honest row makes unreachable is reported, the
 * row is never softened. Rows live in src/latency/table.ts.
 */
export interface LatencyRow {
  /** What takes this long, for people. */
  readonly description: string;
  /** Seconds: the best case, the usual one and the bad one (about the 95th percentile). */
  readonly low: number;
  readonly typical: number;
  readonly high: number;
  /** Where the figures come from. */
  readonly source: string;
  /** AWS documentation or price list; measurement or dated secondary source; estimate. */
  readonly confidence: "high" | "medium" | "low";
}

/** Which column of the table a run uses: one fixed column, or a draw between low and high around typical. */
export type LatencyProfile = "low" | "typical" | "high" | "drawn";

export const latencyProfiles = ["low", "typical", "high", "drawn"] as const satisfies readonly LatencyProfile[];

/** A number from 0 (inclusive) to 1 (exclusive) that depends on the seed and the key only, never on call order. */
export type Draw = (key: string) => number;

/** Creates a draw whose values are a function of `seed` and key. */
export function createDraw(seed: number): Draw {
  return (key) => uniformFloat64(xoroshiro128plus(hash(`${seed}/${key}`)));
}

/**
 * Seconds that a row takes in this profile. A drawn value follows a triangular distribution from low to high with its
 * mode at typical.
 *
 * @param key - what is delayed, so that the same thing takes equally long in every run with this seed
 */
export function latencySeconds(row: LatencyRow, profile: LatencyProfile, draw: Draw, key: string): number {
  if (profile !== "drawn") return row[profile];
  const { low, typical, high } = row;
  if (high <= low) return typical;
  const u = draw(key);
  const cut = (typical - low) / (high - low);
  return u < cut
    ? low + Math.sqrt(u * (high - low) * (typical - low))
    : high - Math.sqrt((1 - u) * (high - low) * (high - typical));
}

/** FNV-1a over UTF-16 code units, then a final avalanche: spreads similar keys over the whole 32-bit range. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) | 0;
}
