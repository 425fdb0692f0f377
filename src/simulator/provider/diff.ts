import { isAutoName } from "./check.js";
import { equal, isObject, type Properties, type Value } from "./properties.js";
import type { AnyResourceType } from "./resource-type.js";

export interface ResourceDiff {
  readonly changed: readonly PropertyChange[];
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

export interface PropertyChange {
  readonly property: string;
  readonly kind: "add" | "update" | "delete";
  readonly replace: boolean;
}

/**
 * Compares a resource's state with new inputs as the bridged provider does. An input that the program leaves out is
 * no change where the service chose the value; one that it adds is none where the state already holds that value.
 *
 * @param inputs - the inputs in the state
 * @param state - the outputs in the state
 */
export function diffResource(
  type: AnyResourceType,
  name: string,
  inputs: Properties,
  state: Properties,
  news: Properties,
  ignored: readonly string[],
): ResourceDiff {
  const changed: PropertyChange[] = [];
  for (const property of new Set([...Object.keys(inputs), ...Object.keys(news)])) {
    if (ignored.some((path) => path === property || path.startsWith(`${property}.`) || path.startsWith(`${property}[`)))
      continue;
    const kind = changeOf(type, property, inputs[property], state[property], news[property]);
    if (kind) changed.push({ property, kind, replace: replaces(type, property) });
  }
  const forcing = changed.filter(({ replace }) => replace).map(({ property }) => property);
  return {
    changed,
    replaces: forcing,
    deleteBeforeReplace: forcing.length > 0 && keepsItsName(type, name, state, news),
  };
}

function changeOf(
  type: AnyResourceType,
  property: string,
  input: Value | undefined,
  state: Value | undefined,
  after: Value | undefined,
): PropertyChange["kind"] | undefined {
  if (after === undefined) {
    const chosenByService = property === "region" || (type.computed ?? []).includes(property);
    return chosenByService || isZero(input) ? undefined : "delete";
  }
  const before = input === undefined ? state : input;
  if (before === undefined || before === null) return isZero(after) ? undefined : "add";
  const same = input === undefined ? matches(after, state) : equal(input, after);
  return same || meanTheSame(type, property, before, after) ? undefined : "update";
}

function meanTheSame(type: AnyResourceType, property: string, before: Value, after: Value): boolean {
  const comparisons = new Map(Object.entries(type.sameValue ?? {}));
  return comparisons.get(property)?.(before, after) ?? false;
}

/** Every resource of aws v7 has a Region of its own, whose change makes another resource. */
function replaces(type: AnyResourceType, property: string): boolean {
  return property === "region" || type.replaceOn.includes(property);
}

/** Terraform's zero values: to set one where nothing was set changes nothing. */
function isZero(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === false || value === "" || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/** Whether the state holds what the input says; it may hold more. */
function matches(input: unknown, state: unknown): boolean {
  if (Array.isArray(input) && Array.isArray(state)) {
    return input.length === state.length && input.every((element, at) => matches(element, state[at]));
  }
  if (isObject(input) && isObject(state))
    return Object.entries(input).every(([key, value]) => matches(value, state[key]));
  return equal(input, state);
}

/**
 * Two resources can't have one name at the same time: where the program fixes the name, the bridged provider deletes
 * before it creates (pulumi-terraform-bridge pkg/tfbridge/provider.go, nameRequiresDeleteBeforeReplace).
 */
function keepsItsName(type: AnyResourceType, name: string, state: Properties, news: Properties): boolean {
  if (!type.autoName) return false;
  const { property, lowerCase } = type.autoName;
  const physical = news[property];
  return typeof physical === "string" && physical === state[property] && !isAutoName(physical, name, lowerCase);
}

/** Brings inputs in line with what a look-up found, so that the next preview shows what drifted. */
export function refreshInputs(type: AnyResourceType, inputs: Properties, found: Properties): Properties {
  const refreshed: Record<string, Value> = { ...inputs };
  for (const [property, value] of Object.entries(found)) {
    const known = inputs[property];
    if (known === undefined || matches(known, value) || meanTheSame(type, property, value, known)) continue;
    refreshed[property] = value;
  }
  return refreshed;
}
