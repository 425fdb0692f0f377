import { ServiceError } from "../../service.js";

/** One page of a list; the token is the index of its first item. */
export function page<T>(
  all: readonly T[],
  size: number,
  token: string | undefined,
): { items: readonly T[]; NextToken: string | undefined } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0)
    throw new ServiceError("InvalidNextToken", "The next token specified is invalid.");
  const end = start + size;
  return { items: all.slice(start, end), NextToken: end < all.length ? String(end) : undefined };
}
