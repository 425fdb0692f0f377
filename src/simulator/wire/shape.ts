import { NormalizedSchema } from "@smithy/core/schema";

import { MalformedRequestError } from "./message.js";
import type { SchemaRef } from "./model.js";

/**
 * Checks what was decoded against its schema, so that handlers can rely on their types: required members are there,
 * numbers and dates are valid, nothing has a wrong type.
 *
 * @throws MalformedRequestError naming the first member that is wrong
 */
export function checkShape(schema: NormalizedSchema, value: unknown, path = ""): void {
  if (schema.isUnitSchema() || schema.isDocumentSchema()) return;
  if (schema.isStructSchema()) return checkStruct(schema, value, path);
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrong(path, "a list");
    const member = schema.getValueSchema();
    value.forEach((item, index) => checkShape(member, item, `${path}.${index + 1}`));
    return;
  }
  if (schema.isMapSchema()) {
    if (!isObject(value)) throw wrong(path, "a map");
    const member = schema.getValueSchema();
    for (const [key, item] of Object.entries(value)) checkShape(member, item, `${path}.${key}`);
    return;
  }
  const problem = scalarProblem(schema, value);
  if (problem) throw wrong(path, problem);
}

function checkStruct(schema: NormalizedSchema, value: unknown, path: string): void {
  if (!isObject(value)) throw wrong(path, "a structure");
  const required = requiredCount(schema);
  let index = 0;
  for (const [name, member] of schema.structIterator()) {
    const isRequired = index++ < required;
    const memberPath = path ? `${path}.${name}` : name;
    if (value[name] != null) checkShape(member, value[name], memberPath);
    else if (isRequired && !member.isIdempotencyToken()) {
      throw new MalformedRequestError("missing", `The request must contain the parameter ${memberPath}`);
    }
  }
}

/** How many members are required; a structure's tuple lists them first. */
export function requiredCount(schema: NormalizedSchema): number {
  return Number((schema.getSchema() as unknown as readonly unknown[])[6] ?? 0);
}

/** A structure with only some members of another, to read or write the part of a message that holds them. */
export function partOf(
  schema: NormalizedSchema,
  members: readonly (readonly [string, NormalizedSchema])[],
  name?: string,
): NormalizedSchema {
  const [id, namespace, ownName] = schema.getSchema() as unknown as readonly [number, string, string];
  const traits = name === undefined ? schema.getMergedTraits() : 0;
  const tuple = [
    id,
    namespace,
    name ?? ownName,
    traits,
    members.map(([key]) => key),
    members.map(([, member]) => member),
  ];
  return NormalizedSchema.of(tuple as unknown as SchemaRef);
}

function scalarProblem(schema: NormalizedSchema, value: unknown): string | undefined {
  if (schema.isStringSchema()) return typeof value === "string" || value instanceof String ? undefined : "a string";
  if (schema.isBooleanSchema()) return typeof value === "boolean" ? undefined : "true or false";
  if (schema.isNumericSchema()) return Number.isFinite(value) ? undefined : "a number";
  if (schema.isTimestampSchema()) {
    return value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : "a timestamp";
  }
  if (schema.isBlobSchema()) return value instanceof Uint8Array ? undefined : "a blob";
  return undefined;
}

function wrong(path: string, expected: string): MalformedRequestError {
  return new MalformedRequestError("invalid", `The value of ${path || "the request"} is not ${expected}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
