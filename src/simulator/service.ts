import type { World } from "./world.js";

/**
 * What one simulated AWS service is: typed handlers for the operations of its SDK client. The same handlers answer
 * the AWS HTTP endpoint (src/simulator/wire) and the simulated Pulumi provider (src/simulator/provider), so that there
 * is one behaviour, in AWS's own shapes.
 */
export interface ServiceDefinition<M = unknown> {
  /** Short name, also the file's: "rds", "elastic-load-balancing-v2". */
  readonly id: string;
  /** The service name in SigV4's credential scope: "rds", "elasticloadbalancing". */
  readonly signingName: string;
  /** Global services keep their state under the Region "global" and ignore the Region of a call's signature. */
  readonly global?: boolean;
  /** Loads the SDK client whose schemas describe the wire format; called when the service is first used over HTTP. */
  readonly loadClient: () => Promise<M>;
  readonly handlers: (world: World) => Handlers<M>;
}

/** Handlers by operation name, each with the client's own input and output types. All synchronous. */
export type Handlers<M> = {
  readonly [K in OperationName<M>]?: (input: OperationInput<M, K>, context: RequestContext) => OperationOutput<M, K>;
};

/** "DescribeDBInstances" for each `DescribeDBInstancesCommand` that the client exports. */
export type OperationName<M> = {
  [K in keyof M]: K extends `${infer Operation}Command`
    ? M[K] extends abstract new (...args: never[]) => unknown
      ? Operation
      : never
    : never;
}[keyof M];

type CommandOf<M, Operation extends string> = `${Operation}Command` extends keyof M
  ? M[`${Operation}Command`] extends abstract new (...args: never[]) => infer Instance
    ? Instance
    : never
  : never;

export type OperationInput<M, Operation extends string> =
  CommandOf<M, Operation> extends { readonly input: infer Input } ? Input : never;

export type OperationOutput<M, Operation extends string> =
  CommandOf<M, Operation> extends { resolveMiddleware(...args: never[]): (...args: never[]) => Promise<infer Result> }
    ? Result extends { output: infer Output }
      ? Omit<Output, "$metadata">
      : never
    : never;

export interface RequestContext {
  /** The Region that is called; "global" for global services. */
  readonly region: string;
  readonly accountId: string;
  readonly requestId: string;
  /** The caller's application id: which step of which run, or who else. */
  readonly cause: string;
  /** For services that act through other services' own operations, as FIS does. */
  readonly api: Api;
}

/**
 * Defines a service; infers the client's module type from `loadClient`. A handler for an operation that the client
 * doesn't have, or an output member that its operation doesn't have, fails compilation.
 */
export function defineService<M, H extends Handlers<M>>(
  definition: Omit<ServiceDefinition<M>, "handlers"> & {
    readonly handlers: (world: World) => H & NoInfer<ExactHandlers<M, H>>;
  },
): ServiceDefinition<M> {
  return definition;
}

/** Handlers with nothing that `Handlers` allows only because TypeScript compares functions leniently. */
type ExactHandlers<M, H> = {
  readonly [K in keyof H]: K extends OperationName<M>
    ? H[K] extends (...args: never[]) => infer Output
      ? Exclude<KeysOf<Output>, keyof OperationOutput<M, K>> extends never
        ? unknown
        : {
            readonly "output has a member that the operation has not": Exclude<
              KeysOf<Output>,
              keyof OperationOutput<M, K>
            >;
          }
      : unknown
    : { readonly "the client has no such operation": K };
};

type KeysOf<T> = T extends unknown ? keyof T : never;

/** An error that a service answers with, as its model names it. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;

  /**
   * @param code - the modelled error's shape name ("DBInstanceNotFoundFault") or, for errors that the model does not
   * list, the wire code ("ValidationError")
   * @param options.status - HTTP status where the model gives none. @default 400
   * @param options.fields - further members of the modelled error
   */
  constructor(
    readonly code: string,
    message: string,
    options: { readonly status?: number; readonly fields?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.status = options.status ?? 400;
    this.fields = options.fields ?? {};
  }
}

/** The Region does not answer at all: over HTTP the connection breaks, in process the call fails like this. */
export class RegionUnreachableError extends Error {
  override readonly name = "RegionUnreachableError";

  constructor(readonly region: string) {
    super(`no answer from ${region}`);
  }
}

/** Calls a service of the simulated AWS from within the simulator, with the same effect as over HTTP. */
export interface Api {
  /**
   * @throws ServiceError as the service would answer
   * @throws RegionUnreachableError when the Region is impaired
   */
  call<M, K extends OperationName<M> & string>(
    service: ServiceDefinition<M>,
    operation: K,
    input: OperationInput<M, K>,
    context: { readonly region: string; readonly cause: string },
  ): OperationOutput<M, K>;

  /** The same by name, for the wire: undefined handler means an operation that is not modelled. */
  dispatch(
    service: ServiceDefinition,
    operation: string,
    input: unknown,
    context: Pick<RequestContext, "region" | "cause">,
  ): unknown;

  /** Every call so far, for reports and for the proof that nothing called an impaired Region. */
  readonly calls: readonly ApiCall[];
}

/** One call that reached the simulated AWS. */
export interface ApiCall {
  readonly at: number;
  readonly region: string;
  readonly service: string;
  readonly operation: string;
  readonly cause: string;
  /** The error code that was answered; "unreachable" for a call to an impaired Region. */
  readonly error?: string;
}

/** Creates the one place through which every call to a simulated service passes. */
export function createApi(world: World): Api {
  const handlersOf = new Map<
    string,
    Record<string, ((input: unknown, context: RequestContext) => unknown) | undefined>
  >();
  const calls: ApiCall[] = [];
  let requests = 0;

  const api: Api = {
    calls,
    call: (service, operation, input, context) => api.dispatch(service, operation, input, context) as never,
    dispatch: (service, operation, input, { region: calledRegion, cause }) => {
      world.clock.settle();
      const region = service.global ? "global" : calledRegion;
      const record = (error?: string): void => {
        calls.push({ at: world.now(), region, service: service.id, operation, cause, ...(error ? { error } : {}) });
      };
      if (world.impairment(region)) {
        record("unreachable");
        throw new RegionUnreachableError(region);
      }
      let handlers = handlersOf.get(service.id);
      if (!handlers) handlersOf.set(service.id, (handlers = service.handlers(world) as NonNullable<typeof handlers>));
      const handler = handlers[operation];
      if (!handler) {
        record("NotImplemented");
        throw new ServiceError("NotImplemented", `the simulated ${service.id} does not model ${operation}`, {
          status: 501,
        });
      }
      const requestId = `req-${String(++requests).padStart(8, "0")}`;
      try {
        const output = world.causedBy(cause, () =>
          handler(input, { region, accountId: world.accountId, requestId, cause, api }),
        );
        record();
        return output;
      } catch (error) {
        // A global service refuses calls while the Region of its control plane is impaired.
        const unreachable = error instanceof RegionUnreachableError ? "unreachable" : "InternalFailure";
        record(error instanceof ServiceError ? error.code : unreachable);
        throw error;
      }
    },
  };
  return api;
}
