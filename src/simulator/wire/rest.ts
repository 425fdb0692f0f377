import { FromStringShapeDeserializer, ToStringShapeSerializer } from "@smithy/core/protocols";
import { type NormalizedSchema } from "@smithy/core/schema";

import { MalformedRequestError, type WireRequest } from "./message.js";
import type { OperationModel } from "./model.js";
import { partOf } from "./shape.js";

/** Reads and writes the bodies of a REST protocol; the rest of a message is the same for all of them. */
export interface BodyCodec {
  readonly contentType: string;
  read(schema: NormalizedSchema, body: Uint8Array): unknown;
  write(schema: NormalizedSchema, value: unknown): string | Uint8Array;
}

const settings = { timestampFormat: { useTrait: true, default: 5 }, httpBindings: true } as const;
const fromText = new FromStringShapeDeserializer(settings);
const toText = new ToStringShapeSerializer(settings);

type Members = readonly (readonly [string, NormalizedSchema])[];

/** Where each member of a message stands: path, query, header, payload or body. */
interface Bindings {
  readonly members: Members;
  readonly payload: readonly [string, NormalizedSchema] | undefined;
  /** What stands in the body, as one structure; undefined when nothing does. */
  readonly body: NormalizedSchema | undefined;
}

const bindingsOf = new WeakMap<NormalizedSchema, Bindings>();

function bindings(schema: NormalizedSchema): Bindings {
  let found = bindingsOf.get(schema);
  if (found) return found;
  const members: Members = schema.isStructSchema() ? [...schema.structIterator()] : [];
  const payload = members.find(([, member]) => member.getMergedTraits().httpPayload);
  const inBody = members.filter(([, member]) => {
    const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpPayload, httpResponseCode } =
      member.getMergedTraits();
    return (
      !httpLabel &&
      !httpQuery &&
      !httpQueryParams &&
      !httpHeader &&
      httpPrefixHeaders === undefined &&
      !httpPayload &&
      !httpResponseCode
    );
  });
  found = { members, payload, body: inBody.length > 0 ? partOf(schema, inBody) : undefined };
  bindingsOf.set(schema, found);
  return found;
}

/** Reads a request's path, query, headers and body as its operation's input. */
export function decodeRest(
  { input }: OperationModel,
  request: WireRequest,
  labels: Readonly<Record<string, string>>,
  codec: BodyCodec,
): Record<string, unknown> {
  const { members, payload, body } = bindings(input);
  const output: Record<string, unknown> =
    body && request.body.byteLength > 0 ? { ...(codec.read(body, request.body) as object) } : {};
  for (const [name, member] of members) {
    const value = readBound(name, member, request, labels);
    if (value !== undefined) output[name] = value;
  }
  if (payload) {
    const [name, member] = payload;
    const value = readPayload(member, request.body, codec);
    if (value !== undefined) output[name] = value;
  }
  return output;
}

function readBound(
  name: string,
  member: NormalizedSchema,
  { query, headers }: WireRequest,
  labels: Readonly<Record<string, string>>,
): unknown {
  const { httpLabel, httpQuery, httpHeader, httpPrefixHeaders } = member.getMergedTraits();
  if (httpLabel) return labels[name] === undefined ? undefined : readText(member, labels[name], name);
  if (httpQuery) {
    const values = query.get(httpQuery);
    if (values === undefined) return undefined;
    if (!member.isListSchema()) return readText(member, values[0] ?? "", name);
    const item = member.getValueSchema();
    return values.map((value) => readText(item, value, name));
  }
  if (httpHeader) {
    const value = headers[httpHeader.toLowerCase()];
    return value === undefined ? undefined : readText(member, value, name);
  }
  if (httpPrefixHeaders !== undefined) {
    const prefix = httpPrefixHeaders.toLowerCase();
    const found = Object.entries(headers).filter(([header]) => header.startsWith(prefix));
    return found.length > 0
      ? Object.fromEntries(found.map(([header, value]) => [header.slice(prefix.length), value]))
      : undefined;
  }
  return undefined;
}

function readText(schema: NormalizedSchema, text: string, name: string): unknown {
  if (schema.isBooleanSchema() && !/^(true|false)$/i.test(text)) return text;
  if (schema.isNumericSchema() && text.trim() === "") return text;
  try {
    return fromText.read(schema, text);
  } catch {
    throw new MalformedRequestError("invalid", `${text} is not a valid value of ${name}`);
  }
}

function readPayload(member: NormalizedSchema, body: Uint8Array, codec: BodyCodec): unknown {
  if (member.isBlobSchema()) return body;
  if (body.byteLength === 0) return undefined;
  if (member.isStringSchema()) return Buffer.from(body).toString("utf8");
  return codec.read(member, body);
}

/** The parts of a response that an operation's output makes. */
export interface RestOutput {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** Writes an operation's output as status, headers and body. */
export function encodeRest(
  { output: schema, http }: OperationModel,
  output: Readonly<Record<string, unknown>>,
  codec: BodyCodec,
): RestOutput {
  const { members, payload, body } = bindings(schema);
  const headers: Record<string, string> = {};
  let status = http?.[2] ?? 200;
  for (const [name, member] of members) {
    const value = output[name];
    if (value == null) continue;
    const { httpHeader, httpPrefixHeaders, httpResponseCode } = member.getMergedTraits();
    if (httpHeader) headers[httpHeader.toLowerCase()] = headerText(member, value);
    else if (httpPrefixHeaders !== undefined) {
      for (const [key, item] of Object.entries(value))
        headers[`${httpPrefixHeaders}${key}`.toLowerCase()] = asLatin1(String(item));
    } else if (httpResponseCode) status = Number(value);
  }
  if (payload) return { status, headers, body: writePayload(payload, output, headers, codec) };
  if (!body) return { status, headers, body: "" };
  headers["content-type"] ??= codec.contentType;
  return { status, headers, body: codec.write(body, output) };
}

function writePayload(
  [name, member]: readonly [string, NormalizedSchema],
  output: Readonly<Record<string, unknown>>,
  headers: Record<string, string>,
  codec: BodyCodec,
): string | Uint8Array {
  const value = output[name];
  if (value == null) return "";
  if (member.isBlobSchema() || member.isStringSchema()) {
    if (typeof value === "string" || value instanceof Uint8Array) return value;
    throw new Error(`${name} of an output must be a string or bytes`);
  }
  headers["content-type"] ??= codec.contentType;
  return codec.write(member, value);
}

function headerText(member: NormalizedSchema, value: unknown): string {
  toText.write(member, value);
  return asLatin1(toText.flush());
}

/** Headers carry bytes: what doesn't fit Latin-1 goes as UTF-8, as S3 sends it. */
function asLatin1(text: string): string {
  return /^[\x20-\xff]*$/.test(text) ? text : Buffer.from(text.replace(/[\r\n]/g, " "), "utf8").toString("latin1");
}
