import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { JournalError } from "../src/errors.js";
import type { RunEvent } from "../src/run/event.js";
import { createJournal, openJournal, readJournal } from "../src/run/journal.js";

const started = (step: string): RunEvent => ({
  at: "2026-01-01T00:00:00.000Z",
  type: "step-started",
  step,
  attempt: 1,
});

describe("journal", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "journal-"));
    file = path.join(folder, "runs", "run-1.jsonl");
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function written(...steps: string[]): void {
    const journal = createJournal(file, { app: "food-shop", run: "run-1" });
    for (const step of steps) journal.append(started(step));
    journal.close();
  }

  const refusal = (pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof JournalError);
    assert.match(error.message, pattern);
    assert.ok(!error.message.includes("\n"), "one line");
    return true;
  };

  it("reads back what was appended, in order", () => {
    written("a", "b");
    const { header, events } = readJournal(file, "food-shop");
    assert.deepEqual(header, { app: "food-shop", run: "run-1" });
    assert.deepEqual(events, [started("a"), started("b")]);
  });

  it("has an event on the disk when append returns", () => {
    const journal = createJournal(file, { app: "food-shop", run: "run-1" });
    journal.append(started("a"));
    assert.deepEqual(readJournal(file).events, [started("a")]);
    journal.close();
  });

  it("goes on after a crash that cut its last line off", () => {
    written("a", "b");
    appendFileSync(file, '{"sequence":3,"type":"step-sta');
    const journal = openJournal(file, "food-shop");
    assert.deepEqual(journal.events, [started("a"), started("b")]);
    journal.append(started("c"));
    journal.close();
    assert.deepEqual(readJournal(file).events, [started("a"), started("b"), started("c")]);
    const numbers = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => (JSON.parse(line) as { sequence: number }).sequence);
    assert.deepEqual(numbers, [1, 2, 3]);
  });

  it("survives a cut at every byte of its last line", () => {
    written("a", "b");
    const whole = readFileSync(file);
    const beforeLast = whole.lastIndexOf("\n", whole.length - 2) + 1;
    for (let length = beforeLast; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      assert.deepEqual(readJournal(file).events, [started("a")], `cut at ${length}`);
    }
  });

  it("refuses another app's journal", () => {
    written("a");
    assert.throws(() => openJournal(file, "other"), refusal(/belongs to app food-shop, not to other/));
  });

  it("refuses a damaged journal and names the line", () => {
    written("a", "b");
    const lines = readFileSync(file, "utf8").split("\n");
    for (const [damaged, pattern] of [
      [[lines[0], "{nonsense", lines[2], ""], /damaged: line 2 is no record/],
      [[lines[0], lines[2], ""], /damaged: record 1 is missing or out of order/],
      [[lines[1], lines[2], ""], /first line does not say whose it is/],
      [[lines[0], '{"sequence":1,"type":"nonsense","at":"x"}', ""], /record 1 is no event/],
      [[""], /first line does not say whose it is/],
    ] as const) {
      writeFileSync(file, damaged.join("\n"));
      assert.throws(() => openJournal(file, "food-shop"), refusal(pattern));
    }
  });

  it("refuses a journal of another version", () => {
    written("a");
    writeFileSync(file, readFileSync(file, "utf8").replace('"version":1', '"version":2'));
    assert.throws(() => readJournal(file), refusal(/has version 2; this software reads version 1/));
  });

  it("refuses a file that is absent, and to write over one that is there", () => {
    assert.throws(() => readJournal(file), refusal(/can't be read: ENOENT/));
    written("a");
    assert.throws(() => createJournal(file, { app: "food-shop", run: "run-1" }), refusal(/can't be created: EEXIST/));
  });

  it("refuses to append after it was closed", () => {
    const journal = createJournal(file, { app: "food-shop", run: "run-1" });
    journal.close();
    journal.close();
    assert.throws(() => journal.append(started("a")), refusal(/closed/));
  });
});
