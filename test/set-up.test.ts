import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { PulumiCliError } from "../src/errors.js";
import { findPulumiCli } from "../src/run/pulumi-cli.js";
import { pinnedCliVersion, requiredGoVersion } from "../tools/set-up/project.mjs";
import { isAtLeast, lookUpPulumi } from "../tools/set-up/pulumi-lookup.mjs";
import { createSetUpSandbox, type SetUpRun, type SetUpSandbox } from "./support/set-up-sandbox.js";

describe("set-up", () => {
  let sandbox: SetUpSandbox;
  const installed = `pulumi-${pinnedCliVersion()}`;

  beforeEach(() => {
    sandbox = createSetUpSandbox();
  });
  afterEach(() => sandbox.remove());

  it("installs node_modules and builds the CLI and its language host on a fresh clone", async () => {
    const run = await sandbox.run();
    assertSucceeded(run);
    assert.equal(run.stdout, "", "stdout belongs to the command that runs next");
    assert.match(run.stderr, /npm ci \(usually/);
    assert.match(run.stderr, /building Pulumi CLI .* usually 5 to 7 min/);
    assert.deepEqual(readdirSync(join(sandbox.cache, installed, "bin")).sort(), [
      "pulumi",
      "pulumi-language-nodejs",
      "pulumi-language-nodejs-real",
    ]);
    const cli = join(sandbox.cache, installed, "bin", "pulumi");
    assert.deepEqual(lookUpPulumi(sandbox.env), { status: "found", path: cli, version: pinnedCliVersion() });
    assert.deepEqual(sandbox.cached(), [installed], "no lock and no draft stays");
  });

  it("does nothing and prints nothing the second time", async () => {
    assertSucceeded(await sandbox.run());
    sandbox.takeCalls();
    assert.deepEqual(await sandbox.run(), { code: 0, stdout: "", stderr: "" });
    assert.deepEqual(sandbox.takeCalls(), []);
  });

  it("finds in a second clone the CLI that the first one built", async () => {
    assertSucceeded(await sandbox.run());
    sandbox.takeCalls();
    assertSucceeded(await sandbox.run({}, sandbox.addClone()));
    assert.deepEqual(commands(sandbox.takeCalls()), ["npm ci"]);
  });

  it("does not need node_modules of the clone to tell that Node is too old", async () => {
    const packageJson = join(sandbox.clone, "package.json");
    writeFileSync(packageJson, JSON.stringify({ engines: { node: ">=99.0" } }));
    const run = await sandbox.run();
    assert.equal(run.code, 2);
    assert.equal(run.stderr, `set-up: Node >=99.0 is needed; this is ${process.versions.node}.\n`);
  });

  describe("of node_modules", () => {
    beforeEach(() => sandbox.addPulumi("v3.231.0"));

    it("runs npm ci again when package-lock.json has changed", async () => {
      assertSucceeded(await sandbox.run());
      sandbox.lock(sandbox.clone, "1.0.1");
      sandbox.takeCalls();
      assertSucceeded(await sandbox.run());
      assert.deepEqual(commands(sandbox.takeCalls()), ["npm ci"]);
    });

    it("accepts what was installed by hand", async () => {
      assertSucceeded(await sandbox.run());
      rmSync(join(sandbox.clone, "node_modules", ".region-runbook-stamp"));
      sandbox.takeCalls();
      assert.deepEqual(await sandbox.run(), { code: 0, stdout: "", stderr: "" });
      assert.deepEqual(sandbox.takeCalls(), []);
    });

    it("installs all that is needed whatever npm's configuration says", async () => {
      assertSucceeded(await sandbox.run());
      const [call] = sandbox.takeCalls();
      for (const flag of [
        "--include=dev",
        "--include=optional",
        "--no-legacy-peer-deps",
        "--no-dry-run",
        "--no-global",
      ]) {
        assert.ok(call?.includes(` ${flag} `), `${flag} in ${call}`);
      }
    });

    it("leaves nothing half installed when npm ci fails, and says why", async () => {
      const run = await sandbox.run({ FAKE_NPM: "fails" });
      assert.equal(run.code, 2);
      assert.match(run.stderr, /npm ci failed: npm error code ENOTFOUND/);
      assert.ok(!existsSync(join(sandbox.clone, "node_modules")));
      assertSucceeded(await sandbox.run());
    });

    it("installs once when two commands start at once", async () => {
      const runs = await Promise.all([sandbox.run(), sandbox.run()]);
      runs.forEach(assertSucceeded);
      assert.deepEqual(commands(sandbox.takeCalls()), ["npm ci"]);
    });
  });

  describe("of the Pulumi CLI", () => {
    it("uses one on PATH that is new enough, as it is", async () => {
      const path = sandbox.addPulumi("v3.231.0");
      assertSucceeded(await sandbox.run());
      assert.deepEqual(commands(sandbox.takeCalls()), ["npm ci"]);
      assert.deepEqual(lookUpPulumi(sandbox.env), { status: "found", path, version: "3.231.0" });
    });

    it("installs its own beside one on PATH that is too old, and says so", async () => {
      const path = sandbox.addPulumi("v3.229.9");
      const run = await sandbox.run();
      assertSucceeded(run);
      assert.ok(run.stderr.includes(`${path} is 3.229.9: 3.230 or newer is needed`), run.stderr);
      assert.deepEqual(sandbox.cached(), [installed]);
    });

    it("asks a CLI on PATH again when it has been replaced", async () => {
      sandbox.addPulumi("v3.231.0");
      lookUpPulumi(sandbox.env);
      sandbox.addPulumi("v3.232.10");
      const lookup = lookUpPulumi(sandbox.env);
      assert.ok(lookup.status === "found" && lookup.version === "3.232.10");
    });

    it("takes Pulumi's installer where its site can be reached", async () => {
      const run = await sandbox.run({ FAKE_SITE: "works" });
      assertSucceeded(run);
      assert.match(run.stderr, /downloading Pulumi CLI/);
      assert.ok(!sandbox.takeCalls().some((call) => call.startsWith("go ")));
      assert.deepEqual(sandbox.cached(), [installed]);
    });

    it("builds it when the download breaks off", async () => {
      assertSucceeded(await sandbox.run({ FAKE_SITE: "breaks" }));
      assert.equal(builds(sandbox.takeCalls()), 2);
      assert.deepEqual(sandbox.cached(), [installed]);
    });

    it("replaces what was damaged", async () => {
      assertSucceeded(await sandbox.run());
      rmSync(join(sandbox.cache, installed, "bin", "pulumi"));
      assertSucceeded(await sandbox.run());
      assert.equal(lookUpPulumi(sandbox.env).status, "found");
    });

    it("says in one line what to install when Go is missing", async () => {
      sandbox.removeFake("go");
      await assertRefused(
        {},
        new RegExp(`^set-up: Go is missing.*: install Go ${requiredGoVersion()} or newer, or put a`),
      );
    });

    it("says in one line what to install when Go is too old", async () => {
      await assertRefused({ FAKE_GO_VERSION: "go1.20.14" }, /is Go 1\.20\.14: .* built with 1\.\d+/);
    });

    it("leaves nothing when the build fails, and says why", async () => {
      await assertRefused({ FAKE_GO: "fails" }, /go build of .*\/cmd\/pulumi failed: pulumi\.go:1: undefined: world$/);
    });

    it("does not install a CLI that does not answer with its version", async () => {
      await assertRefused({ FAKE_GO: "lies" }, /that Go built can't be used: it is 1\.2\.3 instead of/);
    });

    it("builds once for two clones that are set up at once", async () => {
      // Longer than one process may start after the other on a busy machine.
      const slow = { FAKE_GO_MS: "2000" };
      const runs = await Promise.all([sandbox.run(slow), sandbox.run(slow, sandbox.addClone())]);
      runs.forEach(assertSucceeded);
      assert.equal(builds(sandbox.takeCalls()), 2, "the CLI and its language host, once each");
      assert.ok(runs.some(({ stderr }) => /process \d+ is installing the Pulumi CLI; waiting for it/.test(stderr)));
      assert.deepEqual(sandbox.cached(), [installed]);
    });

    it("does not wait for a set-up that has died", async () => {
      const lock = join(sandbox.cache, `${installed}.lock`);
      mkdirSync(lock, { recursive: true });
      const { pid, ended } = sandbox.start({ PATH: "" });
      await ended;
      writeFileSync(join(lock, "owner.json"), JSON.stringify({ pid, host: hostname() }));
      assertSucceeded(await sandbox.run());
      assert.deepEqual(sandbox.cached(), [installed]);
    });

    it("leaves neither a draft nor a lock nor a child process when it is ended", async () => {
      const { pid, ended } = sandbox.start({ FAKE_GO_MS: "60000" });
      await until(() => builds(sandbox.takeCalls()) === 1);
      process.kill(pid, "SIGTERM");
      assert.equal((await ended).code, 128 + 15);
      await until(() => sandbox.running().length === 0);
      assert.deepEqual(sandbox.cached(), []);
    });

    async function assertRefused(env: NodeJS.ProcessEnv, problem: RegExp): Promise<void> {
      const run = await sandbox.run(env);
      assert.equal(run.code, 2);
      assert.match(run.stderr.trim().split("\n").at(-1) ?? "", problem);
      assert.deepEqual(sandbox.cached(), [], "nothing is half installed");
    }
  });

  describe("as the engine sees it", () => {
    it("throws one clear line when there is no CLI", () => {
      withEnv(sandbox.env, () => {
        assert.throws(findPulumiCli, (error: unknown) => {
          assert.ok(error instanceof PulumiCliError);
          assert.match(error.message, /^the Pulumi CLI is missing: 3\.230 or newer is needed, .*`npm run set-up`$/);
          return true;
        });
      });
    });

    it("throws one clear line when the only CLI is too old", () => {
      const path = sandbox.addPulumi("v3.100.0");
      withEnv(sandbox.env, () => {
        const message = `the Pulumi CLI at ${path} is 3.100.0: 3.230 or newer is needed, on PATH or installed by \`npm run set-up\``;
        assert.throws(findPulumiCli, { name: "PulumiCliError", message });
      });
    });

    it("compares versions by number, not by letter", () => {
      assert.ok(isAtLeast("3.1000.0", "3.230.0"));
      assert.ok(isAtLeast("3.230.0", "3.230.0"));
      assert.ok(!isAtLeast("3.99.9", "3.230.0"));
      assert.ok(isAtLeast("4.0.0-alpha.1", "3.230.0"));
    });
  });

  it("needs no registry of its own: package-lock.json names none", () => {
    const lock = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
    assert.doesNotMatch(lock, /"resolved"/);
  });
});

function assertSucceeded(run: SetUpRun): void {
  assert.equal(run.code, 0, run.stderr);
}

function commands(calls: readonly string[]): string[] {
  return calls.map((call) => call.split(" ", 2).join(" "));
}

function builds(calls: readonly string[]): number {
  return calls.filter((call) => call.startsWith("go build")).length;
}

function withEnv(env: NodeJS.ProcessEnv, work: () => void): void {
  const before = process.env;
  process.env = { ...env };
  try {
    work();
  } finally {
    process.env = before;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (condition()) return;
    await sleep(20);
  }
  throw new Error("did not come about within 10 s");
}
