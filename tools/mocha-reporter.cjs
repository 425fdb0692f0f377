/**
 * Mocha's spec reporter, which also keeps the counts in the file that TEST_COUNTS_FILE names: .ci/run reads them, also
 * when the run was cut short.
 */
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class CountingReporter extends reporters.Spec {
  /**
   * @param {import("mocha").Runner} runner
   * @param {import("mocha").MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    const file = process.env["TEST_COUNTS_FILE"];
    if (file === undefined) return;
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const count = (/** @type {keyof typeof counts} */ key) => () => {
      counts[key] += 1;
      writeFileSync(file, `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
    };
    runner.on("pass", count("passed"));
    runner.on("fail", count("failed"));
    runner.on("pending", count("skipped"));
  }
};
