/** Runs a child process of set-up: quiet, with its last lines kept for the case that it fails. */
import { spawn } from "node:child_process";
import { undoAtExit } from "./clean-up.mjs";
import { formatDuration, say } from "./console.mjs";

/** Of a long output, the first lines name the error and the last ones tell how far it went. */
const keptHead = 5;
const keptTail = 10;
const heartbeatMs = 30_000;

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} env
 * @property {number} [timeoutMs] - after which it is ended; none by default
 * @property {string} [doing] - what to say every 30 s while it runs; nothing by default
 */

/**
 * Runs a command to its end, in a process group of its own that ends with this process.
 *
 * @param {string} executable
 * @param {readonly string[]} args
 * @param {CommandOptions} options
 * @returns {Promise<{ ok: boolean, output: string }>} with the first and the last lines that it printed
 */
export function runCommand(executable, args, options) {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    const child = spawn(executable, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const kill = () => killGroup(child.pid);
    const release = undoAtExit(kill);
    let output = "";
    const keep = (/** @type {string} */ text) => {
      output = shorten(output + text);
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);

    const timers = [
      options.timeoutMs === undefined ? undefined : setTimeout(kill, options.timeoutMs),
      options.doing === undefined
        ? undefined
        : setInterval(() => say(`${options.doing} (${formatDuration(Date.now() - startedAt)})`), heartbeatMs),
    ];
    const end = (/** @type {boolean} */ ok) => {
      timers.forEach((timer) => clearTimeout(timer));
      release();
      resolve({ ok, output: output.trim() });
    };
    child.on("error", (error) => {
      keep(error.message);
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}

/** @param {string} text */
function shorten(text) {
  const lines = text.split("\n");
  if (lines.length <= keptHead + keptTail) return text;
  return [...lines.slice(0, keptHead), ...lines.slice(-keptTail)].join("\n");
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
