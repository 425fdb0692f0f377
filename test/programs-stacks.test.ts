import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

import { stackConfig } from "../programs/stack-config.js";
import { findStack, listStacks } from "../stacks/apps.js";

const folder = new URL("../stacks/", import.meta.url);

describe("the example stacks", () => {
  it("have each a configuration file that says what a run sets", () => {
    for (const { app, stack } of listStacks()) {
      const text = readFileSync(new URL(`Pulumi.${stack.name}.yaml`, folder), "utf8");
      const found = [...text.matchAll(/^ {2}(aws:\w+): (\S+)$/gm)].map(([, key, value]) => [key, value]);
      assert.deepEqual(Object.fromEntries(found), stackConfig(app, stack), stack.name);
    }
  });

  it("are all that have a configuration file", () => {
    const files = readdirSync(folder).filter((file) => /^Pulumi\..*\.yaml$/.test(file));
    assert.deepEqual(
      files.sort(),
      listStacks()
        .map(({ stack }) => `Pulumi.${stack.name}.yaml`)
        .sort(),
    );
  });

  it("are found by name, and an unknown name is answered with those that exist", () => {
    assert.equal(findStack("food-shop-global").stack.kind, "global");
    assert.throws(() => findStack("food-shop"), /stack: must be one of food-shop-activation, .*, not food-shop$/);
  });

  it("ask STS in a Region whose loss is not the one to recover from", () => {
    for (const { app, stack } of listStacks()) {
      assert.equal(stackConfig(app, stack)["aws:stsRegion"], app.regions.standby);
    }
  });
});
