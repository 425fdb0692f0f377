import { createHash } from "node:crypto";

/** The parts of a URN that a provider needs. */
export interface UrnParts {
  /** The resource's own type, without those of its parents: "aws:ec2/vpc:Vpc". */
  readonly type: string;
  readonly name: string;
}

/** Splits `urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>`. */
export function parseUrn(urn: string): UrnParts {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

/** "type::name": how an operation in flight is named to those who watch the engine. */
export function shortUrn(urn: string): string {
  const { type, name } = parseUrn(urn);
  return `${type}::${name}`;
}

/** The first `length` hexadecimal digits of a hash of the parts: the same for the same parts in every run. */
export function stableHex(length: number, ...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\u0000")).digest("hex").slice(0, length);
}
