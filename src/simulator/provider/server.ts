import { createRequire } from "node:module";

import * as grpc from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";

import type { Api } from "../service.js";
import type { World } from "../world.js";
import { createCallTracker } from "./calls.js";
import { createConnections } from "./connections.js";
import { createHandlers } from "./handlers.js";

/** The simulated Pulumi provider of "aws" and "awsx", to which the real engine attaches. */
export interface ProviderServer {
  /** On loopback, for PULUMI_DEBUG_PROVIDERS="aws:PORT,awsx:PORT". */
  readonly port: number;
  /** `type::name` of every provider call that has not been answered. */
  outstanding(): readonly string[];
  /** Those that sleep on the simulated clock, and components that wait for nothing but such calls. */
  waiting(): readonly string[];
  /** When a call last came in or was answered: milliseconds on the machine's clock. */
  lastCallAt(): number;
  /** Resource types that were created without being modelled, sorted. */
  inertTypes(): readonly string[];
  /** Ends pending operations with an error and frees the port. */
  close(): Promise<void>;
}

export interface ProviderServerOptions {
  /** On whose behalf the provider calls the services. */
  readonly cause: string;
}

/** Messages of large stacks exceed gRPC's default of 4 MiB; the engine itself allows 400 MiB. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Starts the provider on a free port of loopback. */
export async function startProviderServer(
  world: World,
  api: Api,
  { cause }: ProviderServerOptions,
): Promise<ProviderServer> {
  const calls = createCallTracker();
  const connections = createConnections();
  const inertTypes = new Set<string>();
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  const handlers = createHandlers({ world, api, cause, calls, connections, inertTypes, version: awsVersion() });
  server.addService(service.ResourceProviderService, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    outstanding: calls.outstanding,
    waiting: calls.waiting,
    lastCallAt: calls.lastActivityAt,
    inertTypes: () => [...inertTypes].sort(),
    close: () => {
      connections.cancelAll();
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

/** The version of the SDK in use: a provider that says less than the SDK asks for earns a warning. */
function awsVersion(): string {
  const manifest = createRequire(import.meta.url)("@pulumi/aws/package.json") as { readonly version: string };
  return manifest.version;
}
