import type { ActivationRecord } from "../../programs/activation.js";
import type { ResourceProgress, StackResult } from "./stack-protocol.js";

/** What steps do with an app's stacks. */
export interface StackOperations {
  /**
   * Brings a stack to what its program declares; idempotent.
   *
   * @throws StackOperationError when the engine or the program failed
   */
  up(request: StackChange): Promise<StackResult>;

  /**
   * Says what `up` would do, and changes nothing.
   *
   * @throws StackOperationError when the engine or the program failed
   */
  preview(request: StackChange): Promise<StackResult>;

  /** The activation record as it stands. Reads the state, starts nothing. */
  readActivation(): Promise<ActivationRecord>;

  /** Where the state lies: its Region, or null when in none; and whether it answers. */
  stateBackend(): Promise<{ readonly reachable: boolean; readonly region: string | null }>;

  /** Has `count` operations ready to begin at once. Returns at once. */
  warm(count: number): void;
}

export interface StackChange {
  readonly stack: string;
  /** Roles to declare; absent: as the activation record says. For the activation stack: the record to write. */
  readonly activation?: ActivationRecord;
  /** On whose behalf the calls are made; see Target.clientConfig. */
  readonly cause: string;
  /** Reads every resource as it is first: for a stack whose last operation was cut off. @default false */
  readonly refresh?: boolean;
  readonly onProgress?: (resource: ResourceProgress) => void;
  readonly signal?: AbortSignal;
}
