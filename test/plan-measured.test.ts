import assert from "node:assert/strict";

import fc from "fast-check";

import { measuredCriticalPath, type MeasuredRun, type MeasuredSpan } from "../src/plan/measured-critical-path.js";
import { step } from "./support/plan-fixtures.js";

const faultAt = 1_000_000;
const at = (seconds: number): number => faultAt + seconds * 1000;

function span(id: number, row: string, from: number, to: number, cause: MeasuredSpan["cause"]): MeasuredSpan {
  return { id, row, startedAt: at(from), endedAt: at(to), cause };
}

const awaits = (...rows: string[]): { awaits: { row: string }[] } => ({ awaits: rows.map((row) => ({ row })) });

/** Detection, then a promotion and a launch side by side, each with software time of its own in between. */
const steps = [
  step("observe", [], awaits("threshold")),
  step("promote", ["observe"], awaits("rds.promote", "rds.reboot")),
  step("scale", ["observe"]),
  step("wait", ["promote", "scale"], awaits("ec2.bootstrap")),
  step("verify", ["wait"], { ...awaits("fis.initiate"), recovery: false }),
];

const run: MeasuredRun = {
  steps,
  faultAt,
  recoveredAt: at(300),
  timings: [
    { id: "observe", cause: "run.observe", endedAt: at(33) },
    { id: "promote", cause: "run.promote", endedAt: at(220) },
    { id: "scale", cause: "run.scale", endedAt: at(34) },
    { id: "wait", cause: "run.wait", endedAt: at(302) },
    { id: "verify", cause: "run.verify", endedAt: at(400) },
  ],
  spans: [
    { ...span(1, "configured", 0, 30, { root: "fault" }), label: "threshold" },
    span(2, "rds.promote", 38, 158, { root: "run.promote" }),
    span(3, "rds.reboot", 158, 218, { span: 2 }),
    span(4, "ec2.launch", 34, 60, { root: "run.scale" }),
    span(5, "ec2.bootstrap", 60, 298, { span: 4 }),
    span(6, "fis.initiate", 310, 399, { root: "run.verify" }),
    span(7, "rds.reboot", -50, 10, { root: "deploy" }),
  ],
};

describe("measured critical path", () => {
  it("chains latencies by cause and by step, and leaves software time out", () => {
    const { seconds, parts } = measuredCriticalPath(run);
    assert.equal(seconds, 30 + 26 + 238);
    assert.deepEqual(parts, [
      { what: "threshold", step: "observe", seconds: 30 },
      { what: "ec2.launch", step: "scale", seconds: 26 },
      { what: "ec2.bootstrap", step: "scale", seconds: 238 },
    ]);
  });

  it("follows the promotion where that is slower", () => {
    const spans = run.spans.map((one) => (one.id === 5 ? { ...one, endedAt: at(90) } : one));
    const { parts } = measuredCriticalPath({ ...run, spans });
    assert.deepEqual(
      parts.map(({ what }) => what),
      ["threshold", "rds.promote", "rds.reboot"],
    );
  });

  it("ignores what passed after users were served, and what another run caused", () => {
    const late = span(8, "ec2.bootstrap", 40, 305, { span: 4 });
    const foreign = span(9, "ec2.bootstrap", 0, 299, { root: "run.verify" });
    assert.deepEqual(measuredCriticalPath({ ...run, spans: [...run.spans, late, foreign] }), measuredCriticalPath(run));
  });

  it("counts the part of a latency after the fault only", () => {
    const only = { ...run, spans: [{ ...span(1, "configured", -20, 12, { root: "deploy" }), label: "threshold" }] };
    assert.equal(measuredCriticalPath(only).seconds, 12);
  });

  it("does not count a latency that a step awaits but that ended after the step had", () => {
    const timings = run.timings.map((one) => (one.id === "observe" ? { ...one, endedAt: at(20) } : one));
    const { parts } = measuredCriticalPath({ ...run, timings });
    assert.ok(parts.every(({ what }) => what !== "threshold"));
  });

  it("is never longer than the measured RTO, whatever overlaps, and its parts add up", () => {
    const drawnSpan = fc.record({
      row: fc.constantFrom("threshold", "rds.promote", "rds.reboot", "ec2.bootstrap", "other"),
      startedAt: fc.integer({ min: -100, max: 500 }),
      seconds: fc.integer({ min: 0, max: 400 }),
      cause: fc.oneof(
        fc.constantFrom("fault", "deploy", ...run.timings.map(({ cause }) => cause)).map((root) => ({ root })),
        fc.nat(12).map((id) => ({ span: id })),
      ),
    });
    fc.assert(
      fc.property(fc.array(drawnSpan, { maxLength: 12 }), fc.integer({ min: 0, max: 600 }), (drawn, rto) => {
        const spans = drawn.map(({ row, startedAt, seconds, cause }, id): MeasuredSpan => {
          // The world records a span after what caused it: causes have smaller ids.
          const earlier = "span" in cause && cause.span >= id ? { root: "fault" } : cause;
          return span(id, row, startedAt, startedAt + seconds, earlier);
        });
        const { seconds, parts } = measuredCriticalPath({ ...run, spans, recoveredAt: at(rto) });
        assert.ok(seconds <= rto + 1e-9, `${seconds} s in ${rto} s`);
        assert.ok(Math.abs(seconds - parts.reduce((sum, part) => sum + part.seconds, 0)) < 1e-9);
        assert.ok(parts.every((part) => part.seconds > 0));
      }),
      { numRuns: 500 },
    );
  });
});
