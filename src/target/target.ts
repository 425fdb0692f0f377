import type { Clock } from "./clock.js";

/**
 * Everything outside this process that a run touches: connection settings and a clock, nothing else. The engine sees
 * this interface only, so that choosing between AWS and the simulator changes no behaviour of the engine.
 */
export interface Target {
  readonly name: "aws" | "simulator";

  readonly clock: Clock;

  /**
   * Connection settings for an AWS SDK client.
   *
   * @param region - the Region whose endpoint is called
   * @param cause - on whose behalf; sent as the client's application id, so that CloudTrail (and the simulator's
   * record) shows which step of which run made a call. At most 50 characters.
   */
  clientConfig(region: string, cause: string): AwsClientConfig;

  /** Opens what one Pulumi operation needs: the environment of its CLI and a watch on its idleness. */
  openStackSession(options: StackSessionOptions): Promise<StackSession>;

  /** What users see: from the simulated customers, or from canaries on AWS. */
  readonly users: Users;

  /** Typical seconds by row of the latency table (src/latency/table.ts): what predictions are made with. */
  readonly typicalLatencies: Readonly<Record<string, number>>;

  /** Asks the domain name system, as a client without a cache would; answers the names and addresses. */
  resolve(name: string): Promise<DnsAnswer>;

  /** Present where a disaster can be rehearsed: simulated customers, a fault, and what they experienced. */
  readonly rehearsal?: Rehearsal;

  /** Frees ports and files. Safe to call twice. */
  close(): Promise<void>;
}

/** The common part of every AWS SDK client's configuration that a target decides. */
export interface AwsClientConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly userAgentAppId: string;
  /** Retries belong to the engine (src/run/retry.ts), on the target's clock: the client makes one attempt. */
  readonly maxAttempts: 1;
}

export interface StackSessionOptions {
  readonly stack: string;
  readonly region: string;
  readonly cause: string;
}

export interface StackSession {
  /** Environment variables for the Pulumi CLI of this operation. */
  readonly env: Readonly<Record<string, string>>;

  /**
   * Tells the target about the operation once its CLI runs, so that the simulated clock can show when it is idle.
   * The AWS target ignores it.
   */
  watch(operation: WatchedOperation): void;

  close(): Promise<void>;
}

/** A running Pulumi operation, as far as its idleness needs it. */
export interface WatchedOperation {
  /** Process id of the Pulumi CLI, or undefined while none runs: then the operation counts as busy. */
  cliPid(): number | undefined;

  /** What the operation's program was doing when it last was quiet. */
  program(): ProgramActivity;
}

/** What a Pulumi program waits for, as the engine's resource monitor sees it. */
export type ProgramActivity =
  | { readonly status: "busy" }
  /** Quiet, until one of these registrations (`type::name`) is answered. */
  | { readonly status: "registering"; readonly inFlight: readonly string[] }
  /** The program has ended; the engine may still delete resources. */
  | { readonly status: "ended" };

/** What users experienced over a span of time. */
export interface UserSample {
  readonly requests: number;
  readonly failed: number;
  /** Writes acknowledged to users. */
  readonly writesAccepted: number;
}

/** The users' side of a target. */
export interface Users {
  /** Requests that ended within the last `seconds`. */
  sample(seconds: number): Promise<UserSample>;
}

export interface DnsAnswer {
  /** The names that a CNAME or alias leads to, last first, and addresses. */
  readonly targets: readonly string[];
  readonly ttlSeconds: number;
}

/** A disaster that can be rehearsed, and measured from the users' side. */
export interface Rehearsal {
  readonly seed: number;
  /** Which latencies apply: a column of the table, or drawn values. */
  readonly latencyProfile: string;

  /** Lets customers use the app from the next full minute on, until the target closes. */
  startUsers(options: UsersOptions): void;

  /**
   * Loses a Region: it refuses every call and its data plane is dead.
   *
   * @param inSeconds - from the first of the users, or from now without any
   * @returns the instant of the fault, in milliseconds on the target's clock
   */
  loseRegion(region: string, inSeconds: number): number;

  /** Lets a lost Region answer again, as it was when it was lost. */
  restoreRegion(region: string): void;

  /** What users experienced since `startUsers`, and what the fault cost. */
  measure(options: MeasureOptions): Measurements;

  /** A number from 0 to 1 that depends on the seed and the key only. */
  draw(key: string): number;

  /** Modelled latencies that have passed, with their causes. */
  latencies(): readonly RehearsedLatency[];

  /** Resource types that were created without being modelled. */
  inertResourceTypes(): readonly string[];
}

export interface UsersOptions {
  /** The name that customers look up. */
  readonly domain: string;
  readonly ordersPerSecond: number;
}

export interface MeasureOptions {
  readonly faultAt: number;
  readonly steadyState: { readonly successRate: number; readonly windowSeconds: number };
  /** Where the writable database stands now. */
  readonly activeRegion: string;
  readonly database: string;
}

export interface Measurements {
  /** When users were served again; null when they were not. Milliseconds on the target's clock. */
  readonly recoveredAt: number | null;
  readonly requests: { readonly total: number; readonly failed: number };
  readonly writes: { readonly accepted: number; readonly lost: number };
  /** Ids of acknowledged writes that the active database does not have. */
  readonly lostWrites: readonly string[];
  /** Seconds from the oldest lost write's acknowledgement to the fault; 0 when none was lost. */
  readonly rpoSeconds: number;
  readonly availability: readonly { readonly at: number; readonly requests: number; readonly failed: number }[];
}

/** A modelled latency of the simulated AWS; see src/simulator/world.ts. */
export interface RehearsedLatency {
  readonly id: number;
  readonly row: string;
  readonly label?: string;
  readonly subject: { readonly region: string; readonly resource: string };
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cause: { readonly span: number } | { readonly root: string };
}
