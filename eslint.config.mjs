import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { layeredImports } from "./tools/eslint/layered-imports.mjs";

const clockMessage = "take a Clock (src/target/clock.ts): what bypasses it is not skipped in a drill";

/** Time comes from the target's clock in these folders; elsewhere in src, from the clock or from Node. */
const onTheClock = [
  "src/plan/**",
  "src/run/**",
  "src/aws/**",
  "src/chaos/**",
  "src/simulator/services/**",
  "src/simulator/world.ts",
];

export default defineConfig(
  { ignores: ["dist/", ".runbook/", "coverage/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.mjs"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { house: { rules: { "layered-imports": layeredImports } } },
    rules: {
      "house/layered-imports": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
      "no-var": "error",
      "prefer-const": "error",
      "object-shorthand": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "export by name: no barrels" },
        {
          selector: "CallExpression[callee.property.name='only'][callee.object.name=/^(describe|it|context)$/]",
          message: "runs no other test",
        },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/only-throw-error": ["error", { allowThrowingUnknown: true, allowThrowingAny: true }],
      "@typescript-eslint/restrict-plus-operands": ["error", { allowNumberAndString: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Interfaces here are plain objects of functions; none uses `this`, so that taking one out of its object is safe.
      "@typescript-eslint/unbound-method": "off",
      // `noPropertyAccessFromIndexSignature` is off, and process.env reads better with brackets.
      "@typescript-eslint/dot-notation": "off",
    },
  },
  {
    files: onTheClock,
    rules: {
      "no-restricted-globals": [
        "error",
        ...["setTimeout", "setInterval", "performance"].map((name) => ({ name, message: clockMessage })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: clockMessage },
        { object: "performance", property: "now", message: clockMessage },
      ],
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "node:timers", message: clockMessage },
            {
              name: "node:timers/promises",
              importNames: ["setTimeout", "setInterval", "scheduler"],
              message: clockMessage,
            },
            { name: "node:perf_hooks", message: clockMessage },
          ],
        },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "export by name: no barrels" },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clockMessage },
      ],
    },
  },
  {
    files: ["src/cli*/**", "src/cli*", "src/report/**", "bench/**", "tools/**"],
    rules: { "no-console": "off" },
  },
  {
    // AWS still serves what it has deprecated, and so does the simulator.
    files: ["src/simulator/**"],
    rules: { "@typescript-eslint/no-deprecated": "off" },
  },
  {
    files: ["test/**"],
    rules: {
      // Fakes are async because what they stand for is; a test that reads an absent value fails, as it should.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
    },
  },
  {
    // JavaScript with JSDoc types: tsc checks it; rules about any would only repeat what JSON.parse says.
    files: ["**/*.mjs", "**/*.cjs"],
    rules: {
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-require-imports": "off",
      "@typescript-eslint/explicit-module-boundary-types": "off",
    },
  },
);
