import { invalidValue } from "./state.js";

/**
 * One page of a list in a fixed order, and where the next one starts.
 *
 * @param keyOf - what tells the items apart, in the order of the list
 * @throws ServiceError InvalidParameterValue for a page size outside 20 to 100 or a marker of another kind
 */
export function page<T>(
  items: readonly T[],
  { MaxRecords = 100, Marker }: { readonly MaxRecords?: number | undefined; readonly Marker?: string | undefined },
  keyOf: (item: T) => string,
): { readonly items: readonly T[]; readonly Marker: string | undefined } {
  if (!(MaxRecords >= 20 && MaxRecords <= 100))
    throw invalidValue(`Invalid value ${MaxRecords} for MaxRecords. Must be between 20 and 100`);
  const after = Marker === undefined ? undefined : decode(Marker);
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after);
  const shown = rest.slice(0, MaxRecords);
  const last = shown.at(-1);
  return { items: shown, Marker: rest.length > shown.length && last !== undefined ? encode(keyOf(last)) : undefined };
}

const PREFIX = "after:";

function encode(key: string): string {
  return Buffer.from(PREFIX + key).toString("base64");
}

function decode(marker: string): string {
  const text = Buffer.from(marker, "base64").toString();
  if (!text.startsWith(PREFIX)) throw invalidValue("The request contains an invalid marker.");
  return text.slice(PREFIX.length);
}
