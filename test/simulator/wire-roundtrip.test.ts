import assert from "node:assert/strict";
import { Readable } from "node:stream";

import { HttpResponse } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";

import { createDraw, type Draw } from "../../src/latency/row.js";
import { defineService, type ServiceDefinition } from "../../src/simulator/service.js";
import { decodeInput, encodeOutput } from "../../src/simulator/wire/codec.js";
import type { WireRequest } from "../../src/simulator/wire/message.js";
import {
  loadModel,
  type OperationModel,
  type OperationTuple,
  type ServiceModel,
} from "../../src/simulator/wire/model.js";
import { findOperation } from "../../src/simulator/wire/protocol.js";

const noHandlers = (): object => ({});
const definitions: readonly ServiceDefinition[] = [
  defineService({
    id: "sts",
    signingName: "sts",
    loadClient: () => import("@aws-sdk/client-sts"),
    handlers: noHandlers,
  }),
  defineService({
    id: "iam",
    signingName: "iam",
    loadClient: () => import("@aws-sdk/client-iam"),
    handlers: noHandlers,
  }),
  defineService({
    id: "kms",
    signingName: "kms",
    loadClient: () => import("@aws-sdk/client-kms"),
    handlers: noHandlers,
  }),
  defineService({
    id: "ec2",
    signingName: "ec2",
    loadClient: () => import("@aws-sdk/client-ec2"),
    handlers: noHandlers,
  }),
  defineService({
    id: "auto-scaling",
    signingName: "autoscaling",
    loadClient: () => import("@aws-sdk/client-auto-scaling"),
    handlers: noHandlers,
  }),
  defineService({
    id: "elastic-load-balancing-v2",
    signingName: "elasticloadbalancing",
    loadClient: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
    handlers: noHandlers,
  }),
  defineService({
    id: "rds",
    signingName: "rds",
    loadClient: () => import("@aws-sdk/client-rds"),
    handlers: noHandlers,
  }),
  defineService({ id: "s3", signingName: "s3", loadClient: () => import("@aws-sdk/client-s3"), handlers: noHandlers }),
  defineService({
    id: "route53",
    signingName: "route53",
    loadClient: () => import("@aws-sdk/client-route-53"),
    handlers: noHandlers,
  }),
  defineService({
    id: "cloudwatch",
    signingName: "monitoring",
    loadClient: () => import("@aws-sdk/client-cloudwatch"),
    handlers: noHandlers,
  }),
] as readonly ServiceDefinition[];

/** A value that a schema allows, the same for the same key; recursive structures end where they come round. */
function valueOf(schema: NormalizedSchema, draw: Draw, key: string, within: readonly unknown[] = []): unknown {
  if (schema.isStructSchema()) {
    const path = [...within, schema.getSchema()];
    const members = [...schema.structIterator()].filter(([, member]) => !path.includes(innerSchema(member)));
    const chosen = schema.isUnionSchema() ? members.slice(0, 1) : members;
    return Object.fromEntries(chosen.map(([name, member]) => [name, valueOf(member, draw, `${key}.${name}`, path)]));
  }
  if (schema.isListSchema())
    return [0, 1].map((index) => valueOf(schema.getValueSchema(), draw, `${key}.${index}`, within));
  if (schema.isMapSchema()) return { alpha: valueOf(schema.getValueSchema(), draw, `${key}.alpha`, within) };
  if (schema.isBooleanSchema()) return draw(key) < 0.5;
  if (schema.isNumericSchema()) return Math.floor(draw(key) * 1e6);
  if (schema.isTimestampSchema()) return new Date(Math.floor(1.7e9 + draw(key) * 1e8) * 1000);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(`blob ${key}`));
  return `a<b>&"é ${Math.floor(draw(key) * 1e6)}`;
}

/** What lists and maps are made of, down to a structure or a scalar. */
function innerSchema(schema: NormalizedSchema): unknown {
  return schema.isListSchema() || schema.isMapSchema() ? innerSchema(schema.getValueSchema()) : schema.getSchema();
}

/** What headers and paths can carry: no markup, no characters outside ASCII. */
function simplify(schema: NormalizedSchema, value: Record<string, unknown>): Record<string, unknown> {
  const result = { ...value };
  for (const [name, member] of schema.structIterator()) {
    const { httpHeader, httpPrefixHeaders, httpLabel, httpResponseCode, mediaType, hostLabel } =
      member.getMergedTraits();
    if (hostLabel) result[name] = "route";
    else if (httpResponseCode) result[name] = 200;
    else if ((httpHeader || httpLabel) && member.isStringSchema() && !mediaType) result[name] = `v${name}`;
    else if (httpHeader && member.isListSchema()) result[name] = ["one", "two"];
    else if (httpPrefixHeaders !== undefined) result[name] = { alpha: "x" };
  }
  return result;
}

interface SdkClient {
  readonly config: object & {
    readonly protocol: {
      setSerdeContext(config: object): void;
      serializeRequest(
        operation: object,
        input: unknown,
        context: object,
      ): Promise<{
        method: string;
        path: string;
        query: Record<string, string | string[]>;
        headers: Record<string, string>;
        body?: string | Uint8Array;
      }>;
      deserializeResponse(operation: object, context: object, response: HttpResponse): Promise<Record<string, unknown>>;
    };
  };
}

async function clientOf(
  definition: ServiceDefinition,
): Promise<{ client: SdkClient; tuples: Map<string, OperationTuple> }> {
  const module = (await definition.loadClient()) as Record<string, unknown>;
  const Client = Object.entries(module).find(([name]) => name !== "__Client" && /^\w+Client$/.test(name))?.[1];
  const client = new (Client as new (config: object) => SdkClient)({ region: "us-east-1" });
  client.config.protocol.setSerdeContext(client.config);
  const tuples = Object.values(module).filter(
    (value): value is OperationTuple => Array.isArray(value) && value[0] === 9,
  );
  return { client, tuples: new Map(tuples.map((tuple) => [tuple[2], tuple])) };
}

/** An operation as the client's protocol wants it. */
function operationSchema([, namespace, name, traits, input, output]: OperationTuple): object {
  return { namespace, name, traits, input, output };
}

function hasOwnHost([, , , traits]: OperationTuple): boolean {
  return typeof traits === "object" && traits !== null && "endpoint" in traits;
}

function isStreaming(schema: NormalizedSchema): boolean {
  return (
    schema.isStructSchema() &&
    [...schema.structIterator()].some(([, member]) => member.isStreaming() && member.isStructSchema())
  );
}

async function asWireRequest(client: SdkClient, tuple: OperationTuple, input: unknown): Promise<WireRequest> {
  const endpoint = async (): Promise<object> => ({ protocol: "http:", hostname: "127.0.0.1", path: "/" });
  const request = await client.config.protocol.serializeRequest(operationSchema(tuple), input, {
    ...client.config,
    endpoint,
  });
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const query = new Map(Object.entries(request.query).map(([name, value]) => [name, [value].flat().map(String)]));
  const body = bytesOf(request.body ?? "");
  return { method: request.method, path: request.path, query, headers, body };
}

/** The JSON writer's bytes pretend to be a string for whoever asks, and warn about it: copy them as bytes. */
function bytesOf(body: string | Uint8Array): Buffer {
  return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function inputOf(operation: OperationModel, draw: Draw): Record<string, unknown> {
  if (!operation.input.isStructSchema()) return {};
  const value = valueOf(operation.input, draw, operation.name) as Record<string, unknown>;
  return simplify(operation.input, value);
}

async function checkInput(
  model: ServiceModel,
  client: SdkClient,
  tuple: OperationTuple,
  operation: OperationModel,
  draw: Draw,
): Promise<void> {
  const input = inputOf(operation, draw);
  const isS3 = model.definition.id === "s3";
  const request = await asWireRequest(client, tuple, input);
  const bucket = isS3 && "Bucket" in input ? String(input["Bucket"]) : undefined;
  const match = findOperation(model, isS3 && bucket === undefined ? { ...request, path: "/" } : request, bucket);
  assert.equal(match.operation.name, operation.name);
  const decoded = decodeInput(model, match, request) as Record<string, unknown>;
  assert.deepEqual(plain(decoded), plain(input));
}

async function checkOutput(
  model: ServiceModel,
  client: SdkClient,
  tuple: OperationTuple,
  operation: OperationModel,
  draw: Draw,
): Promise<void> {
  const output = operation.output.isStructSchema()
    ? simplify(operation.output, valueOf(operation.output, draw, operation.name) as Record<string, unknown>)
    : {};
  const { status, headers, body } = encodeOutput(model, { protocol: model.protocol, operation }, output, "id");
  const response = new HttpResponse({
    statusCode: status === 206 ? 200 : status,
    headers,
    body: Readable.from([Buffer.from(body)]),
  });
  const { $metadata: _metadata, ...decoded } = await client.config.protocol.deserializeResponse(
    operationSchema(tuple),
    client.config,
    response,
  );
  for (const [name, member] of operation.output.isStructSchema() ? operation.output.structIterator() : []) {
    if (!member.isStreaming()) continue;
    const stream = decoded[name] as { transformToByteArray(): Promise<Uint8Array> };
    decoded[name] = await stream.transformToByteArray();
  }
  assert.deepEqual(plain(decoded), plain(output));
}

/** Without what the protocols don't distinguish: absent from undefined, kinds of byte arrays and strings. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return value.toISOString();
  if (value instanceof String) return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, plain(item)]),
    );
  }
  return value;
}

describe("wire round trip", function () {
  this.timeout(120_000);
  for (const definition of definitions) {
    it(`carries every operation of ${definition.id} both ways as its own client writes and reads it`, async () => {
      const model = await loadModel(definition);
      const { client, tuples } = await clientOf(definition);
      const failures: string[] = [];
      let checked = 0;
      for (const operation of model.operations.values()) {
        const tuple = tuples.get(operation.name) as OperationTuple;
        // Event streams, and an operation with a host of its own, are not served.
        if (isStreaming(operation.input) || isStreaming(operation.output) || hasOwnHost(tuple)) continue;
        checked++;
        for (const [side, check] of [
          ["input", checkInput],
          ["output", checkOutput],
        ] as const) {
          await check(model, client, tuple, operation, createDraw(1)).catch((error: unknown) => {
            failures.push(`${operation.name} ${side}: ${error instanceof Error ? error.message : String(error)}`);
          });
        }
      }
      assert.deepEqual(failures, []);
      assert.ok(checked > 10);
    });
  }
});
