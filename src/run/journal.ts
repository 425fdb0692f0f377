import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import path from "node:path";

import { JournalError } from "../errors.js";
import type { RunEvent } from "./event.js";

/** Version of the file format; a reader refuses another. */
const VERSION = 1;

/** The first line of a journal: whose it is. */
export interface JournalHeader {
  readonly app: string;
  readonly run: string;
}

/** The truth of a run: one JSON document a line, only ever appended to. */
export interface Journal extends JournalHeader {
  readonly file: string;
  /**
   * Appends one event; when this returns, the event is on the disk.
   *
   * Synchronous on purpose: no effect may begin before its event is safe, and events of parallel steps must not mix.
   *
   * @param durable - false for what nothing depends on, such as progress: it may be lost in a crash. @default true
   * @throws JournalError when the disk refuses
   */
  append(event: RunEvent, durable?: boolean): void;
  /** Safe to call twice. */
  close(): void;
}

/** What a journal says. */
export interface JournalContent {
  readonly header: JournalHeader;
  readonly events: readonly RunEvent[];
}

/**
 * Starts the journal of a new run; makes its folder when absent.
 *
 * @throws JournalError when the file exists or can't be written
 */
export function createJournal(file: string, { app, run }: JournalHeader): Journal {
  const descriptor = attempt(file, "can't be created", () => {
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, "wx", 0o600);
  });
  writeLine(file, descriptor, { type: "journal", version: VERSION, app, run }, true);
  attempt(file, "can't be created", () => syncFolder(path.dirname(file)));
  return appender(file, descriptor, { app, run }, 1);
}

/**
 * Opens the journal of a run that is to go on. A last line that was cut off by a crash is dropped: what it would have
 * said had not been acknowledged.
 *
 * @throws JournalError when it is damaged, absent, or belongs to another app
 */
export function openJournal(file: string, app: string): Journal & { readonly events: readonly RunEvent[] } {
  const { header, events, intactBytes } = parse(file, app);
  const descriptor = attempt(file, "can't be opened", () => openSync(file, "r+"));
  attempt(file, "can't be repaired", () => {
    ftruncateSync(descriptor, intactBytes);
    fsyncSync(descriptor);
  });
  return { ...appender(file, descriptor, header, events.length + 1, intactBytes), events };
}

/**
 * Reads a journal without changing it.
 *
 * @param app - the app that it must belong to; any when absent
 * @throws JournalError when it is damaged, absent, or belongs to another app
 */
export function readJournal(file: string, app?: string): JournalContent {
  const { header, events } = parse(file, app);
  return { header, events };
}

function appender(file: string, descriptor: number, header: JournalHeader, first: number, offset?: number): Journal {
  let sequence = first;
  let position = offset;
  let open = true;
  return {
    ...header,
    file,
    append: (event, durable = true) => {
      if (!open) throw new JournalError(`${file}: the journal is closed`);
      const written = writeLine(file, descriptor, { sequence, ...event }, durable, position);
      if (position !== undefined) position += written;
      sequence++;
    },
    close: () => {
      if (!open) return;
      open = false;
      attempt(file, "can't be closed", () => {
        fsyncSync(descriptor);
        closeSync(descriptor);
      });
    },
  };
}

/** @returns the bytes written */
function writeLine(file: string, descriptor: number, value: unknown, durable: boolean, position?: number): number {
  const line = Buffer.from(`${JSON.stringify(value)}\n`);
  attempt(file, "can't be written", () => {
    for (let written = 0; written < line.length;) {
      const at = position === undefined ? null : position + written;
      written += writeSync(descriptor, line, written, line.length - written, at);
    }
    if (durable) fsyncSync(descriptor);
  });
  return line.length;
}

/** A new file is only safe when its folder is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function parse(file: string, app: string | undefined): JournalContent & { readonly intactBytes: number } {
  const bytes = attempt(file, "can't be read", () => readFileSync(file));
  const intactBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, intactBytes).toString("utf8").split("\n").slice(0, -1);
  const [first, ...rest] = lines.map((line, index) => parseLine(file, line, index + 1));
  const header = parseHeader(file, first);
  if (app !== undefined && header.app !== app) {
    throw new JournalError(`${file}: the journal belongs to app ${header.app}, not to ${app}`);
  }
  const events = rest.map((record, index) => parseEvent(file, record, index + 1));
  return { header, events, intactBytes };
}

function parseLine(file: string, line: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below: what the parser complains about helps nobody.
  }
  throw new JournalError(`${file}: the journal is damaged: line ${number} is no record`);
}

function parseHeader(file: string, record: Readonly<Record<string, unknown>> | undefined): JournalHeader {
  const { type, version, app, run } = record ?? {};
  if (type !== "journal" || typeof app !== "string" || typeof run !== "string") {
    throw new JournalError(`${file}: the journal is damaged: its first line does not say whose it is`);
  }
  if (version !== VERSION) {
    throw new JournalError(
      `${file}: the journal has version ${String(version)}; this software reads version ${VERSION}`,
    );
  }
  return { app, run };
}

function parseEvent(file: string, record: Readonly<Record<string, unknown>>, expected: number): RunEvent {
  const { sequence, ...event } = record;
  if (sequence !== expected) {
    throw new JournalError(`${file}: the journal is damaged: record ${expected} is missing or out of order`);
  }
  if (typeof event["at"] !== "string" || typeof event["type"] !== "string" || !(event["type"] in eventTypes)) {
    throw new JournalError(`${file}: the journal is damaged: record ${expected} is no event of a run`);
  }
  return event as unknown as RunEvent;
}

const eventTypes: Readonly<Record<RunEvent["type"], true>> = {
  "run-planned": true,
  "phase-started": true,
  "phase-progress": true,
  "phase-completed": true,
  "fault-injected": true,
  "step-started": true,
  "step-progress": true,
  "step-attempt-failed": true,
  "step-completed": true,
  "step-failed": true,
  "step-skipped": true,
  "experiment-completed": true,
  "run-ended": true,
};

function attempt<T>(file: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new JournalError(`${file}: the journal ${what}: ${reason}`);
  }
}
