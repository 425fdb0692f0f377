import assert from "node:assert/strict";

import { ESLint } from "eslint";
import tseslint from "typescript-eslint";

/** A wrong import, planted into a file that need not exist, and what ESLint has to say about it. */
const planted: readonly (readonly [file: string, code: string, expected: RegExp])[] = [
  [
    "src/plan/planted.ts",
    `import { x } from "../run/event.js"; export { x };`,
    /src\/plan may not import src\/run\/event\.ts/,
  ],
  [
    "src/plan/planted.ts",
    `import type { X } from "../../programs/app.js"; export type { X };`,
    /may not import programs\/app/,
  ],
  ["src/plan/planted.ts", `import { readFileSync } from "node:fs"; export { readFileSync };`, /src\/plan is pure/],
  [
    "src/plan/planted.ts",
    `export const load = () => import("../target/aws.js");`,
    /may not import src\/target\/aws\.ts/,
  ],
  ["src/plan/planted.ts", `export type X = import("../run/event.js").RunEvent;`, /may not import src\/run\/event\.ts/],
  [
    "src/run/planted.ts",
    `import { x } from "../simulator/world.js"; export { x };`,
    /src\/run may not import src\/simulator/,
  ],
  [
    "src/run/steps/planted.ts",
    `import { x } from "../../target/simulator.js"; export { x };`,
    /may not import src\/target\/simulator/,
  ],
  [
    "src/run/planted.ts",
    `export { x } from "../../programs/pilot-light.js";`,
    /may not import programs\/pilot-light\.ts/,
  ],
  [
    "src/run/planted.ts",
    `import pRetry from "p-retry"; export { pRetry };`,
    /p-retry may be imported only by src\/run\/retry\.ts/,
  ],
  ["src/aws/planted.ts", `import { x } from "../run/event.js"; export { x };`, /src\/aws may not import src\/run/],
  [
    "src/aws/planted.ts",
    `import * as aws from "@pulumi/aws"; export { aws };`,
    /@pulumi\/aws may be imported only by programs/,
  ],
  [
    "src/simulator/planted.ts",
    `import * as aws from "@pulumi/aws"; export { aws };`,
    /@pulumi\/aws may be imported only by programs/,
  ],
  [
    "src/simulator/planted.ts",
    `import { x } from "../run/interpreter.js"; export { x };`,
    /the simulator may not import src\/run/,
  ],
  [
    "src/report/planted.ts",
    `import { automation } from "@pulumi/pulumi"; export { automation };`,
    /automation of @pulumi\/pulumi/,
  ],
  [
    "src/report/planted.ts",
    `import { x } from "@pulumi/pulumi/automation/index.js"; export { x };`,
    /only by src\/run\/stack/,
  ],
  [
    "src/report/planted.ts",
    `import { x } from "../target/aws.js"; export { x };`,
    /src may not import src\/target\/aws\.ts/,
  ],
  [
    "programs/planted.ts",
    `import type { X } from "../src/run/event.js"; export type { X };`,
    /programs may not import src/,
  ],
  ["stacks/planted.ts", `import { x } from "../src/index.js"; export { x };`, /stacks may not import src/],
  ["src/run/planted.ts", `export const now = () => Date.now();`, /take a Clock/],
  ["src/run/planted.ts", `export const now = () => new Date();`, /take a Clock/],
  ["src/aws/planted.ts", `export const later = (f: () => void) => setTimeout(f, 1);`, /take a Clock/],
  [
    "src/run/planted.ts",
    `import { setTimeout as sleep } from "node:timers/promises"; export { sleep };`,
    /take a Clock/,
  ],
  ["src/run/planted.ts", `console.log("hello");`, /console/],
  ["src/planted.ts", `export * from "./errors.js";`, /no barrels/],
  ["test/planted.test.ts", `describe.only("x", () => undefined);`, /runs no other test/],
];

const allowed: readonly (readonly [file: string, code: string])[] = [
  ["src/plan/planted.ts", `import { x } from "./step.js"; import { y } from "../errors.js"; export { x, y };`],
  ["src/run/retry.ts", `import pRetry from "p-retry"; export { pRetry };`],
  ["src/run/stack-worker.ts", `import { automation } from "@pulumi/pulumi"; export { automation };`],
  ["src/run/planted.ts", `import type { Target } from "../target/target.js"; export type { Target };`],
  ["src/simulator/planted.ts", `import type { rds } from "@pulumi/aws"; export type { rds };`],
  ["src/cli.ts", `import { x } from "./target/simulator.js"; console.log(x);`],
  ["programs/planted.ts", `import * as aws from "@pulumi/aws"; export { aws };`],
  ["test/planted.test.ts", `import { x } from "../src/simulator/world.js"; export { x };`],
];

describe("the import rules", () => {
  // Without type information, which files that do not exist can't have.
  const eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked] });

  async function lint(file: string, code: string): Promise<string[]> {
    const [result] = await eslint.lintText(code, { filePath: file });
    return result?.messages.map(({ message }) => message) ?? [];
  }

  for (const [file, code, expected] of planted) {
    it(`reports in ${file}: ${code}`, async () => {
      const messages = await lint(file, code);
      assert.ok(
        messages.some((message) => expected.test(message)),
        `expected ${expected} among ${JSON.stringify(messages)}`,
      );
    });
  }

  for (const [file, code] of allowed) {
    it(`allows in ${file}: ${code}`, async () => {
      assert.deepEqual(await lint(file, code), []);
    });
  }
});
