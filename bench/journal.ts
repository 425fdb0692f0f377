import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";

import type { RunEvent } from "../src/run/event.js";
import { createJournal } from "../src/run/journal.js";

const APPENDS = 300;

/** Appends a second. */
export interface JournalSpeed {
  readonly journal: number;
  /** A bare loop that writes as many bytes and syncs as often. */
  readonly bare: number;
}

/** Compares the journal with a bare write-and-fsync loop, in turns, on the same disk. */
export function measureJournal(): JournalSpeed {
  const folder = mkdtempSync(path.join(tmpdir(), "region-runbook-bench-"));
  const event: RunEvent = {
    type: "step-completed",
    at: new Date(0).toISOString(),
    step: "promote-stack",
    findings: ["x".repeat(80)],
  };
  try {
    const journal = createJournal(path.join(folder, "journal.jsonl"), { app: "bench", run: "bench" });
    const line = Buffer.from(`${JSON.stringify({ sequence: 100, ...event })}\n`);
    const file = openSync(path.join(folder, "bare"), "w");
    let journalMs = 0;
    let bareMs = 0;
    for (let index = 0; index < APPENDS; index++) {
      journalMs += elapsed(() => journal.append(event));
      bareMs += elapsed(() => {
        writeSync(file, line);
        fsyncSync(file);
      });
    }
    closeSync(file);
    journal.close();
    return { journal: (1000 * APPENDS) / journalMs, bare: (1000 * APPENDS) / bareMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function elapsed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}
