import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import fc from "fast-check";

import { JournalError } from "../src/errors.js";
import type { Step } from "../src/plan/step.js";
import type { RunEvent } from "../src/run/event.js";
import { runSteps, type RunStepsOptions } from "../src/run/interpreter.js";
import { createJournal, openJournal, readJournal } from "../src/run/journal.js";
import { createRecorder } from "../src/run/recorder.js";
import { runStatus, stepResults } from "../src/run/status.js";
import type { StepIo, StepOutcome } from "../src/run/step-effect.js";
import { createSimulatedClock, type SimulatedClock } from "../src/simulator/clock.js";
import { runbooks, step } from "./support/plan-fixtures.js";

const done: StepOutcome = { status: "completed", findings: [] };
const retry = { attempts: 3, minSeconds: 10, maxSeconds: 60 };

describe("interpreter", () => {
  let clock: SimulatedClock;
  beforeEach(() => (clock = createSimulatedClock()));
  afterEach(() => clock.stop());

  type Perform = (step: Step, io: StepIo) => Promise<StepOutcome>;

  async function run(steps: readonly Step[], perform: Perform, more: Partial<RunStepsOptions> = {}) {
    const events: RunEvent[] = [];
    const record = createRecorder({ clock, listeners: [(event) => events.push(event)] });
    const outcome = await runSteps({ steps, perform, clock, record, random: () => 1, ...more });
    const results = new Map(stepResults(steps, events).map((result) => [result.id, result]));
    return {
      outcome,
      events,
      results,
      log: events.map((event) => ("step" in event ? `${event.type} ${event.step}` : "")),
    };
  }

  const takes =
    (seconds: Readonly<Record<string, number>>): Perform =>
    async ({ id }, { signal }) => {
      await clock.sleep((seconds[id] ?? 0) * 1000, signal);
      return done;
    };

  it("runs a step when all that it waits for has completed, and what may overlap side by side", async () => {
    const steps = [step("a"), step("b", ["a"]), step("c", ["a"]), step("d", ["b", "c"])];
    const startedAt = clock.now();
    const { outcome, log } = await run(steps, takes({ a: 10, b: 100, c: 60, d: 5 }));
    assert.deepEqual(outcome, { status: "completed", reasons: [] });
    const seconds = (clock.now() - startedAt) / 1000;
    assert.ok(seconds >= 115 && seconds < 120, `${seconds} s`);
    assert.deepEqual(log, [
      "step-started a",
      "step-completed a",
      "step-started b",
      "step-started c",
      "step-completed c",
      "step-completed b",
      "step-started d",
      "step-completed d",
    ]);
  });

  it("starts no step of any runbook before what it waits for has completed", async () => {
    await fc.assert(
      fc.asyncProperty(runbooks(6), async (steps) => {
        const completed = new Set<string>();
        await run(steps, async ({ id, after }) => {
          assert.ok(after.every((before) => completed.has(before)));
          await clock.sleep(1000);
          completed.add(id);
          return done;
        });
        assert.equal(completed.size, steps.length);
      }),
      { numRuns: 20 },
    );
  });

  it("skips what waits for a failed step, with the reason, and goes on elsewhere", async () => {
    const steps = [step("d", ["c"]), step("a"), step("b", ["a"]), step("c", ["b"]), step("other")];
    const { outcome, results } = await run(steps, ({ id }) =>
      Promise.resolve(id === "a" ? { status: "failed", reason: "no capacity" } : done),
    );
    assert.deepEqual(outcome, { status: "failed", reasons: ["a: no capacity"] });
    assert.deepEqual(
      [...results.values()].map(({ id, status, findings }) => [id, status, findings.join()]),
      [
        ["d", "skipped", "c was skipped"],
        ["a", "failed", "no capacity"],
        ["b", "skipped", "a failed"],
        ["c", "skipped", "b was skipped"],
        ["other", "completed", ""],
      ],
    );
  });

  it("goes on after an optional step that failed", async () => {
    const steps = [step("a", [], { optional: true }), step("b", ["a"])];
    const { outcome, results } = await run(steps, ({ id }) =>
      Promise.resolve(id === "a" ? { status: "failed", reason: "no answer" } : done),
    );
    assert.equal(outcome.status, "completed");
    assert.equal(results.get("a")?.status, "failed");
    assert.equal(results.get("b")?.status, "completed");
  });

  it("ends refused when a step refuses, and starts nothing after that", async () => {
    const steps = [step("decide"), step("promote", ["decide"])];
    const { outcome, results } = await run(steps, () =>
      Promise.resolve({ status: "refused", reasons: ["too much lag"] }),
    );
    assert.deepEqual(outcome, { status: "refused", reasons: ["too much lag"] });
    assert.equal(results.get("promote")?.status, "skipped");
    assert.equal(results.get("promote")?.attempts, 0);
  });

  it("tries a step again on the target's clock when its error can get better", async () => {
    let calls = 0;
    const startedAt = clock.now();
    const { outcome, events } = await run(
      [step("a", [], { retry })],
      () => (++calls < 3 ? Promise.reject(new Error("busy")) : Promise.resolve(done)),
      { canGetBetter: () => true },
    );
    assert.equal(outcome.status, "completed");
    assert.ok(clock.now() - startedAt >= 30_000);
    assert.deepEqual(
      events.map((event) => (event.type === "step-attempt-failed" ? event.retryInSeconds : event.type)),
      ["step-started", 10, "step-started", 20, "step-started", "step-completed"],
    );
  });

  it("fails a step at once when its error can't get better", async () => {
    const { outcome, results } = await run(
      [step("a", [], { retry })],
      () => Promise.reject(new Error("access denied")),
      {
        canGetBetter: () => false,
      },
    );
    assert.deepEqual(outcome.reasons, ["a: access denied"]);
    assert.equal(results.get("a")?.attempts, 1);
  });

  it("aborts a step when its time is over, retries included", async () => {
    const startedAt = clock.now();
    const steps = [step("a", [], { timeoutSeconds: 15, retry }), step("b", ["a"])];
    let aborted = false;
    const { outcome, results } = await run(
      steps,
      async (_, { signal, attempt }) => {
        if (attempt === 1) throw new Error("busy");
        signal.addEventListener("abort", () => (aborted = true));
        await clock.sleep(1e9, signal);
        return done;
      },
      { canGetBetter: () => true },
    );
    assert.deepEqual(outcome, { status: "failed", reasons: ["a: not done within 15 s"] });
    assert.ok(aborted);
    assert.ok(clock.now() - startedAt < 20_000);
    assert.equal(results.get("b")?.status, "skipped");
  });

  it("leaves a step behind that ignores its abort, after a while", async () => {
    const startedAt = clock.now();
    const { outcome } = await run([step("a", [], { timeoutSeconds: 10 })], () => new Promise(() => undefined));
    assert.equal(outcome.status, "failed");
    assert.ok(clock.now() - startedAt < 60_000);
  });

  it("ends stopped on the signal: steps under way are aborted, no other begins", async () => {
    const stop = new AbortController();
    const steps = [step("a"), step("b", ["a"])];
    const { outcome, results } = await run(
      steps,
      async (_, { signal }) => {
        setImmediate(() => stop.abort(new Error("stopped by the operator")));
        await clock.busy(() => new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true })));
        signal.throwIfAborted();
        return done;
      },
      { signal: stop.signal },
    );
    assert.deepEqual(outcome, { status: "stopped", reasons: ["stopped by the operator"] });
    assert.equal(results.get("a")?.status, "failed");
    assert.equal(results.get("b")?.status, "skipped");
  });

  it("does not do again what has completed, and gives its data to later steps", async () => {
    const steps = [step("a"), step("b", ["a"]), step("c", ["b"])];
    const first = await run(steps, ({ id }) =>
      id === "b" ? Promise.reject(new Error("crash")) : Promise.resolve({ ...done, data: { from: id } }),
    );
    const called: string[] = [];
    const second = await run(
      steps,
      ({ id }, { data }) => {
        called.push(id);
        if (id === "b") assert.deepEqual(data("a"), { from: "a" });
        return Promise.resolve(done);
      },
      { history: first.events },
    );
    assert.equal(second.outcome.status, "completed");
    assert.deepEqual(called, ["b", "c"]);
  });

  it("refuses what is no runbook", async () => {
    await assert.rejects(
      run([step("a", ["b"])], () => Promise.resolve(done)),
      /not a runbook: step a waits for b/,
    );
  });

  describe("with a journal", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "run-"))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it("has the start of a step on the disk before its effect begins, and its end before the next starts", async () => {
      const file = path.join(folder, "journal.jsonl");
      const journal = createJournal(file, { app: "food-shop", run: "run-1" });
      const steps = [step("a"), step("b", ["a"])];
      const seen: string[][] = [];
      await runSteps({
        steps,
        clock,
        record: createRecorder({ clock, journal }),
        perform: () => {
          seen.push(readJournal(file).events.map(({ type }) => type));
          return Promise.resolve(done);
        },
      });
      assert.deepEqual(seen, [["step-started"], ["step-started", "step-completed", "step-started"]]);
      journal.close();
    });

    it("finishes after a crash at any point, and does each step that completed only once", async () => {
      const steps = [step("a"), step("b", ["a"]), step("c", ["a"]), step("d", ["b", "c"])];
      const file = (name: string): string => path.join(folder, `${name}.jsonl`);
      for (let crashAt = 1; crashAt <= 8; crashAt++) {
        const completions: string[] = [];
        const perform: Perform = async ({ id }) => {
          await clock.sleep(1000);
          completions.push(id);
          return done;
        };
        const journal = createJournal(file(`${crashAt}`), { app: "food-shop", run: "run-1" });
        let written = 0;
        const dying = {
          ...journal,
          append: (event: RunEvent) => {
            if (++written >= crashAt) throw new JournalError("the disk is gone");
            journal.append(event);
          },
        };
        await assert.rejects(
          runSteps({ steps, perform, clock, record: createRecorder({ clock, journal: dying }) }),
          /the disk is gone/,
        );
        journal.close();

        const reopened = openJournal(file(`${crashAt}`), "food-shop");
        const known = reopened.events.flatMap((event) => (event.type === "step-completed" ? [event.step] : []));
        completions.length = 0;
        const outcome = await runSteps({
          steps,
          perform,
          clock,
          history: reopened.events,
          record: createRecorder({ clock, journal: reopened }),
        });
        reopened.close();
        assert.equal(outcome.status, "completed");
        assert.deepEqual([...known, ...completions].sort(), ["a", "b", "c", "d"], `crash at ${crashAt}`);
        assert.ok(
          stepResults(steps, readJournal(file(`${crashAt}`)).events).every(({ status }) => status === "completed"),
        );
      }
    });
  });
});

describe("status of a run", () => {
  it("is running until it has ended, and again when it is resumed", () => {
    const at = "2026-01-01T00:00:00.000Z";
    const started: RunEvent = { at, type: "step-started", step: "a", attempt: 1 };
    const stopped: RunEvent = { at, type: "run-ended", status: "stopped", reasons: [] };
    assert.equal(runStatus([started]), "running");
    assert.equal(runStatus([started, stopped]), "stopped");
    assert.equal(runStatus([started, stopped, started]), "running");
  });

  it("does not let a listener that throws stop a run", () => {
    const clock = createSimulatedClock();
    const seen: RunEvent[] = [];
    const record = createRecorder({
      clock,
      listeners: [
        () => {
          throw new Error("a reporter's bug");
        },
        (event) => seen.push(event),
      ],
    });
    const warned = new Promise((resolve) => process.once("warning", resolve));
    record({ type: "step-started", step: "a", attempt: 1 });
    assert.equal(seen.length, 1);
    clock.stop();
    return warned;
  });
});
