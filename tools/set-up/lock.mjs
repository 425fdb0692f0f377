/**
 * A lock between processes, so that two set-ups at once do the long work once. It saves time only: what it guards is
 * also safe without it (work in a temporary folder, renamed when whole), so a lock whose owner died may be taken over.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { undoAtExit } from "./clean-up.mjs";

const pollMs = 200;
const heartbeatMs = 2_000;
/**
 * A lock without a heartbeat for this long is abandoned, also where the owner's process id can't be asked. A live owner
 * may miss heartbeats for two minutes, while it asks a new CLI for its version on a busy machine.
 */
const abandonedMs = 5 * 60_000;

/**
 * Runs `work` while no other process on this machine holds the same lock.
 *
 * @template T
 * @param {string} folder - the lock; exists while it is held
 * @param {(owner: string) => void} onWait - called once when another process holds it
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, onWait, work) {
  mkdirSync(dirname(folder), { recursive: true });
  let told = false;
  while (!tryTake(folder)) {
    const owner = readOwner(folder);
    if (isAbandoned(folder, owner)) {
      takeAway(folder);
      continue;
    }
    if (!told) onWait(owner?.pid === undefined ? "another process" : `process ${owner.pid}`);
    told = true;
    await sleep(pollMs);
  }
  const release = undoAtExit(() => rmSync(folder, { recursive: true, force: true }));
  const heartbeat = setInterval(() => touch(folder), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    release();
  }
}

/** @param {string} folder */
function tryTake(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(folder, "owner.json"), JSON.stringify({ pid: process.pid, host: hostname() }));
  return true;
}

/**
 * @param {string} folder
 * @returns {{ pid: number, host: string } | undefined}
 */
function readOwner(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, "owner.json"), "utf8"));
  } catch {
    // Between the owner's mkdir and its write, or just released.
    return undefined;
  }
}

/**
 * @param {string} folder
 * @param {{ pid: number, host: string } | undefined} owner
 */
function isAbandoned(folder, owner) {
  if (owner !== undefined && owner.host === hostname() && !isRunning(owner.pid)) return true;
  try {
    return Date.now() - statSync(folder).mtimeMs > abandonedMs;
  } catch {
    return false;
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} folder */
function takeAway(folder) {
  const aside = `${folder}.${process.pid}.${Date.now()}`;
  try {
    // Of several that find it abandoned, one rename succeeds.
    renameSync(folder, aside);
    rmSync(aside, { recursive: true, force: true });
  } catch {
    // Another one was quicker.
  }
}

/** @param {string} folder */
function touch(folder) {
  try {
    utimesSync(folder, new Date(), new Date());
  } catch {
    // Taken over after a long standstill of this process; the work itself is safe without the lock.
  }
}
