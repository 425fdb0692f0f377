/** What the planner needs to know of an app and of the wish to recover it. */
export interface RunbookInput {
  readonly mode: "drill" | "failover";
  /** The run that will claim the activation record. */
  readonly run: string;
  readonly app: string;
  /** The name that users ask for. */
  readonly domain: string;
  /** The Region that holds the primary and is to be given up. */
  readonly lostRegion: string;
  /** The Region whose standby is to serve. */
  readonly targetRegion: string;
  readonly objectives: { readonly rtoSeconds: number; readonly rpoSeconds: number };
  /** Instances of the web tier that serving takes. */
  readonly desiredCapacity: number;
  readonly traffic: {
    readonly ttlSeconds: number;
    readonly healthCheck: { readonly intervalSeconds: number; readonly failureThreshold: number };
  };
  readonly steadyState: { readonly successRate: number; readonly windowSeconds: number };
  readonly stacks: RunbookStacks;
  /** Physical names in the target Region. */
  readonly names: { readonly database: string; readonly autoScalingGroup: string; readonly targetGroup: string };
  /** Go on although more would be lost than the objective allows. @default false */
  readonly acceptDataLoss?: boolean;
  /** End with an experiment on the new primary. @default true */
  readonly verifyByExperiment?: boolean;
}

export interface RunbookStacks {
  readonly activation: string;
  /** The target Region's stack: what is promoted. */
  readonly target: string;
  /** Stacks to bring to what they declare once users are served, in this order. */
  readonly reconcile: readonly string[];
}

/** Typical seconds by row of the latency table. */
export type TypicalSeconds = Readonly<Record<string, number>>;
