import messages from "@pulumi/pulumi/proto/provider_pb.js";

import type { TrackedCall } from "./calls.js";
import { checkInputs } from "./check.js";
import { createContext } from "./context.js";
import { diffResource, refreshInputs } from "./diff.js";
import type { HandlerOptions } from "./handlers.js";
import { createResource, DEFAULT_TIMEOUT_SECONDS, deleteResource, readResource, updateResource } from "./lifecycle.js";
import { canonicalJson, marshal, unknownValue, unmarshal, type Properties, type Value } from "./properties.js";
import type { AnyResourceType, ResourceContext } from "./resource-type.js";
import { inertResourceType } from "./resources/inert.js";
import { resourceTypes } from "./resources/registry.js";
import { parseUrn, stableHex } from "./urn.js";

const asleepNowhere: TrackedCall = { sleeping: () => {}, childStarted: () => {}, childEnded: () => {}, end: () => {} };

/** Creates the handlers of the calls that concern one resource. */
export function createResourceHandlers({ world, api, cause, connections, inertTypes }: HandlerOptions) {
  /**
   * Inputs in the state of resources that this operation has checked. A later check of the same URN without them is
   * that of its replacement, which needs a name and a token of its own.
   */
  const inState = new Map<string, string>();
  const replacements = new Map<string, string>();

  function typeOf(urn: string): AnyResourceType {
    const { type } = parseUrn(urn);
    return resourceTypes.get(type) ?? inertResourceType(type);
  }

  function contextOf(
    urn: string,
    peer: string,
    options: { readonly call?: TrackedCall; readonly token?: string; readonly timeoutSeconds?: number },
    ...properties: readonly Properties[]
  ): ResourceContext {
    const named = properties
      .map(({ region }) => region)
      .find((region) => typeof region === "string" && region !== unknownValue);
    const { call = asleepNowhere, token = "", timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = options;
    return createContext({
      world,
      api,
      cause,
      urn,
      token,
      timeoutSeconds,
      region: typeof named === "string" ? named : connections.of(peer).region,
      signal: connections.signal(peer),
      onSleep: (asleep) => call.sleeping(asleep),
    });
  }

  return {
    check: (request: messages.CheckRequest, peer: string): messages.CheckResponse => {
      const urn = request.getUrn();
      const news = unmarshal(request.getNews());
      const olds = unmarshal(request.getOlds()).values;
      const before = Object.keys(olds).length > 0 ? olds : undefined;
      if (before) inState.set(urn, canonicalJson(before));
      else if (inState.has(urn)) replacements.set(urn, inState.get(urn) ?? "");
      const { inputs, problems } = checkInputs(typeOf(urn), news.values, {
        urn,
        name: parseUrn(urn).name,
        before,
        replaces: replacements.get(urn),
        defaultTags: connections.of(peer).defaultTags,
      });
      const response = new messages.CheckResponse();
      response.setInputs(marshal(inputs, news.secretKeys));
      for (const { property, reason } of problems) {
        const failure = new messages.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        response.addFailures(failure);
      }
      return response;
    },

    diff: (request: messages.DiffRequest): messages.DiffResponse => {
      const state = unmarshal(request.getOlds()).values;
      const inputs = request.getOldInputs() ? unmarshal(request.getOldInputs()).values : state;
      const { name } = parseUrn(request.getUrn());
      const news = unmarshal(request.getNews()).values;
      const { changed, replaces, deleteBeforeReplace } = diffResource(
        typeOf(request.getUrn()),
        name,
        inputs,
        state,
        news,
        request.getIgnorechangesList(),
      );
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      const response = new messages.DiffResponse();
      response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
      response.setDiffsList(changed.map(({ property }) => property));
      response.setReplacesList([...replaces]);
      response.setDeletebeforereplace(deleteBeforeReplace);
      response.setHasdetaileddiff(true);
      for (const { property, kind, replace } of changed) {
        const detail = new messages.PropertyDiff();
        detail.setKind(detailKind(kind, replace));
        detail.setInputdiff(true);
        response.getDetaileddiffMap().set(property, detail);
      }
      return response;
    },

    create: async (
      request: messages.CreateRequest,
      peer: string,
      call: TrackedCall,
    ): Promise<messages.CreateResponse> => {
      const urn = request.getUrn();
      const type = typeOf(urn);
      const { values: inputs, secretKeys } = unmarshal(request.getProperties());
      const response = new messages.CreateResponse();
      if (!resourceTypes.has(type.token)) inertTypes.add(type.token);
      if (request.getPreview()) {
        // What is missing here is unknown to the program.
        response.setProperties(marshal(inputs, secretKeys));
        return response;
      }
      const token = stableHex(32, urn, replacements.get(urn) ?? "", canonicalJson(inputs));
      const timeoutSeconds = request.getTimeout() || type.timeouts?.create || DEFAULT_TIMEOUT_SECONDS;
      const { id, state } = await createResource(
        type,
        contextOf(urn, peer, { call, token, timeoutSeconds }, inputs),
        inputs,
      );
      response.setId(id);
      response.setProperties(marshal(state, secretKeys));
      return response;
    },

    read: (request: messages.ReadRequest, peer: string): messages.ReadResponse => {
      const type = typeOf(request.getUrn());
      const state = unmarshal(request.getProperties());
      const inputs = unmarshal(request.getInputs());
      const context = contextOf(request.getUrn(), peer, {}, inputs.values, state.values);
      const reading = readResource(
        type,
        context,
        request.getId(),
        Object.keys(inputs.values).length > 0 ? inputs.values : state.values,
      );
      const response = new messages.ReadResponse();
      if (!reading) return response;
      const secretKeys = new Set([...state.secretKeys, ...inputs.secretKeys]);
      const known = Object.keys(inputs.values).length > 0;
      response.setId(request.getId());
      response.setProperties(marshal(reading.state, secretKeys));
      response.setInputs(
        marshal(known ? refreshInputs(type, inputs.values, reading.found) : reading.found, secretKeys),
      );
      return response;
    },

    update: async (
      request: messages.UpdateRequest,
      peer: string,
      call: TrackedCall,
    ): Promise<messages.UpdateResponse> => {
      const urn = request.getUrn();
      const type = typeOf(urn);
      const state = unmarshal(request.getOlds()).values;
      const before = request.getOldInputs() ? unmarshal(request.getOldInputs()).values : state;
      const { values: after, secretKeys } = unmarshal(request.getNews());
      const response = new messages.UpdateResponse();
      if (request.getPreview()) {
        const unknowns = Object.fromEntries((type.volatile ?? []).map((output) => [output, unknownValue]));
        response.setProperties(marshal({ ...without(state, before), ...after, ...unknowns }, secretKeys));
        return response;
      }
      const timeoutSeconds = request.getTimeout() || type.timeouts?.update || DEFAULT_TIMEOUT_SECONDS;
      const context = contextOf(urn, peer, { call, timeoutSeconds }, after, state);
      // An input that the program adds is compared with what the service had chosen.
      const added = Object.fromEntries(
        Object.keys(after)
          .filter((input) => input in state)
          .map((input) => [input, state[input] as Value]),
      );
      response.setProperties(
        marshal(await updateResource(type, context, request.getId(), { ...added, ...before }, after), secretKeys),
      );
      return response;
    },

    delete: async (request: messages.DeleteRequest, peer: string, call: TrackedCall): Promise<void> => {
      const type = typeOf(request.getUrn());
      const state = unmarshal(request.getProperties()).values;
      const before = request.getOldInputs() ? unmarshal(request.getOldInputs()).values : state;
      const timeoutSeconds = request.getTimeout() || type.timeouts?.delete || DEFAULT_TIMEOUT_SECONDS;
      const context = contextOf(request.getUrn(), peer, { call, timeoutSeconds }, state, before);
      await deleteResource(type, context, request.getId(), before);
    },
  };
}

/** The outputs that are not merely the echo of an input that may have gone. */
function without(state: Properties, inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(state).filter(([property]) => !(property in inputs)));
}

function detailKind(kind: "add" | "update" | "delete", replace: boolean): messages.PropertyDiff.Kind {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
  switch (kind) {
    case "add":
      return replace ? ADD_REPLACE : ADD;
    case "update":
      return replace ? UPDATE_REPLACE : UPDATE;
    case "delete":
      return replace ? DELETE_REPLACE : DELETE;
  }
}
