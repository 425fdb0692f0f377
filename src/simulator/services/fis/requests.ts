import type { World } from "../../world.js";
import { conflict, validation } from "./errors.js";
import { fisSlot } from "./state.js";

/** Tags that a resource can have at most. */
export const MAX_TAGS = 50;

/** Checks tags as requests give them. @throws ServiceError ValidationException */
export function parseTags(tags: unknown): Map<string, string> {
  if (tags === undefined || tags === null) return new Map();
  if (typeof tags !== "object") throw validation("tags must be a map.");
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) throw validation(`A resource can have ${MAX_TAGS} tags at most.`);
  for (const [key, value] of entries) {
    const isValid = key.length >= 1 && key.length <= 128 && typeof value === "string" && value.length <= 256;
    if (!isValid || key.startsWith("aws:")) throw validation(`Invalid tag ${key}.`);
  }
  return new Map(entries as [string, string][]);
}

/** Creates a resource once per client token; the same token with another request is a conflict. */
export function once<R extends { readonly id: string }, A>(
  world: World,
  region: string,
  operation: string,
  input: { readonly clientToken?: string | undefined },
  resources: Map<string, R>,
  create: () => R,
  answer: (resource: R) => A,
): A {
  const { tokens } = world.state(fisSlot, region);
  const key = `${operation}/${input.clientToken}`;
  const request = JSON.stringify(input);
  const earlier = input.clientToken === undefined ? undefined : tokens.get(key);
  if (earlier && earlier.request !== request)
    throw conflict(`The client token ${input.clientToken} was used for another request.`);
  const existing = earlier && resources.get(earlier.id);
  if (existing) return answer(existing);
  const resource = create();
  resources.set(resource.id, resource);
  if (input.clientToken !== undefined) tokens.set(key, { request, id: resource.id });
  return answer(resource);
}

/** One page of a list; the token says where it begins. */
export function page<T>(
  items: readonly T[],
  {
    maxResults = 100,
    nextToken,
  }: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
): { readonly items: readonly T[]; readonly next: { readonly nextToken?: string } } {
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > 100)
    throw validation("maxResults must be from 1 to 100.");
  const start = nextToken === undefined ? 0 : Number(Buffer.from(nextToken, "base64").toString("latin1"));
  if (!Number.isInteger(start) || start < 0) throw validation("nextToken is invalid.");
  const end = start + maxResults;
  return {
    items: items.slice(start, end),
    next: end < items.length ? { nextToken: Buffer.from(String(end)).toString("base64") } : {},
  };
}
