import * as grpc from "@grpc/grpc-js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import monitorService from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/resource_pb.js";

import type { TrackedCall } from "../calls.js";
import {
  hasUnknown,
  isObject,
  marshal,
  resourceReference,
  secret,
  unknownValue,
  unmarshal,
  type Properties,
  type Value,
} from "../properties.js";

/**
 * The engine's resource monitor, as a component talks to it: a bare client, because the SDK's runtime belongs to the
 * program that runs in the same process.
 */
export interface Monitor {
  readonly component: { readonly urn: string; readonly name: string };
  readonly dryRun: boolean;

  /**
   * Registers a child of the component.
   *
   * @throws SkippedError when the engine did not create it, and goes on (`continueOnError`)
   */
  register(child: ChildSpec): Promise<Child>;

  /** Calls a function of the aws provider; undefined while an argument is unknown. */
  invoke(token: string, args: Properties, region: Tracked | undefined): Promise<Properties | undefined>;

  /** A property of another resource, from the engine's own knowledge: no Region is asked. */
  propertyOf(urn: string, property: string): Promise<Tracked>;

  /** Makes a component's result of these outputs. */
  finish(outputs: Readonly<Record<string, Tracked>>): Promise<providerMessages.ConstructResponse>;

  close(): void;
}

export interface ChildSpec {
  readonly type: string;
  readonly name: string;
  /** @default the component */
  readonly parent?: Child;
  readonly inputs: Readonly<Record<string, Tracked | Value | undefined>>;
  /** Resources that stand first, beyond those that the inputs come from. */
  readonly dependsOn?: readonly Child[];
}

/** A registered resource. */
export interface Child {
  readonly urn: string;
  readonly id: Tracked;
  output(name: string): Tracked;
  /** A reference that programs turn into the resource. */
  reference(): Tracked;
}

/** A value, where it comes from, and whether it is secret. */
export interface Tracked {
  readonly tracked: Value | undefined;
  readonly dependencies: readonly string[];
  readonly secret: boolean;
}

/** A child was not created because it, or something it needs, failed while the engine goes on. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
}

const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Makes a tracked value. */
export function track(value: Value | undefined, dependencies: readonly string[] = [], isSecret = false): Tracked {
  return { tracked: value, dependencies, secret: isSecret };
}

/** Collects tracked values to one, such as a list of ids. */
export function trackAll(values: readonly Tracked[]): Tracked {
  return {
    tracked: values.map(({ tracked }) => tracked ?? null),
    dependencies: [...new Set(values.flatMap(({ dependencies }) => dependencies))],
    secret: values.some((value) => value.secret),
  };
}

function isTracked(value: unknown): value is Tracked {
  return typeof value === "object" && value !== null && "tracked" in value && "dependencies" in value;
}

/** Connects to the engine that asked for a component and registers the component itself. */
export async function openMonitor(
  request: providerMessages.ConstructRequest,
  { call, version }: { readonly call: TrackedCall; readonly version: string },
): Promise<Monitor> {
  const client = new monitorService.ResourceMonitorClient(
    request.getMonitorendpoint(),
    grpc.credentials.createInsecure(),
    {
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    },
  );
  const provider = request.getProvidersMap().get("aws") ?? "";
  const dryRun = request.getDryrun();

  async function send(registration: messages.RegisterResourceRequest): Promise<messages.RegisterResourceResponse> {
    registration.setAcceptsecrets(true);
    registration.setAcceptresources(true);
    registration.setSupportspartialvalues(true);
    registration.setSupportsresultreporting(true);
    registration.setAliasspecs(true);
    const shortName = `${registration.getType()}::${registration.getName()}`;
    call.childStarted(shortName);
    try {
      const response = await unaryCall<messages.RegisterResourceResponse>((done) =>
        client.registerResource(registration, done),
      );
      if (response.getResult() !== messages.Result.SUCCESS) throw new SkippedError(`${shortName} was not created`);
      return response;
    } finally {
      call.childEnded(shortName);
    }
  }

  const componentUrn = (await send(componentRegistration(request))).getUrn();

  async function register(spec: ChildSpec): Promise<Child> {
    const registration = new messages.RegisterResourceRequest();
    registration.setType(spec.type);
    registration.setName(spec.name);
    registration.setParent(spec.parent?.urn ?? componentUrn);
    registration.setCustom(true);
    registration.setProvider(provider);
    registration.setVersion(version);
    if (request.hasProtect()) registration.setProtect(request.getProtect() ?? false);
    const values: Record<string, Value> = {};
    const secretKeys = new Set<string>();
    const dependencies = new Set(spec.dependsOn?.map(({ urn }) => urn));
    for (const [property, given] of Object.entries(spec.inputs)) {
      const input = isTracked(given) ? given : track(given);
      if (input.tracked === undefined || input.tracked === null) continue;
      values[property] = input.tracked;
      if (input.secret) secretKeys.add(property);
      if (input.dependencies.length === 0) continue;
      for (const urn of input.dependencies) dependencies.add(urn);
      const needed = new messages.RegisterResourceRequest.PropertyDependencies();
      needed.setUrnsList([...input.dependencies]);
      registration.getPropertydependenciesMap().set(property, needed);
    }
    registration.setObject(marshal(values, secretKeys));
    registration.setDependenciesList([...dependencies]);
    return childOf(await send(registration), dryRun, version);
  }

  return {
    component: { urn: componentUrn, name: request.getName() },
    dryRun,
    register,
    invoke: async (token, args, region) => {
      if (hasUnknown(args) || region?.tracked === unknownValue) return undefined;
      const invocation = new messages.ResourceInvokeRequest();
      invocation.setTok(token);
      invocation.setArgs(marshal({ ...args, ...(region?.tracked ? { region: region.tracked } : {}) }));
      invocation.setProvider(provider);
      invocation.setVersion(version);
      const response = await unaryCall<providerMessages.InvokeResponse>((done) => client.invoke(invocation, done));
      const failure = response.getFailuresList()[0];
      if (failure) throw new Error(`${token}: ${failure.getReason()} (${failure.getProperty()})`);
      return unmarshal(response.getReturn()).values;
    },
    propertyOf: async (urn, property) => {
      const invocation = new messages.ResourceInvokeRequest();
      invocation.setTok("pulumi:pulumi:getResource");
      invocation.setArgs(marshal({ urn }));
      const response = await unaryCall<providerMessages.InvokeResponse>((done) => client.invoke(invocation, done));
      const state = unmarshal(response.getReturn()).values["state"];
      return track((isObject(state) ? state[property] : undefined) ?? (dryRun ? unknownValue : undefined), [urn]);
    },
    finish: async (outputs) => {
      const values = Object.fromEntries(
        Object.entries(outputs).map(([name, output]) => [
          name,
          output.secret && output.tracked !== undefined ? secret(output.tracked) : output.tracked,
        ]),
      );
      const registration = new messages.RegisterResourceOutputsRequest();
      registration.setUrn(componentUrn);
      registration.setOutputs(marshal(values));
      await unaryCall<unknown>((done) => client.registerResourceOutputs(registration, done));
      const response = new providerMessages.ConstructResponse();
      response.setUrn(componentUrn);
      response.setState(marshal(values));
      for (const [name, { dependencies }] of Object.entries(outputs)) {
        const needed = new providerMessages.ConstructResponse.PropertyDependencies();
        needed.setUrnsList([...dependencies]);
        response.getStatedependenciesMap().set(name, needed);
      }
      return response;
    },
    close: () => client.close(),
  };
}

/** The component as the program asked for it. Its inputs are not kept in the state, as with the real provider. */
function componentRegistration(request: providerMessages.ConstructRequest): messages.RegisterResourceRequest {
  const registration = new messages.RegisterResourceRequest();
  registration.setType(request.getType());
  registration.setName(request.getName());
  registration.setParent(request.getParent());
  registration.setCustom(false);
  registration.setObject(marshal({}));
  registration.setDependenciesList(request.getDependenciesList());
  registration.setAliasesList(request.getAliasesList());
  registration.setIgnorechangesList(request.getIgnorechangesList());
  registration.setReplaceonchangesList(request.getReplaceonchangesList());
  registration.setAdditionalsecretoutputsList(request.getAdditionalsecretoutputsList());
  registration.setDeletedwith(request.getDeletedwith());
  if (request.hasProtect()) registration.setProtect(request.getProtect() ?? false);
  if (request.hasRetainondelete()) registration.setRetainondelete(request.getRetainondelete() ?? false);
  request.getProvidersMap().forEach((reference, name) => registration.getProvidersMap().set(name, reference));
  return registration;
}

function childOf(response: messages.RegisterResourceResponse, dryRun: boolean, version: string): Child {
  const urn = response.getUrn();
  const id = response.getId() === "" ? undefined : response.getId();
  const { values, secretKeys } = unmarshal(response.getObject());
  const unknown = dryRun ? unknownValue : undefined;
  return {
    urn,
    id: track(id ?? unknown, [urn]),
    output: (name) => track(values[name] ?? unknown, [urn], secretKeys.has(name)),
    reference: () => track(resourceReference(urn, id ?? (dryRun ? "" : undefined), version), [urn]),
  };
}

function unaryCall<Response>(
  start: (done: (error: grpc.ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error ? reject(error) : resolve(response)));
  });
}
