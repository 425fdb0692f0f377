import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
// By URL: Node looks for a loader in the folder in which it starts.
const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** What an ended command left. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  /** What it has written to stderr so far. */
  stderr(): string;
  readonly ended: Promise<CommandRun>;
}

export interface CommandOptions {
  /** Added to this process' environment; undefined takes a variable out. */
  readonly env?: NodeJS.ProcessEnv;
  /** Makes it the leader of a process group, as a terminal's shell does. @default false */
  readonly group?: boolean;
}

/** A folder to call the command line in, with a folder of its own for temporary files. */
export interface CommandLine {
  readonly folder: string;
  start(args: readonly string[], options?: CommandOptions): RunningCommand;
  run(args: readonly string[], options?: CommandOptions): Promise<CommandRun>;
  /** Writes a file into the folder and answers its path. */
  write(name: string, content: string): string;
  /** Everything that is in the folder or among the temporary files, but the loader's own cache. */
  leftovers(): readonly string[];
  remove(): void;
}

/** Makes such a folder; `node --import tsx src/cli.ts` runs in it as the npm scripts run it. */
export function openCommandLine(): CommandLine {
  const root = mkdtempSync(join(tmpdir(), "command-line-test-"));
  const folder = join(root, "here");
  const temporary = join(root, "tmp");
  mkdirSync(folder);
  mkdirSync(temporary);

  const start: CommandLine["start"] = (args, { env = {}, group = false } = {}) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ["--import", loader, cli, ...args], {
      cwd: folder,
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", TMPDIR: temporary, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: group,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise<CommandRun>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        resolve({ code, stdout, stderr, seconds: (performance.now() - startedAt) / 1000 });
      });
    });
    return { process: child, stderr: () => stderr, ended };
  };

  return {
    folder,
    start,
    run: (args, options) => start(args, options).ended,
    write: (name, content) => {
      const file = join(folder, name);
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    leftovers: () => [...readdirSync(folder), ...readdirSync(temporary).filter((name) => !/^(tsx|node)-/.test(name))],
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
