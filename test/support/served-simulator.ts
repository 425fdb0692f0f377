import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { findPulumiCli } from "../../src/run/pulumi-cli.js";

export const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/** What a command that has ended said. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `simulator` command, running as a process of its own. */
export interface ServedSimulator {
  /** What it printed: the environment for clients and for the Pulumi CLI. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a client in that environment, from the project's folder. */
  run(command: string, args: readonly string[]): Promise<Ended>;
  /** Runs the Pulumi CLI that set-up found. */
  pulumi(...args: readonly string[]): Promise<Ended>;
  /** The simulated time. */
  now(): Promise<number>;
  /** Ends it by a signal, and answers how it ended. */
  stop(signal: "SIGINT" | "SIGTERM"): Promise<Ended>;
  /** What it left among the temporary files. */
  leftovers(): readonly string[];
  /** Ends it, if it still runs, and takes its temporary files away. */
  close(): Promise<void>;
}

/** Starts `simulator --json` and waits for the environment that it prints. */
export async function serveSimulator(...args: readonly string[]): Promise<ServedSimulator> {
  const temporary = mkdtempSync(path.join(tmpdir(), "served-simulator-"));
  const child = spawn(process.execPath, ["--import", "tsx", "src/cli.ts", "simulator", "--json", ...args], {
    cwd: projectFolder,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr })),
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.includes("\n")) resolve();
    });
    void ended.then(() => reject(new Error(`the simulator ended: ${stderr}`)));
  });
  const environment = JSON.parse(stdout) as Record<string, string>;

  const run: ServedSimulator["run"] = (command, commandArgs) =>
    new Promise((resolve) => {
      // Without whatever settings for AWS this machine has.
      const own = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
      const env = { ...Object.fromEntries(own), AWS_CONFIG_FILE: "/dev/null", ...environment };
      execFile(command, commandArgs, { cwd: projectFolder, env, maxBuffer: 2 ** 26 }, (failure, out, error) => {
        resolve({ code: failure ? Number(failure.code ?? -1) : 0, stdout: out, stderr: error });
      });
    });
  const stop: ServedSimulator["stop"] = (signal) => {
    child.kill(signal);
    return ended;
  };
  return {
    environment,
    run,
    pulumi: (...pulumiArgs) => run(findPulumiCli().path, [...pulumiArgs, "--non-interactive", "--color", "never"]),
    now: async () => {
      const response = await fetch(`${environment["AWS_ENDPOINT_URL"]}/_simulator/health`);
      return Date.parse(((await response.json()) as { now: string }).now);
    },
    stop,
    leftovers: () => readdirSync(temporary).filter((name) => !/^(tsx|node)-/.test(name)),
    close: async () => {
      await stop("SIGTERM");
      rmSync(temporary, { recursive: true, force: true });
    },
  };
}
