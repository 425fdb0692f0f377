import { spawn, spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";

import type { automation } from "@pulumi/pulumi";

/**
 * Runs the Pulumi CLI for one operation of the Automation API, leaner than the SDK's own command does it.
 *
 * After each `up` the SDK calls `stack output` twice and `stack history` once, and before it `stack select`: 2 s of a
 * 3 s operation (measured with 30 resources on 2 cores), which would count towards every recovery. Outputs and changes come from the engine's events instead,
 * so those calls are answered here without a process.
 */
export interface PulumiCommandOptions {
  readonly path: string;
  readonly version: string;
  /** Is told the process id of each CLI that starts, and undefined when it has ended. */
  readonly onPid: (pid: number | undefined) => void;
  /** Runs every command for real. */
  readonly plain: boolean;
}

/** Creates a command for `LocalWorkspaceOptions.pulumiCommand`. */
export function createPulumiCommand(options: PulumiCommandOptions): automation.PulumiCommand {
  const { path, version, onPid, plain } = options;
  const command = {
    command: path,
    version: { version, compare: () => 0, toString: () => version },
    run: (
      args: string[],
      cwd: string,
      env: Record<string, string>,
      onOutput?: (text: string) => void,
      onError?: (text: string) => void,
      signal?: AbortSignal,
    ): Promise<CommandResult> => {
      const shortcut = plain ? undefined : answerWithoutCli(args);
      if (shortcut !== undefined) return Promise.resolve(commandResult(shortcut, "", 0));
      return runCli({ path, args, cwd, env, onOutput, onError, signal, onPid });
    },
  };
  // The SDK's class has a private constructor; its own code uses `run`, `command` and `version` only.
  return command as unknown as automation.PulumiCommand;
}

/** What the SDK reads of a command that has ended. */
interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

function answerWithoutCli(args: readonly string[]): string | undefined {
  const [first, second] = args;
  if (first !== "stack") return undefined;
  if (second === "output") return "{}";
  if (second === "history") return "[]";
  if (second === "select") return "";
  return undefined;
}

function commandResult(stdout: string, stderr: string, code: number): CommandResult {
  return { stdout, stderr, code };
}

interface CliRun {
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: ((text: string) => void) | undefined;
  readonly onError: ((text: string) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onPid: (pid: number | undefined) => void;
}

async function runCli(run: CliRun): Promise<CommandResult> {
  const env = {
    ...process.env,
    ...run.env,
    PULUMI_AUTOMATION_API: "true",
    PATH: `${dirname(run.path)}${delimiter}${run.env["PATH"] ?? process.env["PATH"] ?? ""}`,
  };
  const [wrapper, ...wrapperArgs] = dieWithParent();
  const cliArgs = [...run.args, "--non-interactive"];
  const child = spawn(wrapper ?? run.path, wrapper === undefined ? cliArgs : [...wrapperArgs, run.path, ...cliArgs], {
    cwd: run.cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  run.onPid(child.pid);
  const onAbort = (): void => void child.kill("SIGINT");
  run.signal?.addEventListener("abort", onAbort, { once: true });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    run.onOutput?.(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    run.onError?.(text);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit, signal) => resolve(exit ?? (signal ? -2 : -1)));
    });
    if (code !== 0) throw new CliFailure(stdout, stderr, code);
    return commandResult(stdout, stderr, code);
  } finally {
    run.onPid(undefined);
    run.signal?.removeEventListener("abort", onAbort);
  }
}

/** The CLI ended with an error; its text is what the engine printed. */
export class CliFailure extends Error {
  override readonly name = "CliFailure";

  constructor(
    readonly stdout: string,
    readonly stderr: string,
    readonly code: number,
  ) {
    super(stderr.trim() || stdout.trim() || `the Pulumi CLI ended with exit code ${code}`);
  }
}

let deathWrapper: readonly string[] | undefined;

/**
 * A prefix that ends the CLI when this process dies, where the system has one: without it, an orphan only notices at
 * its next write to a pipe.
 */
function dieWithParent(): readonly string[] {
  if (deathWrapper) return deathWrapper;
  const available = process.platform === "linux" && spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0;
  return (deathWrapper = available ? ["setpriv", "--pdeathsig", "KILL"] : []);
}
