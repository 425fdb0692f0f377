import type { AwsClientConfig, Target } from "../target/target.js";
import { toAwsCallError } from "./aws-error.js";

/** Where and on whose behalf a call is made. */
export interface AwsScope {
  readonly target: Target;
  readonly region: string;
  /** Application id of the call; at most 50 characters. */
  readonly cause: string;
  readonly signal?: AbortSignal;
}

/** One AWS service: its SDK is loaded when it is first called, its clients are kept per target, Region and cause. */
export interface AwsService<Sdk, Client> {
  /**
   * Makes a call, as work of the target's clock, and says what its failure means.
   *
   * @throws AwsCallError when the service refused or did not answer, the signal's reason when it was aborted
   */
  call<T>(scope: AwsScope, request: (client: Client, sdk: Sdk, options: CallOptions) => Promise<T>): Promise<T>;
}

/** Options for a client's `send`. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/** What every client is made with. */
export interface ClientSettings extends AwsClientConfig {
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number };
}

/** A Region that does not answer must cost a step little: milliseconds to connect, and to answer. */
const timeouts = { connectionTimeout: 3_000, requestTimeout: 10_000 };

interface Destroyable {
  destroy(): void;
}

const clientsByTarget = new WeakMap<Target, Map<string, Destroyable>>();

/** Defines a service. Importing the SDK takes long, so that it is loaded on the first call. */
export function defineAwsService<Sdk, Client extends Destroyable>(
  name: string,
  load: () => Promise<Sdk>,
  create: (sdk: Sdk, settings: ClientSettings) => Client,
): AwsService<Sdk, Client> {
  function clientFor({ target, region, cause }: AwsScope, sdk: Sdk): Client {
    const clients = clientsByTarget.get(target) ?? new Map<string, Destroyable>();
    clientsByTarget.set(target, clients);
    const key = `${name}/${region}/${cause}`;
    const known = clients.get(key) as Client | undefined;
    if (known) return known;
    const client = create(sdk, { ...target.clientConfig(region, cause), requestHandler: timeouts });
    clients.set(key, client);
    return client;
  }

  return {
    call: (scope, request) =>
      scope.target.clock.busy(async () => {
        scope.signal?.throwIfAborted();
        const sdk = await load();
        const client = clientFor(scope, sdk);
        try {
          return await request(client, sdk, scope.signal ? { abortSignal: scope.signal } : {});
        } catch (error) {
          scope.signal?.throwIfAborted();
          throw toAwsCallError(error, name, scope.region);
        }
      }),
  };
}

/** Ends every client that was made for a target, so that no socket stays open. */
export function closeAwsClients(target: Target): void {
  const clients = clientsByTarget.get(target);
  clientsByTarget.delete(target);
  for (const client of clients?.values() ?? []) client.destroy();
}
