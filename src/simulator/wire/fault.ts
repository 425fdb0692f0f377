import { cbor } from "@smithy/core/cbor";

import { ServiceError } from "../service.js";
import { bodyCodec } from "./codec.js";
import { MalformedRequestError, type WireResponse } from "./message.js";
import type { ErrorModel, ProtocolName, ServiceModel } from "./model.js";
import { escapeXml, XML_HEADER } from "./xml.js";

/** An error as it goes over the wire, before its protocol's envelope. */
interface Fault {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly model: ErrorModel | undefined;
}

/** Credentials that no service accepts. */
export type CredentialProblem = "missing" | "expired";

/** Writes whatever a call failed with as the service would answer. */
export function encodeFault(
  model: ServiceModel,
  protocol: ProtocolName,
  error: unknown,
  requestId: string,
): WireResponse {
  const fault = faultOf(model, protocol, error);
  switch (protocol) {
    case "query":
      return xml(fault, errorResponse(model, fault, requestId));
    case "ec2":
      return xml(
        fault,
        `<Response><Errors><Error>${codeAndMessage(fault)}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
      );
    case "restXml":
      // S3's errors stand alone and without a namespace; Route 53 wraps them as the query protocol does.
      return model.definition.signingName === "s3"
        ? xml(fault, `<Error>${codeAndMessage(fault)}${fieldsXml(fault)}<RequestId>${requestId}</RequestId></Error>`)
        : xml(fault, errorResponse(model, fault, requestId));
    case "restJson":
    case "json1.0":
    case "json1.1":
      return json(model, protocol, fault);
    case "cbor":
      return {
        status: fault.status,
        headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", ...queryErrorHeader(fault) },
        body: cbor.serialize({ __type: `${model.namespace}#${fault.code}`, message: fault.message, ...fault.fields }),
      };
  }
}

function faultOf(model: ServiceModel, protocol: ProtocolName, error: unknown): Fault {
  if (error instanceof ServiceError) {
    const modelled = model.errors.get(error.code) ?? byWireCode(model, error.code);
    const isQuery = protocol === "query" || protocol === "ec2";
    return {
      code: modelled ? (isQuery ? modelled.wireCode : modelled.name) : error.code,
      status: modelled?.status ?? error.status,
      message: error.message,
      fields: error.fields,
      model: modelled,
    };
  }
  if (error instanceof MalformedRequestError) {
    const { code, status } = malformedCode(protocol, model.definition.signingName === "s3", error.kind);
    return { code, status, message: error.message, fields: {}, model: undefined };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "InternalFailure",
    status: 500,
    message: `the simulator failed: ${message}`,
    fields: {},
    model: undefined,
  };
}

function byWireCode(model: ServiceModel, code: string): ErrorModel | undefined {
  for (const candidate of model.errors.values()) if (candidate.wireCode === code) return candidate;
  return undefined;
}

function malformedCode(
  protocol: ProtocolName,
  isS3: boolean,
  kind: MalformedRequestError["kind"],
): { readonly code: string; readonly status: number } {
  const code = ((): string => {
    if (isS3)
      return {
        syntax: "MalformedXML",
        missing: "InvalidRequest",
        invalid: "InvalidArgument",
        "unknown-operation": "MethodNotAllowed",
      }[kind];
    switch (protocol) {
      case "query":
        return {
          syntax: "MalformedInput",
          missing: "MissingParameter",
          invalid: "ValidationError",
          "unknown-operation": "InvalidAction",
        }[kind];
      case "ec2":
        return {
          syntax: "InvalidRequest",
          missing: "MissingParameter",
          invalid: "InvalidParameterValue",
          "unknown-operation": "InvalidAction",
        }[kind];
      case "restXml":
        return {
          syntax: "MalformedInput",
          missing: "InvalidInput",
          invalid: "InvalidInput",
          "unknown-operation": "UnknownOperationException",
        }[kind];
      case "restJson":
      case "json1.0":
      case "json1.1":
      case "cbor":
        return {
          syntax: "SerializationException",
          missing: "ValidationException",
          invalid: protocol === "restJson" ? "ValidationException" : "SerializationException",
          "unknown-operation": "UnknownOperationException",
        }[kind];
    }
  })();
  return { code, status: code === "MethodNotAllowed" ? 405 : 400 };
}

/** The error with which services of a protocol refuse credentials. */
export function credentialError(protocol: ProtocolName, isS3: boolean, problem: CredentialProblem): ServiceError {
  const isJson = !["query", "ec2", "restXml"].includes(protocol);
  if (problem === "missing") {
    return new ServiceError(
      isJson ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken",
      "Request is missing Authentication Token",
      { status: 403 },
    );
  }
  if (protocol === "ec2") return new ServiceError("RequestExpired", "Request has expired.", { status: 400 });
  const status = isS3 || protocol === "json1.0" || protocol === "json1.1" ? 400 : 403;
  return new ServiceError(
    isJson ? "ExpiredTokenException" : "ExpiredToken",
    "The security token included in the request is expired",
    { status },
  );
}

/** An answer where no service is known: in XML for forms, in JSON otherwise. */
export function encodeUnserved(error: ServiceError, asXml: boolean, requestId: string): WireResponse {
  const fault: Fault = { code: error.code, status: error.status, message: error.message, fields: {}, model: undefined };
  if (asXml)
    return xml(
      fault,
      `<ErrorResponse><Error><Type>Sender</Type>${codeAndMessage(fault)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    );
  return {
    status: fault.status,
    headers: { "content-type": "application/json", "x-amzn-errortype": fault.code },
    body: JSON.stringify({ __type: fault.code, message: fault.message }),
  };
}

function xml({ status }: Fault, body: string): WireResponse {
  return { status, headers: { "content-type": "text/xml;charset=UTF-8" }, body: XML_HEADER + body };
}

function errorResponse({ xmlNamespace }: ServiceModel, fault: Fault, requestId: string): string {
  const error = `<Error><Type>${side(fault)}</Type>${codeAndMessage(fault)}${fieldsXml(fault)}</Error>`;
  return `<ErrorResponse xmlns="${xmlNamespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
}

function side({ status }: Fault): "Sender" | "Receiver" {
  return status < 500 ? "Sender" : "Receiver";
}

function codeAndMessage({ code, message }: Fault): string {
  return `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
}

/** Further members of an error: texts, and lists of texts as Route 53's `messages` are. */
function fieldsXml({ fields, model }: Fault): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      if (!Array.isArray(value)) return `<${name}>${escapeXml(String(value))}</${name}>`;
      const list = model?.schema.getMemberSchemas()[name];
      const item = list?.isListSchema() ? (list.getValueSchema().getMergedTraits().xmlName ?? "member") : "member";
      return `<${name}>${value.map((entry) => `<${item}>${escapeXml(String(entry))}</${item}>`).join("")}</${name}>`;
    })
    .join("");
}

function json(model: ServiceModel, protocol: "restJson" | "json1.0" | "json1.1", fault: Fault): WireResponse {
  const { contentType } = bodyCodec(model, protocol);
  return {
    status: fault.status,
    headers: { "content-type": contentType, "x-amzn-errortype": fault.code, ...queryErrorHeader(fault) },
    body: JSON.stringify({ __type: fault.code, message: fault.message, ...fault.fields }),
  };
}

/** Clients that came from the query protocol read the old code from this header. */
function queryErrorHeader(fault: Fault): Record<string, string> {
  return fault.model?.fromQuery ? { "x-amzn-query-error": `${fault.model.wireCode};${side(fault)}` } : {};
}
