import type { Clock } from "../target/clock.js";
import type { NewRunEvent, RunEvent } from "./event.js";
import type { Journal } from "./journal.js";

/** Stamps an event with the target's time, writes it down and tells the listeners, in this order. */
export type Recorder = (event: NewRunEvent) => void;

/** Is told of each event once it is written down. */
export type RunListener = (event: RunEvent) => void;

/**
 * Creates a recorder. What a listener throws becomes a process warning: a reporter must not stop a recovery.
 *
 * @param options.journal - absent for a run of which nothing is kept
 */
export function createRecorder(options: {
  readonly clock: Clock;
  readonly journal?: Journal;
  readonly listeners?: readonly RunListener[];
}): Recorder {
  const { clock, journal, listeners = [] } = options;
  return (newEvent) => {
    const event: RunEvent = { at: new Date(clock.now()).toISOString(), ...newEvent };
    journal?.append(event, !isProgress(event));
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error), "RunListenerWarning");
      }
    }
  };
}

/** What nothing depends on: it need not be on the disk before the run goes on. */
function isProgress({ type }: RunEvent): boolean {
  return type === "step-progress" || type === "phase-progress";
}
