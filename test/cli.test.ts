import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import type { RunEvent } from "../src/run/event.js";
import { EXPIRED_ACCESS_KEY_ID } from "../src/simulator/wire/server.js";
import { startSimulator } from "../src/simulator/simulator.js";
import { apps } from "../stacks/apps.js";
import { openCommandLine, type CommandLine, type CommandOptions } from "./support/command-line.js";

describe("command line", function () {
  this.timeout(60_000);
  let shell: CommandLine;

  before(() => {
    shell = openCommandLine();
  });
  after(() => shell.remove());

  /** Asserts one line on stderr, exit 2, and that nothing but `kept` is left behind. */
  async function assertRefused(
    args: readonly string[],
    expected: RegExp,
    options: CommandOptions & { readonly kept?: readonly string[] } = {},
  ): Promise<number> {
    const { code, stdout, stderr, seconds } = await shell.run(args, options);
    assert.equal(stdout, "");
    assert.match(stderr, /^[^\n]+\n$/, "one line");
    assert.match(stderr, expected);
    assert.equal(code, 2);
    assert.deepEqual(shell.leftovers(), options.kept ?? [], "nothing is created");
    return seconds;
  }

  describe("with bad input", () => {
    const cases: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
      "no command": [[], /^no command: the commands are runbook, simulator, preview$/m],
      "an unknown command": [["failover"], /'failover'.*runbook, simulator, preview/],
      "no app": [["runbook"], /'app': an app, a strategy .* or the path of a JSON file/],
      "an unknown app or strategy": [
        ["runbook", "cold-standby"],
        /^app: "cold-standby" is unknown; give one of .*pilot-light.*food-shop/,
      ],
      "an unknown flag": [["runbook", "pilot-light", "--sed", "1"], /'--sed'.*options are .*--mode.*--seed/],
      "two apps": [["runbook", "pilot-light", "food-shop"], /Expected 1 argument but got 2/],
      "an unknown mode": [["runbook", "pilot-light", "--mode", "panic"], /--mode.*'panic'.*drill, failover/],
      "an unknown target": [["runbook", "pilot-light", "--target", "azure"], /--target.*'azure'.*simulator, aws/],
      "a seed that is no number": [["runbook", "pilot-light", "--seed", "x"], /--seed.*'x'.*whole number of 0 or more/],
      "a negative seed": [["runbook", "pilot-light", "--seed", "-1"], /--seed.*'-1'.*whole number of 0 or more/],
      "a flag without its value": [["runbook", "pilot-light", "--report"], /--report <file>.*missing/],
      "a report that can't be written": [
        ["runbook", "pilot-light", "--report", "/dev/null/report.html"],
        /^report: .*a file that may be written/,
      ],
      "a mode that the strategy lacks": [
        ["runbook", "pilot-light", "--mode", "switchover"],
        /^mode: pilot-light has no switchover; it has drill and failover$/m,
      ],
      "a failover on a simulator, which is empty": [
        ["runbook", "pilot-light", "--mode", "failover"],
        /^mode: failover needs an app that runs/,
      ],
      "a drill on AWS": [
        ["runbook", "pilot-light", "--target", "aws"],
        /^mode: target aws can't lose a Region on request: drill on the simulator$/m,
      ],
      "data loss accepted for another app": [
        ["runbook", "pilot-light", "--accept-data-loss", "book-shop"],
        /^accept-data-loss: must name the app, food-shop, not book-shop$/m,
      ],
      "an app file that is absent": [["runbook", "./absent.json"], /^app: \.\/absent\.json can't be read: ENOENT$/m],
      "an unknown stack to preview": [["preview", "book-shop"], /^stacks: book-shop is unknown; there are .*food-shop/],
      "a port that is none": [["simulator", "--port", "70000"], /--port.*'70000'.*1 to 65535/],
    };
    for (const [what, [args, expected]] of Object.entries(cases)) {
      it(`refuses ${what} in one line`, async () => {
        await assertRefused(args, expected);
      });
    }

    it("refuses a port that is in use", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      try {
        await assertRefused(["simulator", "--port", String(port)], new RegExp(`^port: ${port} is in use`));
      } finally {
        server.close();
      }
    });
  });

  describe("with an app file", () => {
    type Json = Record<string, unknown>;
    const good = apps["food-shop"]!;
    const changed = (change: (app: Json & typeof good) => unknown): string => {
      const app = structuredClone(good) as Json & typeof good;
      change(app);
      return JSON.stringify(app);
    };
    const files: Readonly<Record<string, readonly [string, RegExp]>> = {
      "is no JSON": ["{ name: food-shop,\n }", /^app: app\.json is no JSON: /],
      "is a list": ["[]", /^app: .*expected object, received array/],
      "has a Region as its own standby": [
        changed((app) => Object.assign(app.regions, { standby: app.regions.primary })),
        /^regions\.standby: must be another Region than the primary$/m,
      ],
      "names no Region": [
        changed((app) => Object.assign(app.regions, { standby: "moon" })),
        /^regions\.standby: must be an AWS Region such as us-east-1$/m,
      ],
      "has an objective below zero": [
        changed((app) => Object.assign(app.objectives, { rtoSeconds: -1 })),
        /^objectives\.rtoSeconds: must be more than 0 seconds$/m,
      ],
      "has an RPO below zero": [
        changed((app) => Object.assign(app.objectives, { rpoSeconds: -0.1 })),
        /^objectives\.rpoSeconds: must be 0 or more seconds$/m,
      ],
      "lacks an objective": [
        changed((app) => Object.assign(app, { objectives: { rpoSeconds: 5 } })),
        /^objectives\.rtoSeconds: .*expected number, received undefined$/m,
      ],
      "lacks its objectives": [
        changed((app) => Object.assign(app, { objectives: undefined })),
        /^objectives: .*expected object, received undefined$/m,
      ],
      "has a text for a number": [
        changed((app) => Object.assign(app.objectives, { rtoSeconds: "15m" })),
        /^objectives\.rtoSeconds: .*expected number, received string$/m,
      ],
      "has an unknown property": [
        changed((app) => Object.assign(app.traffic, { colour: "blue" })),
        /^traffic\.colour: is not a property of an app$/m,
      ],
      "has an interval that Route 53 lacks": [
        changed((app) => Object.assign(app.traffic.healthCheck, { intervalSeconds: 5 })),
        /^traffic\.healthCheck\.intervalSeconds: must be 10 or 30$/m,
      ],
      "has a strategy that is unknown": [
        changed((app) => Object.assign(app, { strategy: "hope" })),
        /^strategy: .*pilot-light/,
      ],
    };
    for (const [what, [content, expected]] of Object.entries(files)) {
      it(`refuses one that ${what}`, async () => {
        const file = shell.write("app.json", content);
        try {
          await assertRefused(["runbook", "app.json"], expected, { kept: ["app.json"] });
        } finally {
          rmSync(file);
        }
      });
    }
  });

  describe("with --resume", () => {
    const at = "2026-01-01T00:00:00.000Z";
    const planned = (target: string, mode: string): object => ({
      at,
      type: "run-planned",
      run: "run-1",
      app: "food-shop",
      strategy: "pilot-light",
      mode,
      target,
      seed: 1,
      profile: "typical",
      objectives: { rtoSeconds: 900, rpoSeconds: 5 },
      steps: [],
      predictedRtoSeconds: 300,
    });
    const fault = { at, type: "fault-injected", fault: "loss of the Region", region: "ap-northeast-2", faultAt: at };
    const ended = (status: string): object => ({ at, type: "run-ended", status, reasons: [] }) satisfies object;
    const journal = (events: readonly object[], app = "food-shop"): string =>
      [{ type: "journal", version: 1, app, run: "run-1" }, ...events.map((event, i) => ({ sequence: i + 1, ...event }))]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join("");

    afterEach(() => rmSync(join(shell.folder, ".runbook"), { recursive: true, force: true }));

    async function refuses(content: string, expected: RegExp, args: readonly string[] = []): Promise<void> {
      shell.write(".runbook/run-1/journal.jsonl", content);
      await assertRefused(["runbook", "pilot-light", "--resume", "run-1", ...args], expected, { kept: [".runbook"] });
    }
    const onAws = ["--target", "aws", "--mode", "failover"];

    it("refuses a run that is absent", async () => {
      await assertRefused(
        ["runbook", "pilot-light", "--resume", "run-1"],
        /^resume: there is no run run-1 in \.runbook/,
      );
    });

    it("refuses a run that lies elsewhere", async () => {
      await assertRefused(["runbook", "pilot-light", "--resume", "../run-1"], /^resume: there is no run/);
    });

    it("refuses a journal that is damaged", async () => {
      const [header, ...rest] = journal([planned("aws", "failover"), fault]).split("\n");
      await refuses([header, "{ half", ...rest].join("\n"), /journal\.jsonl: the journal is damaged: line 2/, onAws);
    });

    it("refuses a journal in which a record is missing", async () => {
      const lines = journal([planned("simulator", "drill"), fault, fault]).split("\n");
      lines.splice(2, 1);
      await refuses(lines.join("\n"), /journal\.jsonl: the journal is damaged: record 2 is missing/);
    });

    it("refuses a journal of another app", async () => {
      await refuses(
        journal([planned("aws", "failover")], "book-shop"),
        /the journal belongs to app book-shop, not to food-shop/,
        onAws,
      );
    });

    it("refuses a sound journal of a simulated run: its world ended with its process", async () => {
      await refuses(
        journal([planned("simulator", "drill"), fault]),
        /^resume: run run-1 was on a simulator, whose world ended with its process: start a new drill$/m,
      );
    });

    it("refuses a run that has completed", async () => {
      const events = [planned("aws", "failover"), ended("completed")] as unknown as RunEvent[];
      await refuses(journal(events), /^resume: run run-1 was completed: nothing of it is left to do$/m, onAws);
    });

    it("refuses to go on with a run of AWS on the simulator", async () => {
      await refuses(journal([planned("aws", "failover")]), /give --target aws --mode failover as well/);
    });

    it("refuses a plan of it", async () => {
      await assertRefused(["runbook", "pilot-light", "--plan", "--resume", "run-1"], /--plan.*cannot.*--resume/);
    });
  });

  describe("with an environment that can't be used", () => {
    const failover = ["runbook", "pilot-light", "--target", "aws", "--mode", "failover"];
    const credentials = { AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "us-east-1" };

    it("refuses a target that does not answer within 10 s", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const seconds = await assertRefused(failover, /^target aws in us-east-1: no answer \(ECONNREFUSED\)/, {
        env: { ...credentials, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
      });
      assert.ok(seconds <= 10, `${seconds} s`);
    });

    it("refuses expired credentials", async () => {
      const simulator = await startSimulator();
      try {
        await assertRefused(failover, /^target aws in us-east-1: the AWS credentials are .*expired.*\(ExpiredToken\)/, {
          env: {
            ...credentials,
            AWS_ACCESS_KEY_ID: EXPIRED_ACCESS_KEY_ID,
            AWS_ENDPOINT_URL: simulator.endpoint,
          },
        });
      } finally {
        await simulator.close();
      }
    });

    it("refuses absent credentials", async () => {
      await assertRefused(failover, /^target aws in us-east-1: the AWS credentials are absent/, {
        env: {
          AWS_ACCESS_KEY_ID: undefined,
          AWS_SECRET_ACCESS_KEY: undefined,
          AWS_SESSION_TOKEN: undefined,
          AWS_PROFILE: undefined,
          AWS_EC2_METADATA_DISABLED: "true",
          AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
          AWS_CONFIG_FILE: "/dev/null",
        },
      });
    });

    for (const command of [["runbook", "pilot-light"], ["preview"]]) {
      it(`refuses to ${command[0] ?? ""} without the Pulumi CLI`, async () => {
        await assertRefused(command, /^the Pulumi CLI is missing: 3\.\d+ or newer is needed, .*npm run set-up/, {
          env: { PATH: "/nowhere", XDG_CACHE_HOME: join(shell.folder, "..", "empty-cache") },
        });
      });
    }

    it("refuses a Pulumi CLI that is too old", async () => {
      const bin = join(shell.folder, "..", "bin");
      mkdirSync(bin, { recursive: true });
      chmodSync(shell.write("../bin/pulumi", "#!/bin/sh\necho v3.1.0\n"), 0o755);
      await assertRefused(["runbook", "pilot-light"], /^the Pulumi CLI at .*bin\/pulumi is 3\.1\.0: 3\.\d+ or newer/, {
        env: { PATH: bin, XDG_CACHE_HOME: join(shell.folder, "..", "empty-cache") },
      });
    });
  });

  it("lists every command and every option under --help", async () => {
    const [program, runbook] = await Promise.all([shell.run(["--help"]), shell.run(["runbook", "--help"])]);
    assert.deepEqual([program.code, runbook.code, program.stderr, runbook.stderr], [0, 0, "", ""]);
    for (const command of ["runbook", "simulator", "preview"])
      assert.match(program.stdout, new RegExp(`^ +${command}`, "m"));
    const options = ["--mode", "--target", "--plan", "--json", "--seed", "--resume", "--report"];
    for (const option of options) assert.match(runbook.stdout, new RegExp(`^ +${option}`, "m"));
    for (const value of ["drill", "failover", "switchover", "failback", "simulator", "aws"])
      assert.match(runbook.stdout, new RegExp(`"${value}"`));
  });
});
