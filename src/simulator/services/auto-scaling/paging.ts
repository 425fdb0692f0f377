import { ServiceError } from "../../service.js";

/** One page of results: a token is the index of the next item. */
export function page<R>(
  items: readonly R[],
  { MaxRecords, NextToken }: { readonly MaxRecords?: number | undefined; readonly NextToken?: string | undefined },
): { readonly items: R[]; readonly nextToken: string | undefined } {
  const start = NextToken ? Number(NextToken) : 0;
  if (!Number.isInteger(start) || start < 0)
    throw new ServiceError("InvalidNextToken", "The NextToken value is not valid");
  const end = start + (MaxRecords ?? items.length);
  return { items: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined };
}
