import type { AutoName, AnyResourceType, Problem } from "./resource-type.js";
import { hasUnknown, isObject, type Properties, type Value } from "./properties.js";
import { stableHex } from "./urn.js";

/** Hexadecimal digits that the bridged provider appends to a made-up name. */
const RANDOM_DIGITS = 7;

export interface CheckOptions {
  readonly urn: string;
  /** The logical name. */
  readonly name: string;
  /** Inputs in the state, where the resource is in it. */
  readonly before: Properties | undefined;
  /** Distinguishes the name of a replacement from that of the resource it replaces. */
  readonly replaces: string | undefined;
  /** Tags that the provider's configuration adds to every resource. */
  readonly defaultTags: Properties;
}

/** Completes a resource's inputs as the bridged provider does, and says what is wrong with them. */
export function checkInputs(
  type: AnyResourceType,
  given: Properties,
  options: CheckOptions,
): { readonly inputs: Properties; readonly problems: readonly Problem[] } {
  const inputs: Record<string, Value> = { ...(type.defaults as Properties | undefined) };
  for (const [property, value] of Object.entries(given)) {
    if (value !== null) inputs[property] = value;
  }
  if (type.autoName) nameIt(type.autoName, inputs, options);
  if (Object.keys(options.defaultTags).length > 0 && type.tagged !== false) {
    inputs["tags"] = { ...options.defaultTags, ...(isObject(inputs["tags"]) ? inputs["tags"] : {}) };
  }
  const known = Object.fromEntries(Object.entries(inputs).filter(([, value]) => !hasUnknown(value)));
  return { inputs, problems: type.validate?.(known) ?? [] };
}

function nameIt(rule: AutoName<Properties>, inputs: Record<string, Value>, options: CheckOptions): void {
  const { property, maxLength = 255, unless = [], lowerCase = false } = rule;
  if (property in inputs || unless.some((other) => other in inputs)) return;
  const before = options.before?.[property];
  inputs[property] =
    typeof before === "string" && isAutoName(before, options.name, lowerCase)
      ? before
      : autoName(options, maxLength, lowerCase);
}

function autoName({ urn, name, replaces }: CheckOptions, maxLength: number, lowerCase: boolean): string {
  const digits = stableHex(RANDOM_DIGITS, "name", urn, replaces ?? "");
  const prefix = (lowerCase ? name.toLowerCase() : name).slice(0, maxLength - RANDOM_DIGITS - 1);
  return `${prefix}-${digits}`;
}

/** Whether a physical name is one that Check made up. */
export function isAutoName(physical: string, logical: string, lowerCase = false): boolean {
  const separator = physical.length - RANDOM_DIGITS - 1;
  const name = lowerCase ? logical.toLowerCase() : logical;
  return /-[0-9a-f]{7}$/.test(physical) && name.startsWith(physical.slice(0, separator));
}
