import type grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";

import type { Api } from "../service.js";
import { sts } from "../services/sts.js";
import type { World } from "../world.js";
import type { CallTracker } from "./calls.js";
import { parseConfiguration, skipsCredentialsCheck, type Connections } from "./connections.js";
import { construct } from "./construct/construct.js";
import { callAws } from "./context.js";
import { grpcError } from "./failures.js";
import { invoke } from "./invoke.js";
import { equal, marshal, unmarshal } from "./properties.js";
import { Empty } from "./protobuf.js";
import { createResourceHandlers } from "./resource-handlers.js";
import { shortUrn } from "./urn.js";

export interface HandlerOptions {
  readonly world: World;
  readonly api: Api;
  readonly cause: string;
  readonly calls: CallTracker;
  readonly connections: Connections;
  /** Grows with every resource type that is created without being modelled. */
  readonly inertTypes: Set<string>;
  /** Of the installed @pulumi/aws. */
  readonly version: string;
}

/** Answers one request; an exception becomes a gRPC error. */
type Answer<Request, Response> = (request: Request, peer: string) => Response | Promise<Response>;

/** Creates the handlers of Pulumi's ResourceProvider service. */
export function createHandlers(options: HandlerOptions): grpc.UntypedServiceImplementation {
  const { world, api, cause, calls, connections, version } = options;

  const configure: Answer<messages.ConfigureRequest, messages.ConfigureResponse> = (request, peer) => {
    const args = {
      ...Object.fromEntries(
        request
          .getVariablesMap()
          .toArray()
          .map(([key, value]) => [key.replace(/^aws:config:/, ""), value]),
      ),
      ...unmarshal(request.getArgs()).values,
    };
    const isAwsx = args["region"] === undefined && request.getUrn()?.includes("pulumi:providers:awsx") === true;
    if (!isAwsx) {
      const configuration = parseConfiguration(args);
      // The real provider asks STS who it is before anything else: without that endpoint it goes no further.
      if (!skipsCredentialsCheck(args))
        callAws(api, sts, "GetCallerIdentity", {}, { region: configuration.stsRegion, cause });
      connections.configure(peer, configuration);
    }
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(false);
    return response;
  };

  const constructComponent: Answer<messages.ConstructRequest, messages.ConstructResponse> = async (request) => {
    const call = calls.begin(`${request.getType()}::${request.getName()}`);
    try {
      return await construct(request, { call, version });
    } finally {
      call.end();
    }
  };

  const resources = createResourceHandlers(options);

  return {
    handshake: unary<messages.ProviderHandshakeRequest, messages.ProviderHandshakeResponse>(() => {
      const response = new messages.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      response.setAcceptOutputs(false);
      return response;
    }),
    getPluginInfo: unary<Empty, plugin.PluginInfo>(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    attach: unary<unknown, Empty>(() => new Empty()),
    cancel: unary<unknown, Empty>((_request, peer) => {
      connections.cancel(peer);
      return new Empty();
    }),
    checkConfig: unary<messages.CheckRequest, messages.CheckResponse>((request) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: unary<messages.DiffRequest, messages.DiffResponse>((request) => {
      const response = new messages.DiffResponse();
      const same = equal(
        unmarshal(request.getOldInputs() ?? request.getOlds()).values,
        unmarshal(request.getNews()).values,
      );
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      response.setChanges(same ? DIFF_NONE : DIFF_SOME);
      return response;
    }),
    configure: unary(configure),
    invoke: unary<messages.InvokeRequest, messages.InvokeResponse>((request, peer) => {
      const args = unmarshal(request.getArgs()).values;
      const configured = connections.of(peer);
      const region = typeof args["region"] === "string" ? args["region"] : configured.region;
      const response = new messages.InvokeResponse();
      response.setReturn(
        marshal(invoke(request.getTok(), args, { world, api, cause, region, stsRegion: configured.stsRegion })),
      );
      return response;
    }),
    call: unary<messages.CallRequest, never>((request) => {
      throw new Error(`the simulated provider has no method ${request.getTok()}`);
    }),
    check: unary(resources.check),
    diff: unary(resources.diff),
    create: unary<messages.CreateRequest, messages.CreateResponse>((request, peer) =>
      tracked(calls, request.getUrn(), (call) => resources.create(request, peer, call)),
    ),
    read: unary(resources.read),
    update: unary<messages.UpdateRequest, messages.UpdateResponse>((request, peer) =>
      tracked(calls, request.getUrn(), (call) => resources.update(request, peer, call)),
    ),
    delete: unary<messages.DeleteRequest, Empty>((request, peer) =>
      tracked(calls, request.getUrn(), async (call) => {
        await resources.delete(request, peer, call);
        return new Empty();
      }),
    ),
    construct: unary(constructComponent),
  };
}

async function tracked<T>(
  calls: CallTracker,
  urn: string,
  work: (call: ReturnType<CallTracker["begin"]>) => Promise<T>,
): Promise<T> {
  const call = calls.begin(shortUrn(urn));
  try {
    return await work(call);
  } finally {
    call.end();
  }
}

function unary<Request, Response>(answer: Answer<Request, Response>): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    void (async () => {
      try {
        callback(null, await answer(call.request, call.getPeer()));
      } catch (error) {
        callback(grpcError(error));
      }
    })();
  };
}
