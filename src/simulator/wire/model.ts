import { NormalizedSchema } from "@smithy/core/schema";

import type { ServiceDefinition } from "../service.js";
import { fisErrors, fisOperations } from "./fis-model.js";

/** A schema as the clients' modules hold it. */
export type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

/** A protocol that a service may be called in. */
export type ProtocolName = "query" | "ec2" | "restXml" | "restJson" | "json1.0" | "json1.1" | "cbor";

/** What the wire knows of a service, taken from its SDK client's schemas. */
export interface ServiceModel {
  readonly definition: ServiceDefinition;
  /** The protocol that the client speaks; others are recognised by how a request looks. */
  readonly protocol: ProtocolName;
  /** The query protocols' Version. */
  readonly version: string;
  readonly xmlNamespace: string;
  readonly namespace: string;
  readonly operations: ReadonlyMap<string, OperationModel>;
  readonly errors: ReadonlyMap<string, ErrorModel>;
}

export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Method, URI and status of the REST protocols. */
  readonly http?: readonly [method: string, uri: string, status: number];
}

/** A modelled error: its shape's name, the code that the query protocols send, and its status. */
export interface ErrorModel {
  readonly name: string;
  readonly wireCode: string;
  /** Whether the service is one that clients once called in the query protocol, and read this code for. */
  readonly fromQuery: boolean;
  readonly status: number | undefined;
  readonly schema: NormalizedSchema;
}

/** An operation as the clients export it: `[9, namespace, name, traits, input, output]`, thunks as input and output. */
export type OperationTuple = readonly [9, string, string, unknown, SchemaRef, SchemaRef];

const models = new WeakMap<ServiceDefinition, Promise<ServiceModel>>();

/** Loads a service's client when it is first called, and its model from there. */
export function loadModel(definition: ServiceDefinition): Promise<ServiceModel> {
  let model = models.get(definition);
  if (!model) models.set(definition, (model = readModel(definition)));
  return model;
}

async function readModel(definition: ServiceDefinition): Promise<ServiceModel> {
  const client = (await definition.loadClient()) as Readonly<Record<string, unknown>>;
  const tuples = Object.values(client).filter(isOperationTuple);
  // The old FIS client is generated code without schemas: its operations are written by hand.
  if (definition.id === "fis") return modelOf(definition, fisOperations, fisErrors, FIS_SETTINGS);
  if (tuples.length === 0) throw new Error(`the client of ${definition.id} exports no operation schemas`);
  return modelOf(definition, tuples, Object.values(client).filter(isErrorTuple), clientSettings(client));
}

interface ProtocolSettings {
  readonly protocol: ProtocolName;
  readonly namespace: string;
  readonly version: string;
  readonly xmlNamespace: string;
}

const FIS_SETTINGS: ProtocolSettings = {
  protocol: "restJson",
  namespace: "com.amazonaws.fis",
  version: "2020-12-01",
  xmlNamespace: "",
};

function modelOf(
  definition: ServiceDefinition,
  operations: readonly OperationTuple[],
  errors: readonly ErrorTuple[],
  settings: ProtocolSettings,
): ServiceModel {
  return {
    ...settings,
    definition,
    operations: new Map(operations.map((tuple) => [tuple[2], operationModel(tuple)])),
    errors: new Map(errors.map((tuple) => [tuple[2], errorModel(tuple)])),
  };
}

function operationModel([, , name, traits, input, output]: OperationTuple): OperationModel {
  const { http } = (typeof traits === "object" ? traits : {}) as { http?: [string, string, number] };
  return { name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output), ...(http ? { http } : {}) };
}

/** An error as the clients export it. */
export type ErrorTuple = readonly [-3, string, string, ...unknown[]];

function errorModel(tuple: ErrorTuple): ErrorModel {
  const schema = NormalizedSchema.of(tuple as unknown as SchemaRef);
  const { awsQueryError, httpError, error } = schema.getMergedTraits() as {
    awsQueryError?: [string, number];
    httpError?: number;
    error?: "client" | "server";
  };
  const status = awsQueryError?.[1] ?? httpError ?? (error === "server" ? 500 : undefined);
  return {
    name: tuple[2],
    wireCode: awsQueryError?.[0] ?? tuple[2],
    fromQuery: awsQueryError !== undefined,
    status,
    schema,
  };
}

/** A client's own protocol and its settings, read from an instance that never sends anything. */
function clientSettings(client: Readonly<Record<string, unknown>>): ProtocolSettings {
  const Client = Object.entries(client).find(
    ([name, value]) => /^\w+Client$/.test(name) && name !== "__Client" && typeof value === "function",
  )?.[1];
  if (!Client) throw new Error("the client's module exports no client class");
  const { config } = new (Client as new (config: object) => ClientInstance)({ region: "us-east-1" });
  const protocol = PROTOCOLS[config.protocol.getShapeId()];
  if (!protocol) throw new Error(`protocol ${config.protocol.getShapeId()} is not served`);
  const { defaultNamespace, version, xmlNamespace } = config.protocolSettings;
  return { protocol, namespace: defaultNamespace, version: version ?? "", xmlNamespace: xmlNamespace ?? "" };
}

interface ClientInstance {
  readonly config: {
    readonly protocol: { getShapeId(): string };
    readonly protocolSettings: {
      readonly defaultNamespace: string;
      readonly version?: string;
      readonly xmlNamespace?: string;
    };
  };
}

const PROTOCOLS: Readonly<Record<string, ProtocolName>> = {
  "aws.protocols#awsQuery": "query",
  "aws.protocols#ec2Query": "ec2",
  "aws.protocols#restXml": "restXml",
  "aws.protocols#restJson1": "restJson",
  "aws.protocols#awsJson1_0": "json1.0",
  "aws.protocols#awsJson1_1": "json1.1",
  "smithy.protocols#rpcv2Cbor": "cbor",
};

function isOperationTuple(value: unknown): value is OperationTuple {
  return Array.isArray(value) && value[0] === 9;
}

function isErrorTuple(value: unknown): value is ErrorTuple {
  return Array.isArray(value) && value[0] === -3;
}
