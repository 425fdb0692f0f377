import type { NewRunEvent } from "./event.js";

/** What came of a step. What throws instead is tried again, as far as the step's policy and the error allow. */
export type StepOutcome =
  | {
      readonly status: "completed";
      /** What was found or done, for people: one sentence each. */
      readonly findings: readonly string[];
      /** Plain data for later steps and the report; stands in the journal. */
      readonly data?: Readonly<Record<string, unknown>>;
    }
  /** Another attempt would end the same way. */
  | { readonly status: "failed"; readonly reason: string }
  /** The run must not go on: nothing was changed. */
  | { readonly status: "refused"; readonly reasons: readonly string[] };

/** What one attempt of one step may use. */
export interface StepIo {
  /** Aborted when the step's time is over or the run is stopped. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** Says what is going on, for people. */
  readonly progress: (message: string) => void;
  readonly record: (event: NewRunEvent) => void;
  /** What a completed step left, or undefined. */
  readonly data: (step: string) => Readonly<Record<string, unknown>> | undefined;
}
