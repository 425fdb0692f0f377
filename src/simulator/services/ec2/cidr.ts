/** IPv4 blocks, as far as the network services compare and hand them out. */
export interface Cidr {
  /** First address as an unsigned 32-bit number. */
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** Parses "10.0.0.0/16"; undefined when it is no IPv4 block. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const numbers = match.slice(1).map(Number);
  const prefix = numbers[4] ?? 33;
  if (prefix > 32 || numbers.slice(0, 4).some((byte) => byte > 255)) return undefined;
  const size = 2 ** (32 - prefix);
  const address = numbers.slice(0, 4).reduce((sum, byte) => sum * 256 + byte, 0);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1, prefix };
}

/** The block as AWS stores it: host bits are cleared. */
export function canonicalCidr(text: string): string {
  const cidr = parseCidr(text);
  return cidr ? `${formatAddress(cidr.first)}/${cidr.prefix}` : text.toLowerCase();
}

/** Dotted notation of a 32-bit address. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.first <= b.last && b.first <= a.last;
}
