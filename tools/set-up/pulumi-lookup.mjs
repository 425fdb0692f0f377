/**
 * Where the Pulumi CLI is: on PATH when that one is new enough, else in the user's cache folder, where set-up puts it.
 * Set-up and the engine (src/run/pulumi-cli.ts) share this file, so that they never disagree.
 */
import { execFileSync } from "node:child_process";
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { minimumCliVersion, pinnedCliVersion } from "./project.mjs";

/** A CLI answers in 0.3 s, but a busy machine may take a hundred times as long with a process of low priority. */
const answerTimeoutMs = 120_000;

/**
 * A CLI that can be used, or the one-line reason why there is none.
 *
 * @typedef {{ readonly status: "found", readonly path: string, readonly version: string }
 *   | { readonly status: "missing", readonly problem: string }} PulumiLookup
 */

/**
 * Looks for a Pulumi CLI that is new enough. Takes about a millisecond: a version once asked of a CLI on PATH is
 * remembered in the cache folder until that file changes, because asking takes 0.3 s.
 *
 * @param {NodeJS.ProcessEnv} env - where PATH and the user's cache folder are read from
 * @returns {PulumiLookup}
 */
export function lookUpPulumi(env = process.env) {
  const onPath = findOnPath("pulumi", env);
  const version = onPath === undefined ? undefined : versionOnPath(onPath, env);
  if (onPath !== undefined && version !== undefined && isAtLeast(version, minimumCliVersion)) {
    return { status: "found", path: onPath, version };
  }
  const cached = join(cliFolder(env), "bin", "pulumi");
  if (isExecutable(cached)) return { status: "found", path: cached, version: pinnedCliVersion() };

  const needed = `${minorOf(minimumCliVersion)} or newer is needed`;
  const problem =
    onPath === undefined
      ? `the Pulumi CLI is missing: ${needed}, on PATH or installed by \`npm run set-up\``
      : version === undefined
        ? `the Pulumi CLI at ${onPath} does not tell its version: ${needed}`
        : `the Pulumi CLI at ${onPath} is ${version}: ${needed}, on PATH or installed by \`npm run set-up\``;
  return { status: "missing", problem };
}

/**
 * The folder of this project in the user's cache, shared by all clones.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function cacheFolder(env = process.env) {
  // The XDG specification says that a relative XDG_CACHE_HOME is to be ignored.
  const base = env["XDG_CACHE_HOME"]?.startsWith("/")
    ? env["XDG_CACHE_HOME"]
    : join(env["HOME"] || homedir(), ".cache");
  return join(base, "region-runbook");
}

/**
 * The folder whose `bin/` holds the CLI that set-up installed; it exists only when that is whole.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function cliFolder(env = process.env) {
  return join(cacheFolder(env), `pulumi-${pinnedCliVersion()}`);
}

/**
 * The first executable of this name on PATH, as a shell would find it.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findOnPath(name, env = process.env) {
  return (env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * Compares versions such as `3.250.0`; what follows the three numbers (a pre-release) is ignored.
 *
 * @param {string} version
 * @param {string} minimum
 */
export function isAtLeast(version, minimum) {
  const left = version.split(/[.+-]/, 3).map(Number);
  const right = minimum.split(/[.+-]/, 3).map(Number);
  for (const index of [0, 1, 2]) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * Asks a CLI which version it is.
 *
 * @param {string} executable
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ version: string } | { version: undefined, problem: string }}
 */
export function askVersion(executable, env = process.env) {
  try {
    const answer = execFileSync(executable, ["version"], {
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: answerTimeoutMs,
    }).trim();
    const version = /^v?(\d+\.\d+\.\d+\S*)/.exec(answer)?.[1];
    return version === undefined ? { version, problem: `it answers ${JSON.stringify(answer)}` } : { version };
  } catch (error) {
    // Not a Pulumi CLI, or one for another kind of machine.
    return { version: undefined, problem: error instanceof Error ? error.message.trim() : String(error) };
  }
}

/**
 * @param {string} executable
 * @param {NodeJS.ProcessEnv} env
 */
function versionOnPath(executable, env) {
  const file = realpathSync(executable);
  const { mtimeMs, size } = statSync(file);
  const fingerprint = `${mtimeMs} ${size}`;
  const memory = join(cacheFolder(env), "cli-versions.json");
  const known = readMemory(memory);
  const remembered = known[file];
  if (remembered?.fingerprint === fingerprint) return remembered.version;

  const { version } = askVersion(executable, env);
  if (version !== undefined) writeMemory(memory, { ...known, [file]: { fingerprint, version } });
  return version;
}

/**
 * @param {string} memory
 * @returns {Record<string, { fingerprint: string, version: string }>}
 */
function readMemory(memory) {
  try {
    return JSON.parse(readFileSync(memory, "utf8"));
  } catch {
    return {};
  }
}

/**
 * @param {string} memory
 * @param {Record<string, { fingerprint: string, version: string }>} known
 */
function writeMemory(memory, known) {
  try {
    mkdirSync(join(memory, ".."), { recursive: true });
    const draft = `${memory}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(known));
    renameSync(draft, memory);
  } catch {
    // A cache folder that can't be written costs 0.3 s the next time and nothing else.
  }
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** @param {string} version */
function minorOf(version) {
  return version.split(".", 2).join(".");
}
