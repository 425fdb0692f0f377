import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { RunResult, RunbookPlan } from "../src/index.js";
import { openCommandLine, type CommandLine, type CommandRun } from "./support/command-line.js";
import { processesOfGroup, remaining } from "./support/processes.js";

/** The fields of a result that docs and scripts rely on. */
const contract = [
  ...["app", "strategy", "mode", "target", "seed", "runId", "status", "reasons", "objectives"],
  ...["measuredRtoSeconds", "measuredRpoSeconds", "decisionToRecoverySeconds", "criticalPathSeconds"],
  ...["requests", "writes", "steps", "experiments", "standingCost", "wallSeconds", "reportFile"],
] as const satisfies readonly (keyof RunResult)[];

const contractOfStep = [
  ...["id", "kind", "region", "plane", "status", "after", "startedAt", "endedAt", "attempts"],
] as const satisfies readonly (keyof RunResult["steps"][number])[];

function assertContract(result: RunResult): void {
  for (const field of contract) assert.ok(field in result, field);
  for (const step of result.steps) for (const field of contractOfStep) assert.ok(field in step, `${step.id}.${field}`);
}

describe("runbook on the command line", function () {
  this.timeout(240_000);
  let shell: CommandLine;

  beforeEach(() => {
    shell = openCommandLine();
  });
  afterEach(() => shell.remove());

  it("runs a drill: exit 0, one JSON document on stdout, progress on stderr, a report where it was asked for", async () => {
    const run = await shell.run(["runbook", "pilot-light", "--json", "--seed", "5", "--report", "out/report.html"]);
    assert.equal(run.code, 0, run.stderr);
    const result = JSON.parse(run.stdout) as RunResult;
    assertContract(result);
    assert.deepEqual(
      [result.app, result.strategy, result.mode, result.target, result.seed, result.status, result.objectivesMet],
      ["food-shop", "pilot-light", "drill", "simulator", 5, "completed", true],
    );
    assert.equal(result.experiments.length, 1);
    assert.ok(result.standingCost);
    for (const { id } of result.steps) assert.match(run.stderr, new RegExp(`^.*${id} completed`, "m"));
    assert.match(run.stderr, /FAULT: loss of the Region in ap-northeast-2/);
    assert.equal(result.reportFile, join(shell.folder, "out", "report.html"));
    assert.ok(readFileSync(result.reportFile, "utf8").includes(result.runId));
    assert.ok(existsSync(result.journalFile));
    assert.deepEqual(shell.leftovers(), [".runbook", "out"], "the state of a simulated world goes with it");
  });

  it("shows a plan as one JSON document: steps, critical path, each stack's changes; and does nothing", async () => {
    const run = await shell.run(["runbook", "pilot-light", "--plan", "--json"]);
    assert.equal(run.code, 0, run.stderr);
    const plan = JSON.parse(run.stdout) as RunbookPlan;
    assert.equal(plan.status, "planned");
    assert.ok(plan.predictedRtoSeconds > 0 && plan.criticalPath.length > 0);
    assert.equal(
      Math.round(1000 * plan.criticalPath.reduce((sum, { seconds }) => sum + seconds, 0)),
      Math.round(1000 * plan.predictedRtoSeconds),
    );
    const ids = plan.steps.map(({ id }) => id);
    for (const [index, step] of plan.steps.entries())
      for (const id of step.after) assert.ok(ids.indexOf(id) >= 0 && ids.indexOf(id) < index, `${step.id} after ${id}`);
    assert.deepEqual(
      plan.changes.map(({ stack }) => stack),
      ["food-shop-us-east-1"],
    );
    assert.deepEqual([...new Set(plan.changes.flatMap(({ steps }) => steps.map(({ op }) => op)))], ["update"]);
  });

  it("stops at Ctrl-C during the promotion: exit 3, the result all the same, and no process left", async () => {
    const command = shell.start(["runbook", "pilot-light", "--json"], { group: true });
    const group = command.process.pid ?? NaN;
    const ended: CommandRun[] = [];
    const end = command.ended.then((run) => ended.push(run));
    try {
      while (ended.length === 0 && !/promote-stack: update aws:rds\/instance/.test(command.stderr())) await delay(5);
      // As a terminal does it: to the whole group.
      process.kill(-group, "SIGINT");
      await end;
    } finally {
      if (ended.length === 0) process.kill(-group, "SIGKILL");
    }
    const [run] = ended;
    assert.equal(run?.code, 3, run?.stderr);
    const result = JSON.parse(run.stdout) as RunResult;
    assertContract(result);
    assert.equal(result.status, "stopped");
    assert.deepEqual(result.reasons, ["stopped by the operator"]);
    assert.deepEqual(await remaining(() => processesOfGroup(group)), []);
    assert.deepEqual(shell.leftovers(), [".runbook"]);
    assert.deepEqual(readdirSync(join(shell.folder, ".runbook")), [result.runId]);
  });
});
