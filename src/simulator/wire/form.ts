import { FromStringShapeDeserializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";

import { MalformedRequestError } from "./message.js";

/** A form's keys, split at their dots: `Filter.1.Name=x` is Filter, 1, Name. */
interface FormNode {
  value?: string;
  readonly children: Map<string, FormNode>;
}

const scalars = new FromStringShapeDeserializer({
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: false,
});

/** Reads the form of the query protocols as the input that `schema` describes. */
export function decodeForm(
  form: ReadonlyMap<string, readonly string[]>,
  schema: NormalizedSchema,
  isEc2: boolean,
): unknown {
  const root: FormNode = { children: new Map() };
  for (const [key, [value = ""]] of form) {
    let node = root;
    for (const part of key.split(".")) {
      let child = node.children.get(part);
      if (!child) node.children.set(part, (child = { children: new Map() }));
      node = child;
    }
    node.value = value;
  }
  return schema.isUnitSchema() ? {} : readNode(root, schema, isEc2);
}

function readNode(node: FormNode, schema: NormalizedSchema, isEc2: boolean): unknown {
  if (schema.isStructSchema()) {
    const output: Record<string, unknown> = {};
    for (const [name, member] of schema.structIterator()) {
      const child = node.children.get(keyOf(name, member, isEc2));
      if (child) output[name] = readNode(child, member, isEc2);
    }
    return output;
  }
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const isFlat = isEc2 || Boolean(schema.getMergedTraits().xmlFlattened);
    const items = isFlat ? node : node.children.get(member.getMergedTraits().xmlName ?? "member");
    return numbered(items).map((item) => readNode(item, member, isEc2));
  }
  if (schema.isMapSchema()) {
    const [keyName, valueName] = [nameOf(schema.getKeySchema(), "key"), nameOf(schema.getValueSchema(), "value")];
    const entries = schema.getMergedTraits().xmlFlattened ? node : node.children.get("entry");
    return Object.fromEntries(
      numbered(entries).map((entry) => {
        const value = entry.children.get(valueName);
        return [entry.children.get(keyName)?.value ?? "", value && readNode(value, schema.getValueSchema(), isEc2)];
      }),
    );
  }
  return readScalar(node.value, schema);
}

function readScalar(value: string | undefined, schema: NormalizedSchema): unknown {
  if (value === undefined) return undefined;
  // What is neither true nor false stays as it is, and the check of the shape refuses it; so does an empty number.
  if (schema.isBooleanSchema() && !/^(true|false)$/i.test(value)) return value;
  if (schema.isNumericSchema() && value.trim() === "") return value;
  try {
    return scalars.read(schema, value);
  } catch {
    throw new MalformedRequestError("invalid", `${value} is not a valid value of ${schema.getMemberName()}`);
  }
}

/** Children by number; clients may leave gaps. */
function numbered(node: FormNode | undefined): FormNode[] {
  return [...(node?.children ?? [])]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}

function keyOf(name: string, member: NormalizedSchema, isEc2: boolean): string {
  const { ec2QueryName, xmlName } = member.getMergedTraits() as { ec2QueryName?: string; xmlName?: string };
  if (isEc2 && ec2QueryName) return ec2QueryName;
  const key = xmlName ?? name;
  return isEc2 ? key.charAt(0).toUpperCase() + key.slice(1) : key;
}

function nameOf(schema: NormalizedSchema, fallback: string): string {
  return schema.getMergedTraits().xmlName ?? fallback;
}
