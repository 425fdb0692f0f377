import type { Filter, Tag } from "@aws-sdk/client-ec2";

import { ServiceError } from "../../service.js";

/** What a filter name looks at in a resource. Undefined and false are compared as text, as the service does. */
export type FilterFields<R> = Readonly<Record<string, (resource: R) => FilterValue | readonly FilterValue[]>>;

type FilterValue = string | number | boolean | undefined;

/**
 * The resources that match every filter; within one filter any value will do, `*` and `?` are wildcards. `tag:KEY` and
 * `tag-key` work for every kind of resource.
 *
 * @throws ServiceError InvalidParameterValue for a filter that the resource does not have
 */
export function applyFilters<R extends object>(
  resources: Iterable<R>,
  filters: readonly Filter[] | undefined,
  fields: FilterFields<R>,
): R[] {
  const tests = (filters ?? []).map(({ Name = "", Values = [] }) => {
    const patterns = Values.map(toPattern);
    const read = fieldReader(Name, fields);
    return (resource: R): boolean => {
      const found = read(resource);
      const values: readonly FilterValue[] = Array.isArray(found) ? found : [found as FilterValue];
      return values.some((value) => value !== undefined && patterns.some((pattern) => pattern.test(String(value))));
    };
  });
  return [...resources].filter((resource) => tests.every((test) => test(resource)));
}

function fieldReader<R extends object>(
  name: string,
  fields: FilterFields<R>,
): (resource: R) => FilterValue | readonly FilterValue[] {
  if (name.startsWith("tag:")) {
    const key = name.slice(4);
    return (resource) => tagsOf(resource).find((tag) => tag.Key === key)?.Value;
  }
  if (name === "tag-key") return (resource) => tagsOf(resource).map(({ Key }) => Key);
  const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!read) throw new ServiceError("InvalidParameterValue", `The filter '${name}' is invalid`);
  return read;
}

function tagsOf(resource: object): readonly Tag[] {
  return (resource as { readonly Tags?: readonly Tag[] }).Tags ?? [];
}

function toPattern(value: string): RegExp {
  const escaped = value
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${escaped}$`, "s");
}

/**
 * The resources with these ids, in the order asked for, or all of them when no ids are given.
 *
 * @throws ServiceError `notFound` for the first id that does not exist
 */
export function selectByIds<R>(
  resources: ReadonlyMap<string, R>,
  ids: readonly string[] | undefined,
  notFound: string,
  kind: string,
): R[] {
  if (!ids || ids.length === 0) return [...resources.values()];
  return ids.map((id) => found(resources, id, notFound, kind));
}

/** @throws ServiceError `notFound` when there is no such resource */
export function found<R>(resources: ReadonlyMap<string, R>, id: string | undefined, notFound: string, kind: string): R {
  if (!id) throw new ServiceError("MissingParameter", `The request must contain the ID of the ${kind}`);
  const resource = resources.get(id);
  if (!resource) throw new ServiceError(notFound, `The ${kind} ID '${id}' does not exist`);
  return resource;
}

/** One page of results: a token is the index of the next item. */
export function page<R>(
  items: readonly R[],
  { MaxResults, NextToken }: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
): { readonly items: R[]; readonly nextToken: string | undefined } {
  const start = NextToken ? Number(NextToken) : 0;
  if (!Number.isInteger(start) || start < 0) {
    throw new ServiceError("InvalidParameterValue", `Unable to parse pagination token`);
  }
  const end = MaxResults ? start + MaxResults : items.length;
  return { items: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined };
}
