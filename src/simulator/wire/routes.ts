import { decodePathPart, type WireRequest } from "./message.js";
import type { OperationModel, ServiceModel } from "./model.js";
import { requiredCount } from "./shape.js";

/** An operation of a REST protocol that a request names, with the values that its path held. */
export interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly Segment[];
  readonly greedy: boolean;
  /** Query parameters of the URI itself, without x-id: it is the JavaScript clients' own. */
  readonly query: readonly (readonly [string, string])[];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  readonly needsBucket: boolean;
  /** How much a request must have to match: the most specific match wins. */
  readonly specificity: number;
}

type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean };

const tables = new WeakMap<ServiceModel, readonly Route[]>();

/**
 * Finds the operation that a request's method, path, query and headers mean.
 *
 * @param bucket - S3 only: the bucket that the Host header named; otherwise S3's is the first part of the path
 */
export function matchRoute(model: ServiceModel, request: WireRequest, bucket?: string): RouteMatch | undefined {
  let table = tables.get(model);
  if (!table) tables.set(model, (table = [...model.operations.values()].flatMap(compileRoute).sort(bySpecificity)));
  const isS3 = model.definition.signingName === "s3";
  const [ownBucket, path] = isS3 ? splitBucket(request.path, bucket) : [undefined, request.path];
  const expectedName = request.query.get("x-id")?.[0];
  let best: (RouteMatch & { readonly specificity: number }) | undefined;
  for (const route of table) {
    if (best && route.specificity < best.specificity) break;
    if (isS3 && route.needsBucket !== (ownBucket !== undefined)) continue;
    const labels = matchRequest(route, request, path);
    if (!labels) continue;
    if (ownBucket !== undefined) labels["Bucket"] = ownBucket;
    const match = { operation: route.operation, labels, specificity: route.specificity };
    if (route.operation.name === expectedName) return match;
    best ??= match;
  }
  return best;
}

function bySpecificity(a: Route, b: Route): number {
  return b.specificity - a.specificity || (a.operation.name < b.operation.name ? -1 : 1);
}

function compileRoute(operation: OperationModel): Route[] {
  if (!operation.http) return [];
  const [method, uri] = operation.http;
  const [path = "/", queryString = ""] = uri.split("?");
  const segments = pathParts(path).map((part): Segment => {
    const label = /^\{(\w+)(\+)?\}$/.exec(part);
    return label?.[1] ? { label: label[1], greedy: label[2] !== undefined } : { literal: part };
  });
  const query = [...new URLSearchParams(queryString)].filter(([name]) => name !== "x-id");
  const required = operation.input.isStructSchema()
    ? [...operation.input.structIterator()]
        .slice(0, requiredCount(operation.input))
        .map(([, member]) => member.getMergedTraits())
    : [];
  const requiredQuery = required.flatMap(({ httpQuery }) => (httpQuery ? [httpQuery] : []));
  const requiredHeaders = required.flatMap(({ httpHeader }) => (httpHeader ? [httpHeader.toLowerCase()] : []));
  const literals = segments.filter((segment) => "literal" in segment).length;
  return [
    {
      operation,
      method,
      segments,
      greedy: segments.some((segment) => "greedy" in segment && segment.greedy),
      query,
      requiredQuery,
      requiredHeaders,
      needsBucket:
        operation.input.isStructSchema() &&
        [...operation.input.structIterator()].some(
          ([name, member]) => name === "Bucket" && member.getMergedTraits().httpLabel === 1,
        ),
      specificity: literals + query.length + requiredQuery.length + requiredHeaders.length,
    },
  ];
}

function matchRequest(route: Route, request: WireRequest, path: string): Record<string, string> | undefined {
  if (route.method !== request.method) return undefined;
  for (const [name, value] of route.query) {
    const given = request.query.get(name);
    if (!given || (value !== "" && !given.includes(value))) return undefined;
  }
  if (route.requiredQuery.some((name) => !request.query.has(name))) return undefined;
  if (route.requiredHeaders.some((name) => request.headers[name] === undefined)) return undefined;
  return matchPath(route, path);
}

function matchPath({ segments, greedy }: Route, path: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  if (greedy) {
    // Only S3's keys are greedy, and they are the whole rest of the path, with every slash.
    const rest = path.slice(1);
    const only = segments[0];
    if (segments.length !== 1 || !only || !("label" in only) || rest === "") return undefined;
    labels[only.label] = decodePathPart(rest);
    return labels;
  }
  const parts = pathParts(path);
  if (parts.length !== segments.length) return undefined;
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] as string;
    if ("literal" in segment) {
      if (segment.literal !== part) return undefined;
    } else labels[segment.label] = decodePathPart(part);
  }
  return labels;
}

/** botocore ends some paths with a slash where the model has none. */
function pathParts(path: string): string[] {
  return path
    .replace(/^\/|\/+$/g, "")
    .split("/")
    .filter((part, _index, all) => part !== "" || all.length > 1);
}

function splitBucket(path: string, hostBucket: string | undefined): [string | undefined, string] {
  if (hostBucket !== undefined) return [hostBucket, path];
  const slash = path.indexOf("/", 1);
  const bucket = decodePathPart(slash < 0 ? path.slice(1) : path.slice(1, slash));
  return [bucket === "" ? undefined : bucket, slash < 0 ? "/" : path.slice(slash)];
}
