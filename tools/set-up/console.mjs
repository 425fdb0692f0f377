/** What set-up tells people: on stderr, because stdout belongs to the command that runs next. */

/** A condition that stops set-up and that people can do something about: its message is one clear line. */
export class SetUpError extends Error {
  /** @override */
  name = "SetUpError";
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

/**
 * @param {number} milliseconds
 * @returns {string} such as `1 min 30 s`
 */
export function formatDuration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
