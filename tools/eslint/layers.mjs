/**
 * Which part of the house may import which: as data. Paths are from the top of the
 * checkout; one that ends in `*` stands for everything that begins so.
 */

/** What programs say without loading a cloud SDK: descriptions, roles, names, stacks. */
const programDescriptions = [
  "programs/activation.ts",
  "programs/app.ts",
  "programs/names.ts",
  "programs/stack-config.ts",
  "programs/strategies.ts",
  "programs/strategy.ts",
];

/** A target as the engine sees it. */
const targetInterface = ["src/target/clock.ts", "src/target/target.ts"];

const engine = ["src/run/*", "src/plan/*", "src/aws/*", "src/errors.ts", ...targetInterface];

/**
 * The first layer that a file belongs to decides; a file of none (tests, bench) may import everything.
 *
 * @typedef {object} Layer
 * @property {string} name - how messages call it
 * @property {readonly string[]} files
 * @property {readonly string[]} mayImport - files of this project
 * @property {boolean} [pure] - whether neither packages nor Node's own modules may be imported
 */

/** @type {readonly Layer[]} */
export const layers = [
  { name: "src/plan", files: ["src/plan/*"], mayImport: ["src/plan/*", "src/errors.ts"], pure: true },
  { name: "src/errors.ts", files: ["src/errors.ts"], mayImport: [], pure: true },
  { name: "src/latency", files: ["src/latency/*"], mayImport: ["src/latency/*"] },
  {
    name: "the Pulumi CLI's look-up",
    files: ["src/run/pulumi-cli.ts"],
    mayImport: ["tools/set-up/pulumi-lookup.mjs", "src/errors.ts"],
  },
  { name: "src/run", files: ["src/run/*"], mayImport: [...engine, ...programDescriptions] },
  { name: "src/aws", files: ["src/aws/*"], mayImport: ["src/aws/*", "src/errors.ts", ...targetInterface] },
  {
    name: "the simulator",
    files: ["src/simulator/*"],
    mayImport: ["src/simulator/*", "src/latency/*", "src/errors.ts", ...targetInterface, ...programDescriptions],
  },
  {
    name: "the target interface",
    files: targetInterface,
    mayImport: targetInterface,
    pure: true,
  },
  {
    name: "the simulator as a target",
    files: ["src/target/simulator*"],
    mayImport: ["src/target/*", "src/simulator/*", "src/latency/*", "src/errors.ts", ...programDescriptions],
  },
  {
    name: "src/target",
    files: ["src/target/*"],
    mayImport: ["src/target/*", "src/aws/*", "src/latency/*", "src/errors.ts"],
  },
  {
    name: "the command line",
    files: ["src/cli*"],
    mayImport: ["src/*", "stacks/*", ...programDescriptions],
  },
  {
    // Callers choose a target; the public API hands them the functions that open one.
    name: "the public API",
    files: ["src/index.ts"],
    mayImport: [
      ...engine,
      "src/target/*",
      "src/chaos/*",
      "src/choose/*",
      "src/report/*",
      "src/simulator/*",
      ...programDescriptions,
    ],
  },
  {
    name: "src",
    files: ["src/*"],
    mayImport: [...engine, "src/chaos/*", "src/choose/*", "src/report/*", ...programDescriptions],
  },
  { name: "programs", files: ["programs/*"], mayImport: ["programs/*"] },
  { name: "stacks", files: ["stacks/*"], mayImport: ["stacks/*", "programs/*"] },
  { name: "tools", files: ["tools/*"], mayImport: ["tools/*"] },
];

const automationApi = ["src/run/stack*", "src/run/pulumi-command.ts"];

/**
 * Packages that only some files may import. Tests and bench may import every package.
 *
 * @typedef {object} PackageRule
 * @property {RegExp} name
 * @property {string} [binding] - the rule is about this named import only (a namespace import counts too)
 * @property {readonly string[]} values - files that may import it
 * @property {readonly string[]} types - files that may import types of it
 * @property {string} why
 */

/** @type {readonly PackageRule[]} */
export const packageRules = [
  {
    name: /^p-retry$/,
    values: ["src/run/retry.ts"],
    types: [],
    why: "attempts and their waits on the target's clock are decided in src/run/retry.ts",
  },
  {
    name: /^@pulumi\/awsx?(\/|$)/,
    values: ["programs/*"],
    types: ["programs/*", "src/simulator/*"],
    why: "loading it takes 1 to 2 s and 137 MB, and only programs declare resources",
  },
  {
    name: /^@pulumi\/pulumi\/automation(\/|$)/,
    values: automationApi,
    types: automationApi,
    why: "stack operations run in worker processes of src/run/stack*",
  },
  {
    name: /^@pulumi\/pulumi$/,
    binding: "automation",
    values: automationApi,
    types: automationApi,
    why: "stack operations run in worker processes of src/run/stack*",
  },
  {
    name: /^@pulumi\/pulumi$/,
    values: ["programs/*", "stacks/*", ...automationApi],
    types: ["programs/*", "stacks/*", "src/run/*", "src/simulator/*"],
    why: "the engine only drives programs",
  },
];

/**
 * @param {readonly string[]} patterns
 * @param {string} path
 */
export function isAmong(patterns, path) {
  return patterns.some((pattern) => (pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern));
}
