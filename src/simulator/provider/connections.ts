import { isObject, type Properties, type Value } from "./properties.js";

/**
 * What each attached engine configured. Several provider instances, and several engines, may attach to one port; each
 * has a connection of its own, so that the peer's address tells them apart.
 */
export interface Connections {
  configure(peer: string, configuration: ProviderConfiguration): void;
  /** @throws Error when this connection has not been configured */
  of(peer: string): ProviderConfiguration;
  /** Aborted when the engine cancels this connection's operations, or the server closes. */
  signal(peer: string): AbortSignal;
  cancel(peer: string): void;
  cancelAll(): void;
}

export interface ProviderConfiguration {
  readonly region: string;
  /** Where STS is asked; `aws:stsRegion`. */
  readonly stsRegion: string;
  readonly defaultTags: Properties;
}

/** Creates a register without connections. */
export function createConnections(): Connections {
  const configurations = new Map<string, ProviderConfiguration>();
  const controllers = new Map<string, AbortController>();
  const controllerOf = (peer: string): AbortController => {
    let controller = controllers.get(peer);
    if (!controller) controllers.set(peer, (controller = new AbortController()));
    return controller;
  };
  return {
    configure: (peer, configuration) => void configurations.set(peer, configuration),
    of: (peer) => {
      const configuration = configurations.get(peer);
      if (!configuration) throw new Error("the aws provider has not been configured on this connection");
      return configuration;
    },
    signal: (peer) => controllerOf(peer).signal,
    cancel: (peer) => controllerOf(peer).abort(new Error("the operation was cancelled")),
    cancelAll: () => {
      for (const controller of controllers.values()) controller.abort(new Error("the provider was shut down"));
    },
  };
}

/**
 * Reads the provider's configuration. Nested values come as JSON text.
 *
 * @throws Error when no Region is configured, in the words of the real provider
 */
export function parseConfiguration(args: Properties): ProviderConfiguration {
  const region = args["region"];
  if (typeof region !== "string" || region === "") {
    throw new Error(
      "missing region information\nMake sure you have set your AWS region, e.g. `pulumi config set aws:region us-west-2`.",
    );
  }
  const defaultTags = nested(args["defaultTags"]);
  const tags = isObject(defaultTags) ? defaultTags["tags"] : undefined;
  const stsRegion = typeof args["stsRegion"] === "string" && args["stsRegion"] !== "" ? args["stsRegion"] : region;
  return { region, stsRegion, defaultTags: isObject(tags) ? tags : {} };
}

/** Whether the configuration asks the provider not to check its credentials. */
export function skipsCredentialsCheck(args: Properties): boolean {
  return nested(args["skipCredentialsValidation"]) === true && nested(args["skipRequestingAccountId"]) === true;
}

function nested(value: Value | undefined): Value | undefined {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as Value;
  } catch {
    return value;
  }
}
