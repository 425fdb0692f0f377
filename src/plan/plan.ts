import type { PathPart } from "./critical-path.js";
import type { Step } from "./step.js";

/** What a planner answers: a runbook with what it predicts, or why there is none. */
export type Plan =
  | {
      readonly status: "planned";
      /** In an order in which each step comes after those that it waits for. */
      readonly steps: readonly Step[];
      /** The longest chain of awaited latencies until users are served, first to last. */
      readonly criticalPath: readonly PathPart[];
      /** Seconds from the fault until users are served again, detection included, with typical latencies. */
      readonly predictedRtoSeconds: number;
      readonly warnings: readonly string[];
    }
  | {
      readonly status: "refused";
      /** One sentence each; nothing was changed. */
      readonly reasons: readonly string[];
    };
