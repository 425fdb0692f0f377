import { createHash } from "node:crypto";

/**
 * Identifiers that depend on the seed and on what a resource is, never on the order of calls: calls of one instant
 * arrive in racy order, and the same seed has to give the same world.
 */

/** `digits` hexadecimal digits derived from the parts. At most 64. */
export function hexOf(parts: readonly (string | number)[], digits: number): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, digits);
}

/**
 * An identifier such as `vpc-0f3c…` (17 digits) for the resource that `key` describes. A resource made again after its
 * deletion, or a second one with the same description, gets the next identifier of the same sequence.
 *
 * @param isTaken - whether an identifier has been given out before
 */
export function resourceId(
  prefix: string,
  key: readonly (string | number)[],
  isTaken: (id: string) => boolean,
  digits = 17,
): string {
  for (let occurrence = 0; ; occurrence++) {
    const id = `${prefix}${hexOf([prefix, occurrence, ...key], digits)}`;
    if (!isTaken(id)) return id;
  }
}
