import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../.ci/run", import.meta.url));

describe(".ci/run", () => {
  let bin: string;

  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "ci-run-test-"));
  });
  afterEach(() => rmSync(bin, { recursive: true, force: true }));

  /** Runs it with an npm whose `verify` and `test` behave as given; `counts` is what the reporter writes. */
  function run(verifyCode: number, testCode: number, counts: string): { code: number | null; lines: string[] } {
    const npm = join(bin, "npm");
    writeFileSync(
      npm,
      `#!/bin/sh
      echo "npm $*"
      [ "$*" = "run verify" ] && exit ${verifyCode}
      [ "$*" = "test" ] || exit 99
      printf '${counts}' >"$TEST_COUNTS_FILE"
      exit ${testCode}`,
    );
    chmodSync(npm, 0o755);
    // Without CI, which would let it install a browser.
    const result = spawnSync("bash", [script], { env: { PATH: `${bin}:/usr/bin:/bin` }, encoding: "utf8" });
    return { code: result.status, lines: result.stdout.trim().split("\n") };
  }

  it("calls verify, then the tests, shows both outputs and ends with the counts", () => {
    const { code, lines } = run(0, 0, "41 0 2\\n");
    assert.equal(code, 0);
    assert.deepEqual(
      lines.filter((line) => !line.startsWith("==")),
      ["npm run verify", "npm test", "41 passed, 0 failed"],
    );
  });

  it("fails with the number of failed tests", () => {
    const { code, lines } = run(0, 2, "39 2 0\\n");
    assert.equal(code, 1);
    assert.equal(lines.at(-1), "39 passed, 2 failed");
  });

  it("counts a failed verify as one failure, and still runs the tests", () => {
    const { code, lines } = run(1, 0, "41 0 0\\n");
    assert.equal(code, 1);
    assert.equal(lines.at(-1), "41 passed, 1 failed");
  });

  it("fails when the tests ended before they could count", () => {
    const { code, lines } = run(0, 2, "");
    assert.equal(code, 1);
    assert.equal(lines.at(-1), "0 passed, 1 failed");
  });

  it("fails when there was no test to run", () => {
    const { code, lines } = run(0, 0, "");
    assert.equal(code, 1);
    assert.equal(lines.at(-1), "0 passed, 1 failed");
  });

  it("fails when the tests passed but their process crashed", () => {
    const { code, lines } = run(0, 7, "41 0 0\\n");
    assert.equal(code, 1);
    assert.equal(lines.at(-1), "41 passed, 1 failed");
  });
});
