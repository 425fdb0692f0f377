/** What has to be undone however set-up ends: temporary folders, locks, child processes. */

/** @type {Set<() => void>} */
const pending = new Set();

/**
 * Registers something to undo when this process ends, also by Ctrl-C.
 *
 * @param {() => void} undo - must be synchronous
 * @returns {() => void} undoes it now, once
 */
export function undoAtExit(undo) {
  if (pending.size === 0) listen();
  const once = () => {
    if (pending.delete(once)) undo();
  };
  pending.add(once);
  return once;
}

let listening = false;

function listen() {
  if (listening) return;
  listening = true;
  // The latest first: a child process is ended before the folder that it writes to is removed.
  process.on("exit", () => [...pending].reverse().forEach((undo) => undo()));
  for (const [signal, number] of /** @type {const} */ ([
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ])) {
    process.on(signal, () => process.exit(128 + number));
  }
}
