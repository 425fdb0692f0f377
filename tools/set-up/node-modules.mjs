/** node_modules as package-lock.json says. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetUpError, say } from "./console.mjs";
import { withLock } from "./lock.mjs";
import { findOnPath } from "./pulumi-lookup.mjs";
import { runCommand } from "./run-command.mjs";

/**
 * Each flag undoes a setting in a user's npm configuration, or in the environment of `npm run`, that would leave
 * something out or fail. Install scripts are not needed by any dependency.
 */
const npmCi = [
  "ci",
  "--include=dev",
  "--include=optional",
  "--include=peer",
  "--install-strategy=hoisted",
  "--package-lock=true",
  "--ignore-scripts",
  "--no-dry-run",
  "--no-global",
  "--no-legacy-peer-deps",
  "--no-strict-peer-deps",
  "--no-json",
  "--no-audit",
  "--no-fund",
  "--no-progress",
  "--loglevel=error",
];

/**
 * Runs `npm ci` when node_modules is absent or is not what package-lock.json says.
 *
 * @param {string} projectFolder
 * @param {NodeJS.ProcessEnv} env
 */
export async function ensureNodeModules(projectFolder, env) {
  if (isFresh(projectFolder)) return;
  const lock = join(projectFolder, ".runbook", "set-up.lock");
  const onWait = (/** @type {string} */ owner) => say(`${owner} is installing node_modules; waiting for it`);
  await withLock(lock, onWait, async () => {
    if (!isFresh(projectFolder)) await install(projectFolder, env);
  });
}

/**
 * @param {string} projectFolder
 * @param {NodeJS.ProcessEnv} env
 */
async function install(projectFolder, env) {
  const npm = findOnPath("npm", env);
  if (npm === undefined) throw new SetUpError("npm is missing on PATH; it comes with Node");
  const nodeModules = join(projectFolder, "node_modules");
  say(
    `installing node_modules with npm ci${existsSync(nodeModules) ? ", as package-lock.json has changed" : ""} (usually 10 to 40 s)`,
  );
  const { ok, output } = await runCommand(npm, npmCi, { cwd: projectFolder, env, doing: "npm ci is still running" });
  if (!ok || !existsSync(nodeModules)) {
    // npm writes its own record last: without it, what is there is half installed.
    if (!existsSync(installedLock(projectFolder))) rmSync(nodeModules, { recursive: true, force: true });
    throw new SetUpError(`npm ci failed: ${output || "without a message"}`);
  }
  writeFileSync(stampFile(projectFolder), stamp(projectFolder));
}

/** @param {string} projectFolder */
function isFresh(projectFolder) {
  const file = stampFile(projectFolder);
  if (existsSync(file) && readFileSync(file, "utf8") === stamp(projectFolder)) return true;
  // Installed by hand, then: npm's own record tells what is there.
  if (!matchesLock(projectFolder)) return false;
  writeFileSync(file, stamp(projectFolder));
  return true;
}

/** @param {string} projectFolder */
function stamp(projectFolder) {
  const lock = readFileSync(join(projectFolder, "package-lock.json"));
  return `${createHash("sha256").update(lock).digest("hex")} ${process.platform} ${process.arch}\n`;
}

/** @param {string} projectFolder */
function stampFile(projectFolder) {
  return join(projectFolder, "node_modules", ".region-runbook-stamp");
}

/** @param {string} projectFolder */
function installedLock(projectFolder) {
  return join(projectFolder, "node_modules", ".package-lock.json");
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, os?: string[],
 *   cpu?: string[], libc?: string[] }} LockedPackage
 */

/** @param {string} projectFolder */
function matchesLock(projectFolder) {
  const installed = readPackages(installedLock(projectFolder));
  const wanted = readPackages(join(projectFolder, "package-lock.json"));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    const present = installed[path];
    if (path === "") return true;
    if (present === undefined) return isForAnotherMachine(entry);
    return present.version === entry.version && present.integrity === entry.integrity;
  });
}

/** @param {LockedPackage} entry */
function isForAnotherMachine(entry) {
  if (entry.optional !== true && entry.devOptional !== true) return false;
  // One that names no system belongs to an optional package of another one; of the C library, npm knows more.
  const isForThisOne = entry.os?.includes(process.platform) === true && entry.cpu?.includes(process.arch) === true;
  return !isForThisOne || entry.libc !== undefined;
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}
