import { Struct, type JavaScriptValue } from "./protobuf.js";

/**
 * Pulumi's property values on the wire: JSON in a protobuf Struct, with marked objects for what JSON lacks. Written
 * here, not taken from the SDK, because the SDK's serialisation starts its runtime, which belongs to programs.
 */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

export type Properties = { readonly [key: string]: Value };

/** Stands for a value that is not known until something is created. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Marks an object that is no plain object; its value says which kind. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** What a request carried: plain values, which of the top-level ones were or contained secrets. */
export interface Unmarshalled {
  readonly values: Properties;
  readonly secretKeys: ReadonlySet<string>;
}

/** Reads a Struct; secrets and outputs become their values, resource references their ids. */
export function unmarshal(message: Struct | undefined): Unmarshalled {
  const secretKeys = new Set<string>();
  const values: Record<string, Value> = {};
  const raw = message?.toJavaScript() ?? {};
  for (const [key, value] of Object.entries(raw)) {
    values[key] = plain(value, () => secretKeys.add(key));
  }
  return { values, secretKeys };
}

/** URNs of the resources that a property refers to, in their order. */
export function referencedUrns(message: Struct | undefined, property: string): readonly string[] {
  const urns: string[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    else if (isObject(value) && value[signatureKey] === resourceSignature) urns.push(asText(value["urn"]));
    else if (isObject(value)) Object.values(value).forEach(collect);
  };
  collect((message?.toJavaScript() as Properties | undefined)?.[property]);
  return urns;
}

function plain(value: Value, onSecret: () => void): Value {
  if (Array.isArray(value)) return value.map((element: Value) => plain(element, onSecret));
  if (!isObject(value)) return value;
  switch (value[signatureKey]) {
    case secretSignature:
      onSecret();
      return plain(value["value"] ?? null, onSecret);
    case outputSignature:
      if (value["secret"] === true) onSecret();
      return "value" in value ? plain(value["value"] ?? null, onSecret) : unknownValue;
    case resourceSignature:
      return value["id"] === "" ? unknownValue : (value["id"] ?? value["urn"] ?? null);
    default:
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, onSecret)]));
  }
}

/** Writes a Struct; properties named in `secretKeys` become secrets, undefined ones are left out. */
export function marshal(values: object, secretKeys: ReadonlySet<string> = new Set()): Struct {
  const out: Record<string, JavaScriptValue> = {};
  for (const [key, value] of Object.entries(values) as [string, Value | undefined][]) {
    if (value === undefined) continue;
    out[key] = toJson(secretKeys.has(key) ? secret(value) : value);
  }
  return Struct.fromJavaScript(out);
}

/** The text of an asset, or undefined for a value that is none; an asset of a file is read by the engine's side only. */
export function assetText(value: unknown): string | undefined {
  if (!isObject(value) || value[signatureKey] !== assetSignature) return undefined;
  return typeof value["text"] === "string" ? value["text"] : "";
}

/** Marks a value as secret. */
export function secret(value: Value): Value {
  return { [signatureKey]: secretSignature, value };
}

/** Makes a reference to a resource that is registered with the engine; its id is unknown in a preview. */
export function resourceReference(urn: string, id: string | undefined, version: string): Value {
  return { [signatureKey]: resourceSignature, urn, packageVersion: version, ...(id === undefined ? {} : { id }) };
}

function toJson(value: unknown): JavaScriptValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((element) => (element === undefined ? null : toJson(element)));
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.map(([key, inner]) => [key, toJson(inner)]));
  }
  return asText(value);
}

/** A value as text; what is no text, number or truth value is none. */
export function asText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Whether a value is an object that is neither an array nor null. */
export function isObject(value: unknown): value is { readonly [key: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is, or somewhere contains, one that is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

/** Whether two property values are equal, whatever the order of their keys; undefined members count as absent. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((element, at) => equal(element, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => equal(a[key], b[key]));
}

/** JSON text with sorted keys: the same for equal values. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
