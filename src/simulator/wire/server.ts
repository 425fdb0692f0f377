import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { RegionUnreachableError, ServiceError, type Api, type ServiceDefinition } from "../service.js";
import type { World } from "../world.js";
import { decodeBody, readBody } from "./body.js";
import { callerCause, identifyCaller, virtualHostBucket, type Caller } from "./caller.js";
import { decodeInput, encodeOutput } from "./codec.js";
import { credentialError, encodeFault, encodeUnserved } from "./fault.js";
import { MalformedRequestError, parseQuery, type WireRequest, type WireResponse } from "./message.js";
import { loadModel, type ProtocolName, type ServiceModel } from "./model.js";
import { findOperation, formOf, isForm, protocolOf } from "./protocol.js";

/** The AWS HTTP endpoint of a simulated world: every service and Region on one port of the loopback interface. */
export interface WireServer {
  readonly port: number;
  /** "http://127.0.0.1:PORT": by address, so that S3 clients put buckets into the path. */
  readonly url: string;
  close(): Promise<void>;
}

export interface WireServerOptions {
  /** @default a free port */
  readonly port?: number;
}

/** Path of the health check: answers 200 with the world's clock, without credentials. */
export const HEALTH_PATH = "/_simulator/health";

/** Access key id that every service refuses as expired. */
export const EXPIRED_ACCESS_KEY_ID = "EXPIRED";

/** Milliseconds for which an idle connection is kept: longer than any client keeps one, so that none meets a close. */
const KEEP_ALIVE_MS = 10 * 60 * 1000;

/** Starts serving `services` over AWS's own protocols. */
export async function startWireServer(
  world: World,
  api: Api,
  services: readonly ServiceDefinition[],
  options: WireServerOptions = {},
): Promise<WireServer> {
  const server = createServer((incoming, outgoing) => {
    // The world must not skip time between a request's arrival and its answer.
    void world.clock.busy(() => answer(incoming, outgoing));
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    try {
      send(outgoing, await handle(incoming, requestId), requestId, incoming.method === "HEAD");
    } catch (error) {
      if (
        !(error instanceof RegionUnreachableError) &&
        !outgoing.headersSent &&
        error instanceof MalformedRequestError
      ) {
        const refused = new ServiceError("MalformedInput", error.message);
        send(outgoing, encodeUnserved(refused, isForm(singleHeaders(incoming)), requestId), requestId, false);
      } else incoming.socket.destroy();
    }
  }

  async function handle(incoming: IncomingMessage, requestId: string): Promise<WireResponse> {
    const target = incoming.url ?? "/";
    const split = target.indexOf("?");
    const path = split < 0 ? target : target.slice(0, split);
    if (path === HEALTH_PATH) return health(world, services);
    const rawHeaders = singleHeaders(incoming);
    const query = parseQuery(split < 0 ? "" : target.slice(split + 1));
    const caller = identifyCaller({ headers: rawHeaders, query });
    const raw = await readBody(incoming);
    const { body, headers } = decodeBody(raw, rawHeaders, caller?.signingName === "s3");
    const request: WireRequest = { method: incoming.method ?? "GET", path, query, headers, body };
    if (!caller) return unserved(credentialError("query", false, "missing"), request, requestId);
    const model = await modelFor(services, caller, request);
    if (!model) {
      const error = new ServiceError("NotImplemented", `the simulator has no service ${caller.signingName}`, {
        status: 501,
      });
      return unserved(error, request, requestId);
    }
    return call(model, caller, request, requestId);
  }

  function call(model: ServiceModel, caller: Caller, request: WireRequest, requestId: string): WireResponse {
    const { definition } = model;
    const region = definition.global ? "global" : caller.region;
    const context = { region, cause: callerCause(request.headers) };
    let protocol: ProtocolName = protocolOf(model, request);
    try {
      // An impaired Region answers nothing, not even that a request is wrong; the call is on record all the same.
      if (world.impairment(region)) api.dispatch(definition, operationName(model, request), {}, context);
      if (caller.accessKeyId === EXPIRED_ACCESS_KEY_ID) {
        throw credentialError(protocol, definition.signingName === "s3", "expired");
      }
      const bucket =
        definition.signingName === "s3" ? virtualHostBucket(request.headers["host"] ?? "")?.bucket : undefined;
      const match = findOperation(model, request, bucket);
      protocol = match.protocol;
      const output = api.dispatch(definition, match.operation.name, decodeInput(model, match, request), context);
      return encodeOutput(model, match, (output ?? {}) as Readonly<Record<string, unknown>>, requestId);
    } catch (error) {
      if (error instanceof RegionUnreachableError) throw error;
      return encodeFault(model, protocol, error, requestId);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Services may share a signing name, as the generations of the load balancer do: then the Version tells. */
async function modelFor(
  services: readonly ServiceDefinition[],
  caller: Caller,
  request: WireRequest,
): Promise<ServiceModel | undefined> {
  const candidates = services.filter((service) => service.signingName === caller.signingName);
  if (candidates.length <= 1) return candidates[0] && loadModel(candidates[0]);
  const models = await Promise.all(candidates.map(loadModel));
  const version = isForm(request.headers) || request.method === "GET" ? formOf(request).get("Version")?.[0] : undefined;
  return models.find((model) => model.version === version) ?? models[0];
}

function operationName(model: ServiceModel, request: WireRequest): string {
  try {
    return findOperation(model, request).operation.name;
  } catch {
    return "unknown";
  }
}

function unserved(error: ServiceError, request: WireRequest, requestId: string): WireResponse {
  return encodeUnserved(error, isForm(request.headers), requestId);
}

function health(world: World, services: readonly ServiceDefinition[]): WireResponse {
  const body = JSON.stringify({
    status: "ok",
    now: new Date(world.now()).toISOString(),
    accountId: world.accountId,
    seed: world.seed,
    services: services.map((service) => service.id),
  });
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

function singleHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

function send(
  outgoing: ServerResponse,
  { status, headers, body }: WireResponse,
  requestId: string,
  isHead: boolean,
): void {
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  // The answer to HEAD says how long the object is, and holds none of it.
  const length =
    isHead && headers["content-length"] !== undefined ? headers["content-length"] : String(bytes.byteLength);
  const ids = { "x-amzn-requestid": requestId, "x-amz-request-id": requestId };
  const hasBody = status !== 204 && status !== 304;
  const { "content-length": _declared, ...others } = headers;
  outgoing.writeHead(status, { ...ids, ...others, ...(hasBody ? { "content-length": length } : {}) });
  outgoing.end(isHead || !hasBody ? undefined : bytes);
}
