import { AppSpecError } from "../../programs/app.js";
import {
  InvalidInputError,
  JournalError,
  PulumiCliError,
  StackOperationError,
  TargetUnavailableError,
} from "../errors.js";
import type { RunResult } from "../run/result.js";

/** What exit codes mean, for every command. */
export const exitCode = {
  /** Completed, and the objectives were met. */
  completed: 0,
  /** Failed, or an objective was missed. */
  failed: 1,
  /** Refused, or bad input: nothing was changed. */
  refused: 2,
  /** Stopped by a stop condition or by the operator. */
  stopped: 3,
} as const;

/** The exit code of a run. */
export function exitCodeOf(result: Pick<RunResult, "status" | "objectivesMet">): number {
  switch (result.status) {
    case "completed":
      return result.objectivesMet ? exitCode.completed : exitCode.failed;
    case "failed":
      return exitCode.failed;
    case "refused":
      return exitCode.refused;
    case "stopped":
      return exitCode.stopped;
  }
}

/** Prints one line about an error, or a bug with its stack, and answers the exit code. */
export function reportError(error: unknown): number {
  if (
    error instanceof InvalidInputError ||
    error instanceof AppSpecError ||
    error instanceof TargetUnavailableError ||
    error instanceof PulumiCliError ||
    error instanceof JournalError
  ) {
    process.stderr.write(`${inOneLine(error.message)}\n`);
    return exitCode.refused;
  }
  if (error instanceof StackOperationError) {
    process.stderr.write(`${inOneLine(error.message)}\n`);
    return exitCode.failed;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`This is a bug in region-runbook: ${text}\n`);
  return exitCode.failed;
}

/** What is quoted in a message, such as a parser's, may have lines of its own. */
export function inOneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, " ");
}
