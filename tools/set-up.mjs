#!/usr/bin/env node
/**
 * Installs what a command of this package needs and the machine lacks: node_modules and the Pulumi CLI. The npm `pre`
 * scripts run it before every command; it prints nothing and costs a few milliseconds when everything is there.
 *
 * This file keeps to syntax that old versions of Node can read, so that they get the one clear line too.
 */
import { readFileSync } from "node:fs";
import { URL } from "node:url";

const engines = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).engines;
const [requiredMajor, requiredMinor] = engines.node.replace(/^>=/, "").split(".").map(Number);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > requiredMajor || (major === requiredMajor && minor >= requiredMinor)) {
  const { setUp } = await import("./set-up/set-up.mjs");
  process.exitCode = await setUp();
} else {
  process.stderr.write(`set-up: Node ${engines.node} is needed; this is ${process.versions.node}.\n`);
  process.exitCode = 2;
}
