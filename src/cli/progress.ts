import type { RunEvent } from "../run/event.js";

/** Shows a run while it goes on. What it shows is a fold over the run's events. */
export interface Progress {
  onEvent(event: RunEvent): void;
  /** Ends the display; what was shown stays. */
  close(): void;
}
