import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

import { regionNames } from "../programs/names.js";
import { projectName } from "../programs/strategy.js";
import { strategies } from "../programs/strategies.js";
import { formatSeconds } from "../src/report/charts.js";
import { latencyTable } from "../src/latency/table.js";
import { createAppStacks } from "../src/run/app-stacks.js";
import { readJournal } from "../src/run/journal.js";
import { findPulumiCli } from "../src/run/pulumi-cli.js";
import { createStackRunner } from "../src/run/stacks.js";
import { stepResults } from "../src/run/status.js";
import { loadBalancerTarget, nameOfAddress } from "../src/simulator/load-balancer-names.js";
import { isWritable, rows } from "../src/simulator/services/rds/service.js";
import { resolveName } from "../src/simulator/services/route-53/service.js";
import { foodShop, runDrill, type EndedDrill } from "./support/drill.js";

const { primary, standby } = foodShop.regions;
const instant = (text: string | null | undefined): number => Date.parse(text ?? "");
const stepsAsBegun = ({ events }: EndedDrill): readonly string[] =>
  events.flatMap((event) => (event.type === "step-started" ? [event.step] : []));

/** What `npm run runbook -- pilot-light` does, in this process. Drills are dear: each is used for all that it shows. */
describe("a pilot light's drill", function () {
  this.timeout(240_000);
  let drill: EndedDrill;
  let faultAt: number;

  before(async () => {
    drill = await runDrill({ seed: 1 });
    faultAt = instant(drill.result.faultAt);
  });

  after(() => drill.close());

  const endOf = (id: string): number => instant(drill.result.steps.find((step) => step.id === id)?.endedAt);
  const startOf = (id: string): number => instant(drill.result.steps.find((step) => step.id === id)?.startedAt);

  it("completes every step and meets the objectives", () => {
    assert.equal(drill.result.status, "completed", drill.result.reasons.join("; "));
    assert.ok(drill.result.objectivesMet);
    assert.deepEqual(
      drill.result.steps.filter(({ status }) => status !== "completed"),
      [],
    );
    assert.deepEqual(drill.result.inertResourceTypes, []);
  });

  it("recovers within 450 s of the fault, detection included", () => {
    const rto = drill.result.measuredRtoSeconds ?? Infinity;
    assert.ok(rto <= 450, `${rto} s`);
  });

  it("takes at most a tenth more than the modelled latencies on its critical path", () => {
    const { measuredRtoSeconds: rto, criticalPathSeconds: path, criticalPath } = drill.result;
    const ratio = (rto ?? NaN) / (path ?? NaN);
    assert.ok(ratio >= 1 && ratio <= 1.1, `${ratio}`);
    const sum = criticalPath.reduce((total, { seconds }) => total + seconds, 0);
    assert.ok(Math.abs(sum - (path ?? NaN)) < 0.01, "the parts add up to the path");
  });

  it("loses exactly the orders that had not reached the replica at the fault, none older than 5 s", () => {
    const { simulator, result } = drill;
    const { database } = regionNames(foodShop, primary);
    const arrived = rows(simulator.world, standby, database);
    const unreplicated = [...rows(simulator.world, primary, database)]
      .filter(([id, row]) => row.committedAt <= faultAt && !((arrived.get(id)?.arrivedAt ?? Infinity) <= faultAt))
      .map(([id, row]) => ({ id, committedAt: row.committedAt }));
    assert.ok(unreplicated.length > 0, "an asynchronous replica lags: a drill that loses nothing proves nothing");
    assert.deepEqual([...result.lostWrites].sort(), unreplicated.map(({ id }) => id).sort());
    assert.equal(result.writes.lost, unreplicated.length);
    const oldest = Math.min(...unreplicated.map(({ committedAt }) => committedAt));
    assert.ok(Math.abs((result.measuredRpoSeconds ?? NaN) - (faultAt - oldest) / 1000) < 0.001);
    assert.ok((result.measuredRpoSeconds ?? NaN) <= 5);
  });

  it("costs at most half of a full copy while it stands by, from what the programs declare", () => {
    const cost = drill.result.standingCost;
    assert.ok(cost && cost.ratio <= 0.5, `${cost?.ratio}`);
    assert.ok(Math.abs(cost.ratio - cost.perMonth / cost.fullCopyPerMonth) < 1e-9);
    assert.deepEqual(cost.unpriced, []);
  });

  it("fences before it promotes, and starts the instances meanwhile", () => {
    for (const fence of ["fence-traffic", "claim-activation"]) assert.ok(endOf(fence) <= startOf("promote-stack"));
    assert.ok(startOf("scale-capacity") < endOf("promote-stack"));
    assert.ok(endOf("decide") <= startOf("fence-traffic"));
    assert.ok(startOf("observe") < faultAt, "the observation began before the fault");
  });

  it("calls the lost Region only to see whether it answers, and Route 53's control plane never", () => {
    const after = drill.simulator.api.calls.filter(
      ({ at, cause }) => at > faultAt && cause.includes(drill.result.runId),
    );
    const toLost = after.filter(({ region }) => region === primary);
    const callers = [...new Set(toLost.map(({ cause }) => cause.replace(`${drill.result.runId}.`, "")))].sort();
    assert.deepEqual(callers, ["fence-region", "observe"]);
    assert.deepEqual(
      after.filter(({ service }) => service === "route-53"),
      [],
    );
  });

  it("measures the recovery from a terminated instance by FIS while the steady state holds", () => {
    const [experiment] = drill.result.experiments;
    assert.equal(experiment?.action, "aws:ec2:terminate-instances");
    assert.equal(experiment.steadyState, "held");
    assert.ok((experiment.recoverySeconds ?? 0) > 0);
    const started = drill.simulator.api.calls.filter(({ operation }) => operation === "StartExperiment");
    assert.equal(started.length, 1);
  });

  it("writes a journal whose events say the same as the result", () => {
    const { events } = readJournal(drill.result.journalFile, foodShop.name);
    const planned = events.find((event) => event.type === "run-planned");
    assert.ok(planned);
    assert.deepEqual(stepResults(planned.steps, events), drill.result.steps);
    assert.equal(events.at(-1)?.type, "run-ended");
  });

  it("writes a report with the same figures", () => {
    const html = readFileSync(drill.result.reportFile ?? "", "utf8");
    for (const text of [drill.result.runId, ...drill.result.lostWrites]) assert.ok(html.includes(text), text);
    const { measuredRtoSeconds, measuredRpoSeconds, writes, requests, standingCost } = drill.result;
    const shown = {
      "Recovery time (RTO)": formatSeconds(measuredRtoSeconds ?? NaN),
      "Data loss (RPO)": formatSeconds(measuredRpoSeconds ?? NaN),
      "Writes lost": String(writes.lost),
      "Requests failed": String(requests.failed),
      "Standby costs": `${Math.round(100 * (standingCost?.ratio ?? NaN))} %`,
    };
    for (const [name, value] of Object.entries(shown))
      assert.ok(html.includes(`<h2>${name}</h2><p class="value">${value}</p>`), `${name} ${value}`);
  });

  it("leaves Pulumi's state true: no stack's preview shows a change, while the Region is lost and when it is back", async () => {
    const { simulator, target, backend, folder } = drill;
    const cli = findPulumiCli();
    const strategy = strategies[foodShop.strategy];
    const shared = {
      project: projectName,
      workDir: `${folder}/previews`,
      env: { PULUMI_SKIP_UPDATE_CHECK: "true", ...backend.env },
    };
    const runner = createStackRunner({ ...shared, target, programModule: strategy.module, cli });
    const stacks = createAppStacks({
      ...shared,
      app: foodShop,
      strategy,
      runner,
      clock: target.clock,
      cli: cli.path,
      stateRegion: null,
    });
    const changed = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const { name } of stacks.specs) {
        const { steps } = await stacks.preview({ stack: name, cause: "test" });
        found.push(...steps.map(({ op, urn }) => `${name}: ${op} ${urn}`));
      }
      return found;
    };
    try {
      assert.deepEqual(await changed(), []);
      target.rehearsal?.restoreRegion(primary);
      assert.equal(simulator.world.impairment(primary), undefined);
      assert.deepEqual(await changed(), []);
    } finally {
      await runner.close();
    }
  });

  it("keeps users away from the old primary when its Region comes back", async () => {
    const { simulator, target } = drill;
    target.rehearsal?.restoreRegion(primary);
    const before = await target.users.sample(60);
    await simulator.clock.sleep(10 * 60_000);
    const oldRows = rows(simulator.world, primary, regionNames(foodShop, primary).database);
    assert.ok(
      [...oldRows.values()].every(({ committedAt }) => committedAt <= faultAt),
      "an order reached the old primary",
    );
    const answer = resolveName(simulator.world, foodShop.domain);
    const regionOf = (name: string): string | undefined => loadBalancerTarget(simulator.world, name)?.region;
    assert.deepEqual(
      new Set(answer?.targets.map((target) => regionOf(nameOfAddress(simulator.world, target) ?? target))),
      new Set([standby]),
      "the old database is writable again where no user can reach it",
    );
    assert.ok(isWritable(simulator.world, primary, regionNames(foodShop, primary).database));
    const after = await target.users.sample(60);
    assert.ok(before.failed === 0 && after.failed === 0 && after.writesAccepted > 0);
  });

  it("does the same again with the same seed, also while both cores are busy", async () => {
    const busy = [1, 2].map(() => new Worker("for (;;);", { eval: true }));
    try {
      const second = await runDrill({ seed: 1 });
      await second.close();
      assert.equal(second.result.status, "completed", second.result.reasons.join("; "));
      assert.deepEqual(stepsAsBegun(second), stepsAsBegun(drill));
      assert.deepEqual(second.result.lostWrites, drill.result.lostWrites);
      const difference = (second.result.measuredRtoSeconds ?? NaN) - (drill.result.measuredRtoSeconds ?? NaN);
      assert.ok(Math.abs(difference) <= 5, `${difference} s apart`);
    } finally {
      await Promise.all(busy.map((worker) => worker.terminate()));
    }
  });

  it("takes as much longer as a latency on the critical path does", async () => {
    // Short enough that the group's grace period is not over before the slower instances serve.
    const longer = 45;
    const row = latencyTable["ec2.bootstrap"];
    const slow = await runDrill({
      seed: 1,
      latencies: { "ec2.bootstrap": { ...row, typical: row.typical + longer } },
    });
    await slow.close();
    assert.equal(slow.result.status, "completed", slow.result.reasons.join("; "));
    const difference = (slow.result.measuredRtoSeconds ?? NaN) - (drill.result.measuredRtoSeconds ?? NaN);
    assert.ok(Math.abs(difference - longer) <= 5, `${difference} s longer`);
    assert.equal(slow.result.predictedRtoSeconds - drill.result.predictedRtoSeconds, longer);
  });
});
