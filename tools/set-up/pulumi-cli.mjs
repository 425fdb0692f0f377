/** The Pulumi CLI in the user's cache folder, where PATH has none. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { undoAtExit } from "./clean-up.mjs";
import { SetUpError, formatDuration, say } from "./console.mjs";
import { buildWithGo } from "./go-build.mjs";
import { withLock } from "./lock.mjs";
import { runOfficialInstaller } from "./official-installer.mjs";
import { pinnedCliVersion } from "./project.mjs";
import { askVersion, cacheFolder, cliFolder, lookUpPulumi } from "./pulumi-lookup.mjs";

const draftPrefix = ".draft-";
const draftAbandonedMs = 60 * 60_000;

/**
 * Installs a Pulumi CLI when neither PATH nor the cache has one that is new enough.
 *
 * @param {NodeJS.ProcessEnv} env
 * @throws {SetUpError} when it can be neither downloaded nor built
 */
export async function ensurePulumiCli(env) {
  if (lookUpPulumi(env).status === "found") return;
  const onWait = (/** @type {string} */ owner) => say(`${owner} is installing the Pulumi CLI; waiting for it`);
  await withLock(`${cliFolder(env)}.lock`, onWait, async () => {
    const lookup = lookUpPulumi(env);
    if (lookup.status === "found") return;
    say(lookup.problem);
    await install(env);
  });
}

/** @param {NodeJS.ProcessEnv} env */
async function install(env) {
  const version = pinnedCliVersion();
  const folder = cliFolder(env);
  removeAbandonedDrafts(cacheFolder(env));
  const startedAt = Date.now();

  let obstacle = "Pulumi's download site is out of reach";
  const onReachable = () => {
    obstacle = "Pulumi's installer did not succeed";
    say(`downloading Pulumi CLI ${version} with Pulumi's installer (usually 20 to 60 s)`);
  };
  const downloaded = await withDraft(env, async (draft) => {
    if (!(await runOfficialInstaller(draft, version, env, onReachable))) return false;
    const problem = publish(draft, folder, version, env);
    if (problem !== undefined) obstacle = `the downloaded Pulumi CLI can't be used (${problem})`;
    return problem === undefined;
  });
  if (!downloaded) {
    say(
      `${obstacle}: building Pulumi CLI ${version} from its Go modules into ${folder} ` +
        `(once per user; usually 5 to 7 min on 2 cores, 10 s when Go has it cached)`,
    );
    await withDraft(env, async (draft) => {
      await buildWithGo(draft, version, env);
      const problem = publish(draft, folder, version, env);
      if (problem !== undefined) throw new SetUpError(`the Pulumi CLI that Go built can't be used: ${problem}`);
    });
  }
  say(`Pulumi CLI ${version} is ready after ${formatDuration(Date.now() - startedAt)}`);
}

/**
 * Gives `work` a temporary folder beside the final one, and removes it unless `work` renamed it.
 *
 * @template T
 * @param {NodeJS.ProcessEnv} env
 * @param {(draft: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withDraft(env, work) {
  mkdirSync(cacheFolder(env), { recursive: true });
  const draft = mkdtempSync(join(cacheFolder(env), draftPrefix));
  const discard = undoAtExit(() => rmSync(draft, { recursive: true, force: true }));
  try {
    return await work(draft);
  } finally {
    discard();
  }
}

/**
 * Checks the CLI in `draft`, then makes it the installed one at once.
 *
 * @param {string} draft
 * @param {string} folder
 * @param {string} version
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} what is wrong with it, or undefined when a CLI of this version is installed now
 */
function publish(draft, folder, version, env) {
  const bin = join(draft, "bin");
  if (!existsSync(join(bin, "pulumi-language-nodejs"))) return "its language host for Node is missing";
  const answer = askVersion(join(bin, "pulumi"), env);
  if (answer.version === undefined) return answer.problem;
  if (answer.version !== version) return `it is ${answer.version} instead of ${version}`;
  try {
    renameSync(draft, folder);
  } catch {
    // Another set-up was quicker, and what it installed is whole as this one is; or someone has damaged what was there.
    if (lookUpPulumi(env).status === "found") return undefined;
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  }
  return undefined;
}

/**
 * Removes what a killed set-up left, as it could not do so itself.
 *
 * @param {string} cache
 */
function removeAbandonedDrafts(cache) {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith(draftPrefix))) {
    const folder = join(cache, name);
    if (Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > draftAbandonedMs) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
