import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { InvalidInputError } from "../errors.js";
import type { RunEvent } from "./event.js";
import { readJournal } from "./journal.js";
import { runStatus } from "./status.js";

/** What the journal of a run that did not complete says. */
export interface InterruptedRun {
  readonly run: string;
  readonly journalFile: string;
  /** What was planned. */
  readonly planned: Extract<RunEvent, { type: "run-planned" }>;
  /** Everything that happened until it was interrupted. */
  readonly events: readonly RunEvent[];
}

/** Where a run's journal lies. */
export function journalFileOf(directory: string, run: string): string {
  return path.join(path.resolve(directory), run, "journal.jsonl");
}

/**
 * Reads the journal of an interrupted run, and changes nothing.
 *
 * @param options.directory - folder in which each run has a folder of its own
 * @param options.app - the app that it must belong to
 * @throws InvalidInputError when there is no such run, or nothing of it is left to do
 * @throws JournalError when its journal is damaged or of another app
 */
export function readInterruptedRun(options: {
  readonly directory: string;
  readonly run: string;
  readonly app: string;
}): InterruptedRun {
  const { directory, run, app } = options;
  const file = journalFileOf(directory, run);
  if (!/^[A-Za-z0-9-]+$/.test(run) || !existsSync(file)) {
    throw new InvalidInputError("resume", `there is no run ${run} in ${directory}; ${knownRuns(directory)}`);
  }
  const { header, events } = readJournal(file, app);
  const planned = events.find((event) => event.type === "run-planned");
  if (!planned) throw new InvalidInputError("resume", `run ${run} ended before it was planned: start a new one`);
  const status = runStatus(events);
  if (status === "completed" || status === "refused") {
    throw new InvalidInputError("resume", `run ${run} was ${status}: nothing of it is left to do`);
  }
  if (planned.mode === "drill" && !events.some(({ type }) => type === "fault-injected")) {
    throw new InvalidInputError("resume", `drill ${run} ended before its fault: start a new one`);
  }
  return { run: header.run, journalFile: file, planned, events };
}

function knownRuns(directory: string): string {
  const runs = existsSync(directory)
    ? readdirSync(directory).filter((name) => existsSync(journalFileOf(directory, name)))
    : [];
  return runs.length === 0 ? "there are none" : `the last ones are ${runs.sort().slice(-3).join(", ")}`;
}
