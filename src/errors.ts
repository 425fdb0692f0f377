/**
 * One class per condition that a caller can act on. Refused, stopped and missed are values of a result, not
 * exceptions: what is thrown here is bad input or a broken environment.
 */

/** What the caller gave cannot be used: one field, and what is allowed in it. Nothing was created. */
export class InvalidInputError extends Error {
  override readonly name = "InvalidInputError";

  /**
   * @param field - the flag, file or property that is wrong, as the caller wrote it
   * @param problem - what is wrong with it, and what is allowed
   */
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super(`${field}: ${problem}`);
  }
}

/** The target (an account's endpoints, or the simulator) does not answer, or not to these credentials. */
export class TargetUnavailableError extends Error {
  override readonly name = "TargetUnavailableError";
}

/** The Pulumi CLI is missing, too old, or cannot be started. */
export class PulumiCliError extends Error {
  override readonly name = "PulumiCliError";
}

/** A journal can't be used: damaged, or written by a run of another app. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** A Pulumi operation on a stack failed; carries the engine's own diagnostics. */
export class StackOperationError extends Error {
  override readonly name = "StackOperationError";

  constructor(
    readonly stackName: string,
    readonly operation: string,
    readonly diagnostics: readonly string[],
  ) {
    super(`${operation} of stack ${stackName} failed: ${diagnostics.join("; ") || "no diagnostics"}`);
  }
}

/** What to say of something that was thrown: its message, or itself as text. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === "string" ? thrown : "no reason was given";
}
