import type { Api, OperationInput, OperationName, OperationOutput, ServiceDefinition } from "../service.js";
import type { World } from "../world.js";
import { awsCallError } from "./failures.js";
import type { ResourceContext } from "./resource-type.js";
import { parseUrn } from "./urn.js";
import { waitForState } from "./wait.js";

export interface ContextOptions {
  readonly world: World;
  readonly api: Api;
  readonly cause: string;
  readonly region: string;
  readonly urn: string;
  readonly token: string;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Is told when the operation falls asleep on the simulated clock, and when it wakes. */
  readonly onSleep: (asleep: boolean) => void;
}

/** Creates what an operation on one resource works with. */
export function createContext(options: ContextOptions): ResourceContext {
  const { world, api, cause, region, urn, token, timeoutSeconds, signal, onSleep } = options;
  return {
    world,
    region,
    accountId: world.accountId,
    urn,
    name: parseUrn(urn).name,
    token,
    timeoutSeconds,
    call: (service, operation, input) => callAws(api, service, operation, input, { region, cause }),
    wait: async (wait) => {
      onSleep(true);
      try {
        await waitForState(world, wait, timeoutSeconds, signal);
      } finally {
        onSleep(false);
      }
    },
  };
}

/** Calls a service; what it throws is worded as the real provider words it. */
export function callAws<M, K extends OperationName<M> & string>(
  api: Api,
  service: ServiceDefinition<M>,
  operation: K,
  input: OperationInput<M, K>,
  context: { readonly region: string; readonly cause: string },
): OperationOutput<M, K> {
  try {
    return api.call(service, operation, input, context);
  } catch (error) {
    throw awsCallError(error, service.id, operation);
  }
}
