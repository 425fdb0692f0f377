import { XmlShapeDeserializer, XmlShapeSerializer } from "@aws-sdk/core/protocols";
import { CborCodec } from "@smithy/core/cbor";
import { JsonShapeDeserializer2, JsonShapeSerializer2 } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";

import { decodeForm } from "./form.js";
import { MalformedRequestError, type WireRequest, type WireResponse } from "./message.js";
import type { OperationModel, ProtocolName, ServiceModel } from "./model.js";
import type { ProtocolMatch } from "./protocol.js";
import { decodeRest, encodeRest, type BodyCodec } from "./rest.js";
import { checkShape, partOf } from "./shape.js";
import { escapeXml, XML_HEADER } from "./xml.js";

type Output = Readonly<Record<string, unknown>>;

/**
 * Reads a request as the input of its operation, in the client's own types.
 *
 * @throws MalformedRequestError when it isn't that
 */
export function decodeInput(
  model: ServiceModel,
  { protocol, operation, labels, form }: ProtocolMatch,
  request: WireRequest,
): unknown {
  const input = ((): unknown => {
    switch (protocol) {
      case "query":
      case "ec2":
        return decodeForm(form, operation.input, protocol === "ec2");
      case "restXml":
      case "restJson":
        return decodeRest(operation, request, labels, bodyCodec(model, protocol));
      case "json1.0":
      case "json1.1":
      case "cbor":
        if (operation.input.isUnitSchema() || request.body.byteLength === 0) return {};
        return bodyCodec(model, protocol).read(operation.input, request.body);
    }
  })();
  checkShape(operation.input, input);
  return input;
}

/** Writes an operation's output as its protocol has it. */
export function encodeOutput(
  model: ServiceModel,
  { protocol, operation }: Pick<ProtocolMatch, "protocol" | "operation">,
  output: Output,
  requestId: string,
): WireResponse {
  switch (protocol) {
    case "query":
      return xmlResponse(200, queryEnvelope(model, operation, output, requestId));
    case "ec2":
      return xmlResponse(200, ec2Envelope(model, operation, output, requestId));
    case "restXml":
    case "restJson":
      return restResponse(model, protocol, operation, output);
    case "json1.0":
    case "json1.1":
    case "cbor": {
      const codec = bodyCodec(model, protocol);
      const body = operation.output.isUnitSchema()
        ? protocol === "cbor"
          ? ""
          : "{}"
        : codec.write(operation.output, output);
      return { status: 200, headers: { "content-type": codec.contentType }, body };
    }
  }
}

function xmlResponse(status: number, xml: string): WireResponse {
  return { status, headers: { "content-type": "text/xml;charset=UTF-8" }, body: XML_HEADER + xml };
}

function queryEnvelope(model: ServiceModel, operation: OperationModel, output: Output, requestId: string): string {
  const { name } = operation;
  const result = operation.output.isUnitSchema()
    ? ""
    : writeXml(model, renamed(operation, `${name}Result`), output, false);
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `<${name}Response xmlns="${model.xmlNamespace}">${result}${metadata}</${name}Response>`;
}

function ec2Envelope(model: ServiceModel, operation: OperationModel, output: Output, requestId: string): string {
  const name = `${operation.name}Response`;
  const id = `<requestId>${requestId}</requestId>`;
  const open = `<${name} xmlns="${model.xmlNamespace}/">`;
  if (operation.output.isUnitSchema()) return `${open}${id}<return>true</return></${name}>`;
  const xml = writeXml(model, renamed(operation, name), output, false);
  const members = xml.endsWith("/>") ? "" : xml.slice(xml.indexOf(">") + 1, xml.lastIndexOf("</"));
  return `${open}${id}${members}</${name}>`;
}

const renamedOutputs = new WeakMap<OperationModel, NormalizedSchema>();

function renamed(operation: OperationModel, name: string): NormalizedSchema {
  let schema = renamedOutputs.get(operation);
  if (!schema)
    renamedOutputs.set(operation, (schema = partOf(operation.output, [...operation.output.structIterator()], name)));
  return schema;
}

function restResponse(
  model: ServiceModel,
  protocol: "restXml" | "restJson",
  operation: OperationModel,
  output: Output,
): WireResponse {
  if (operation.name === "GetBucketLocation") {
    // The one S3 answer whose root element is the member itself.
    const { LocationConstraint = "" } = output as { readonly LocationConstraint?: string };
    const constraint = `<LocationConstraint xmlns="${model.xmlNamespace}">${escapeXml(LocationConstraint)}</LocationConstraint>`;
    return { status: 200, headers: { "content-type": "application/xml" }, body: XML_HEADER + constraint };
  }
  const response = encodeRest(operation, output, bodyCodec(model, protocol));
  // A range is answered as partial content; S3's model gives only one status.
  return operation.name === "GetObject" && output["ContentRange"] !== undefined
    ? { ...response, status: 206 }
    : response;
}

const codecs = new WeakMap<ServiceModel, Map<ProtocolName, BodyCodec>>();

/** The codec for the bodies of a protocol; the query protocols' requests are forms and need none. */
export function bodyCodec(model: ServiceModel, protocol: Exclude<ProtocolName, "query" | "ec2">): BodyCodec {
  let ofModel = codecs.get(model);
  if (!ofModel) codecs.set(model, (ofModel = new Map<ProtocolName, BodyCodec>()));
  let codec = ofModel.get(protocol);
  if (!codec) ofModel.set(protocol, (codec = createBodyCodec(model, protocol)));
  return codec;
}

function createBodyCodec(model: ServiceModel, protocol: Exclude<ProtocolName, "query" | "ec2">): BodyCodec {
  switch (protocol) {
    case "restXml": {
      const reader = new XmlShapeDeserializer(xmlSettings(model, true));
      return {
        contentType: "application/xml",
        read: (schema, body) => readBody(() => reader.read(schema, body)),
        write: (schema, value) => XML_HEADER + writeXml(model, schema, value, true),
      };
    }
    case "restJson":
    case "json1.0":
    case "json1.1": {
      const isRest = protocol === "restJson";
      const settings = {
        timestampFormat: { useTrait: true, default: 7 },
        httpBindings: isRest,
        jsonName: isRest,
      } as const;
      const reader = new JsonShapeDeserializer2(settings);
      return {
        contentType: isRest ? "application/json" : `application/x-amz-json-${protocol.slice(4)}`,
        read: (schema, body) => readBody(() => reader.readObject(schema, parseObject(body))),
        write: (schema, value) => writeWith(new JsonShapeSerializer2(settings), schema, value),
      };
    }
    case "cbor": {
      const codec = new CborCodec();
      return {
        contentType: "application/cbor",
        read: (schema, body) => readBody(() => codec.createDeserializer().read(schema, body)),
        write: (schema, value) => writeWith(codec.createSerializer(), schema, value),
      };
    }
  }
}

function parseObject(body: Uint8Array): never {
  const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("the body is not an object");
  return value as never;
}

function readBody(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw new MalformedRequestError(
      "syntax",
      `the body can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

interface Writer {
  write(schema: NormalizedSchema, value: unknown): void;
  flush(): string | Uint8Array;
}

function writeWith(writer: Writer, schema: NormalizedSchema, value: unknown): string | Uint8Array {
  writer.write(schema, value);
  const written = writer.flush();
  // The JSON writer's bytes pretend to be a string where something asks: hand on plain ones.
  return typeof written === "string" ? written : Buffer.from(written.buffer, written.byteOffset, written.byteLength);
}

function writeXml(model: ServiceModel, schema: NormalizedSchema, value: unknown, withNamespace: boolean): string {
  const xml = writeWith(new XmlShapeSerializer(xmlSettings(model, withNamespace)), schema, value);
  return typeof xml === "string" ? xml : Buffer.from(xml).toString("utf8");
}

function xmlSettings(model: ServiceModel, withNamespace: boolean): ConstructorParameters<typeof XmlShapeSerializer>[0] {
  return {
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: model.protocol === "restXml",
    xmlNamespace: withNamespace ? model.xmlNamespace : "",
    serviceNamespace: model.namespace,
  };
}
