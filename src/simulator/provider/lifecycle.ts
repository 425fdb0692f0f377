import type { StateSlot } from "../world.js";
import { InitialisationError, isNotFound } from "./failures.js";
import { equal, type Properties } from "./properties.js";
import type { AnyResourceType, ResourceContext } from "./resource-type.js";

/** Seconds that the Terraform SDK gives an operation for which the resource names no time (20 minutes). */
export const DEFAULT_TIMEOUT_SECONDS = 1200;

/**
 * Ids of resources by the token of their creation. A create that the engine repeats, because it died before it could
 * write down the first one, answers the same resource.
 */
const createdSlot: StateSlot<Map<string, string>> = { name: "pulumi-provider/created", create: () => new Map() };

/**
 * Creates a resource, or adopts it when an earlier attempt already did, and waits until it is usable.
 *
 * @throws InitialisationError when the resource was made, but what follows failed
 */
export async function createResource(
  type: AnyResourceType,
  aws: ResourceContext,
  inputs: Properties,
): Promise<{ readonly id: string; readonly state: Properties }> {
  const created = aws.world.state(createdSlot, aws.region);
  const id =
    adopt(type, aws, inputs, created.get(aws.token)) ??
    describeFailure(`creating ${type.label} (${aws.name})`, () => type.create(aws, inputs));
  created.set(aws.token, id);
  try {
    await type.finishCreate?.(aws, id, inputs);
    const found = readResource(type, aws, id, inputs);
    if (!found) throw new Error(`couldn't find resource`);
    return { id, state: found.state };
  } catch (error) {
    throw new InitialisationError(id, inputs, failure(`creating ${type.label} (${aws.name})`, error).message);
  }
}

function adopt(
  type: AnyResourceType,
  aws: ResourceContext,
  inputs: Properties,
  id: string | undefined,
): string | undefined {
  return id !== undefined && readResource(type, aws, id, inputs) ? id : undefined;
}

/** Looks a resource up; undefined when it is gone. */
export function readResource(
  type: AnyResourceType,
  aws: ResourceContext,
  id: string,
  inputs: Properties,
): { readonly state: Properties; readonly found: Properties } | undefined {
  return describeFailure(`reading ${type.label} (${id})`, () => {
    try {
      const reading = type.read(aws, id, inputs);
      if (!reading) return undefined;
      const found = definedOnly(reading.inputs ?? {});
      const state = { ...inputs, ...found, ...definedOnly(reading.outputs), region: aws.region };
      return {
        found,
        state: type.tagged === false ? state : { ...state, tagsAll: found["tags"] ?? inputs["tags"] ?? {} },
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  });
}

/** Changes a resource in place and answers its new state. */
export async function updateResource(
  type: AnyResourceType,
  aws: ResourceContext,
  id: string,
  before: Properties,
  after: Properties,
): Promise<Properties> {
  const what = `updating ${type.label} (${id})`;
  try {
    await type.update?.(aws, id, {
      before,
      after,
      has: (...names) => names.some((name) => !equal(before[name], after[name])),
    });
  } catch (error) {
    throw failure(what, error);
  }
  const found = readResource(type, aws, id, after);
  if (!found) throw new Error(`${what}: couldn't find resource`);
  return found.state;
}

/** Deletes a resource; that it is gone already is no error. */
export async function deleteResource(
  type: AnyResourceType,
  aws: ResourceContext,
  id: string,
  before: Properties,
): Promise<void> {
  try {
    await type.delete(aws, id, before);
  } catch (error) {
    if (!isNotFound(error)) throw failure(`deleting ${type.label} (${id})`, error);
  }
  const created = aws.world.state(createdSlot, aws.region);
  for (const [token, createdId] of created) {
    if (createdId === id) created.delete(token);
  }
}

function describeFailure<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(what, error);
  }
}

/** As the bridged provider prints an error. */
function failure(what: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`1 error occurred:\n\t* ${what}: ${reason}`, { cause: error });
}

function definedOnly(values: object): Properties {
  const entries = Object.entries(values) as [string, Properties[string] | undefined][];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, Properties[string]] => entry[1] !== undefined && entry[1] !== null),
  );
}
