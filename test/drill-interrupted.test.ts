import assert from "node:assert/strict";
import path from "node:path";

import { regionNames } from "../programs/names.js";
import { exitCodeOf } from "../src/cli/exit.js";
import { InvalidInputError, runRunbook, type RunEvent, type RunResult } from "../src/index.js";
import { latencyTable } from "../src/latency/table.js";
import { readJournal } from "../src/run/journal.js";
import { runStatus } from "../src/run/status.js";
import { isWritable, rows } from "../src/simulator/services/rds/replication.js";
import { foodShop, runDrill, type EndedDrill } from "./support/drill.js";
import { operationsUnder, remaining } from "./support/processes.js";

const { primary, standby } = foodShop.regions;
const { database } = regionNames(foodShop, standby);

describe("a drill that the operator stops while it promotes", function () {
  this.timeout(300_000);
  let drill: EndedDrill;
  /** Regions whose database was writable, at each second since the customers came. */
  const writable: string[][] = [];
  let resumed: RunResult;
  const resumedEvents: RunEvent[] = [];

  before(async () => {
    const operator = new AbortController();
    drill = await runDrill({
      signal: operator.signal,
      onEvent: (event, { world }) => {
        if (event.type === "phase-started" && event.phase === "warm-up") {
          world.every(1000, () =>
            writable.push([primary, standby].filter((region) => isWritable(world, region, database))),
          );
        }
        const promoting = event.type === "step-progress" && event.step === "promote-stack";
        if (promoting && event.message.includes("aws:rds/instance"))
          operator.abort(new Error("stopped by the operator"));
      },
    });
  });
  after(() => drill.close());

  const resume = (): Promise<RunResult> =>
    runRunbook({
      app: foodShop,
      target: drill.target,
      backend: drill.backend,
      directory: path.join(drill.folder, "runs"),
      resume: drill.result.runId,
      onEvent: (event) => resumedEvents.push(event),
    });
  const stepOf = (result: RunResult, id: string): RunResult["steps"][number] => {
    const step = result.steps.find((candidate) => candidate.id === id);
    assert.ok(step, id);
    return step;
  };

  it("ends as stopped, with exit code 3 and the reason", () => {
    assert.equal(drill.result.status, "stopped");
    assert.deepEqual(drill.result.reasons, ["stopped by the operator"]);
    assert.equal(exitCodeOf(drill.result), 3);
    assert.equal(stepOf(drill.result, "promote-stack").status, "failed");
    assert.equal(stepOf(drill.result, "verify-users").status, "skipped");
    assert.equal(runStatus(readJournal(drill.result.journalFile).events), "stopped");
  });

  it("leaves no process behind", async () => {
    assert.deepEqual(await remaining(() => operationsUnder(process.pid)), []);
  });

  it("goes on when it is resumed, does nothing twice, and completes", async () => {
    resumed = await resume();
    assert.equal(resumed.status, "completed", resumed.reasons.join("; "));
    assert.equal(resumed.runId, drill.result.runId);
    assert.equal(resumed.journalFile, drill.result.journalFile);
    for (const { id, status } of resumed.steps) assert.equal(status, "completed", id);
    for (const id of ["observe", "decide", "claim-activation", "fence-traffic"])
      assert.deepEqual(stepOf(resumed, id), stepOf(drill.result, id));
    const promotions = drill.simulator.api.calls.filter(
      ({ operation, error }) => operation === "PromoteReadReplica" && error === undefined,
    );
    assert.equal(promotions.length, 1);
  });

  it("keeps one journal of both parts, from which the result can be read again", () => {
    const { events } = readJournal(resumed.journalFile, foodShop.name);
    assert.deepEqual(events.slice(0, drill.events.length), drill.events);
    assert.deepEqual(events, resumedEvents);
    assert.equal(runStatus(events), "completed");
  });

  it("measures the recovery from the fault on, the interruption included", () => {
    assert.equal(resumed.faultAt, drill.result.faultAt);
    assert.ok((resumed.measuredRtoSeconds ?? 0) > 0);
    assert.deepEqual(resumed.lostWrites, drill.result.lostWrites);
  });

  it("never has two writable databases", () => {
    assert.ok(writable.some(([region]) => region === primary) && writable.some(([region]) => region === standby));
    assert.deepEqual(
      writable.filter((regions) => regions.length > 1),
      [],
    );
  });

  it("is not resumed once it has completed", async () => {
    await assert.rejects(resume(), (error) => error instanceof InvalidInputError && error.field === "resume");
  });
});

describe("a drill whose replica lags more than the objective allows", function () {
  this.timeout(200_000);
  let drill: EndedDrill;

  before(async () => {
    const lag = { ...latencyTable["rds.replica-lag"], typical: 20 };
    drill = await runDrill({ latencies: { "rds.replica-lag": lag } });
  });
  after(() => drill.close());

  it("is refused, with exit code 2 and the lag as the reason", () => {
    assert.equal(drill.result.status, "refused");
    assert.equal(exitCodeOf(drill.result), 2);
    assert.match(
      drill.result.reasons.join("; "),
      /^the replica lags \d+(\.\d+)? s, more than the objective of 5 s, and the loss was not accepted$/,
    );
  });

  it("changes nothing: no fence, no capacity, no promotion", () => {
    const { simulator, result } = drill;
    const acted = result.steps.filter(({ id, status }) => !["observe", "decide"].includes(id) && status !== "skipped");
    assert.deepEqual(acted, []);
    assert.equal(isWritable(simulator.world, standby, database), false);
    const runs = new RegExp(`^${result.runId}\\.`);
    const changes = simulator.api.calls.filter(
      ({ at, cause, operation }) =>
        at > Date.parse(result.faultAt ?? "") && runs.test(cause) && !/^(Describe|Get|List|Head)/.test(operation),
    );
    assert.deepEqual(changes, []);
    assert.ok(rows(simulator.world, standby, database).size > 0, "it did replicate");
  });
});
