import { MalformedRequestError, parseQuery, type WireRequest } from "./message.js";
import type { OperationModel, ProtocolName, ServiceModel } from "./model.js";
import { matchRoute } from "./routes.js";

/** What a request asks for: an operation in a protocol, and what had to be read to find it. */
export interface ProtocolMatch {
  readonly protocol: ProtocolName;
  readonly operation: OperationModel;
  /** Values of the path's labels; empty for protocols without. */
  readonly labels: Readonly<Record<string, string>>;
  /** The form of the query protocols; empty for the others. */
  readonly form: ReadonlyMap<string, readonly string[]>;
}

const NO_FORM: ReadonlyMap<string, readonly string[]> = new Map();

/**
 * The protocol that a request is written in. Clients of one service differ: CloudWatch is called in JSON, CBOR and
 * queries, depending on the client and its age; so the request decides, and the client's own protocol comes last.
 */
export function protocolOf(model: ServiceModel, { headers, method }: WireRequest): ProtocolName {
  if (model.protocol === "restXml" || model.protocol === "restJson") return model.protocol;
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return "cbor";
  if (headers["x-amz-target"] !== undefined) {
    return (headers["content-type"] ?? "").includes("1.0") ? "json1.0" : "json1.1";
  }
  if (model.protocol === "ec2") return "ec2";
  if (isForm(headers) || method === "GET") return "query";
  return model.protocol;
}

/** Whether a request carries a form, as the query protocols do. */
export function isForm(headers: WireRequest["headers"]): boolean {
  return (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
}

/** The form of a request in a query protocol: its body, or the query of a presigned URL. */
export function formOf({ method, query, body }: WireRequest): ReadonlyMap<string, readonly string[]> {
  return method === "GET" ? query : parseQuery(Buffer.from(body).toString("utf8"));
}

/**
 * Finds the operation that a request asks for.
 *
 * @throws MalformedRequestError when the service has no such operation
 */
export function findOperation(model: ServiceModel, request: WireRequest, bucket?: string): ProtocolMatch {
  const protocol = protocolOf(model, request);
  switch (protocol) {
    case "restXml":
    case "restJson": {
      const match = matchRoute(model, request, bucket);
      if (!match) throw unknown(model, `${request.method} ${request.path}`);
      return { protocol, operation: match.operation, labels: match.labels, form: NO_FORM };
    }
    case "query":
    case "ec2": {
      const form = formOf(request);
      const version = form.get("Version")?.[0];
      const action = form.get("Action")?.[0] ?? "";
      if (version !== undefined && version !== model.version) throw unknown(model, `${action} of version ${version}`);
      return { protocol, operation: named(model, action), labels: {}, form };
    }
    case "json1.0":
    case "json1.1":
      return {
        protocol,
        operation: named(model, lastPart(request.headers["x-amz-target"] ?? "", ".")),
        labels: {},
        form: NO_FORM,
      };
    case "cbor":
      return { protocol, operation: named(model, lastPart(request.path, "/")), labels: {}, form: NO_FORM };
  }
}

function named(model: ServiceModel, name: string): OperationModel {
  const operation = model.operations.get(name);
  if (!operation) throw unknown(model, name || "a request without an action");
  return operation;
}

function unknown(model: ServiceModel, what: string): MalformedRequestError {
  return new MalformedRequestError("unknown-operation", `${model.definition.id} has no operation for ${what}`);
}

function lastPart(text: string, separator: string): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}
