import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { listStacks } from "../stacks/apps.js";
import { openCommandLine, type CommandLine } from "./support/command-line.js";
import { projectFolder } from "./support/served-simulator.js";

describe("preview command", function () {
  this.timeout(120_000);
  let shell: CommandLine;

  before(() => {
    shell = openCommandLine();
  });
  after(() => shell.remove());

  const names = listStacks().map(({ stack }) => stack.name);
  /** Every file that `pulumi stack` and `pulumi preview` may write to: that holds the stacks' configuration. */
  const stackFiles = (): Record<string, string> => {
    const files = ["Pulumi.yaml", ...readdirSync(join(projectFolder, "stacks")).map((name) => join("stacks", name))];
    return Object.fromEntries(files.map((file) => [file, readFileSync(join(projectFolder, file), "utf8")]));
  };

  it("previews every example stack from an empty account, and leaves the checkout and the temporary files alone", async () => {
    const before = stackFiles();
    const { code, stdout, stderr } = await shell.run(["preview", "--json"]);
    assert.equal(code, 0, stderr + stdout);

    const previews = JSON.parse(stdout) as { stack: string; changes: Record<string, number> }[];
    assert.deepEqual(
      previews.map(({ stack }) => stack),
      names,
    );
    for (const { stack, changes } of previews) {
      assert.deepEqual(Object.keys(changes), ["create"], stack);
      assert.ok(changes["create"]! > 0, stack);
    }
    assert.deepEqual(stackFiles(), before);
    assert.deepEqual(shell.leftovers(), []);
  });

  it("previews the named stacks only, and prints one line for each", async () => {
    const { code, stdout } = await shell.run(["preview", names[0]!]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^${names[0]} +create \\d+\\n$`));
  });

  it("ends at Ctrl-C with exit code 3 and leaves nothing behind", async () => {
    const running = shell.start(["preview"], { group: true });
    while (running.process.exitCode === null && !running.stderr().includes("previewing")) await delay(50);
    // A terminal interrupts the whole group.
    process.kill(-running.process.pid!, "SIGINT");
    const { code, stdout } = await running.ended;
    assert.equal(code, 3);
    assert.equal(stdout, "");
    assert.deepEqual(shell.leftovers(), []);
  });

  it("refuses an unknown stack in one line that names those there are", async () => {
    const { code, stdout, stderr } = await shell.run(["preview", "food-shop-moon"]);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.equal(stderr, `stacks: food-shop-moon is unknown; there are ${names.join(", ")}\n`);
  });
});
