import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Argument, Command } from "@commander-js/extra-typings";

import { projectName } from "../../programs/strategy.js";
import { listStacks } from "../../stacks/apps.js";
import { InvalidInputError } from "../errors.js";
import { findPulumiCli, type PulumiCli } from "../run/pulumi-cli.js";
import { startSimulator } from "../simulator/simulator.js";
import { pathWith, simulatorEnvironment, throwawayBackend } from "./environment.js";
import { exitCode } from "./exit.js";

const execute = promisify(execFile);
const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

const interruptions = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Previews at a time: each keeps about one core busy, and needs some 300 MiB. */
const PARALLEL = 2;

/** What a preview of one stack found. */
interface StackPreview {
  readonly stack: string;
  /** Number of resources by operation; absent when the preview failed. */
  readonly changes?: Readonly<Record<string, number>>;
  readonly error?: string;
}

/** `preview`: `pulumi preview` of the example stacks against a simulated AWS of its own. */
export function previewCommand(finish: (code: number) => void): Command {
  const command = new Command("preview")
    .description("Run `pulumi preview` on the example stacks against a simulated AWS.")
    .addArgument(new Argument("[stacks...]", "stacks to preview (default: all)"))
    .option("--json", "print the result as one JSON document");

  return command.action(async (names, options) => {
    const stacks = chooseStacks(names);
    const cli = findPulumiCli();
    const interrupt = new AbortController();
    const onInterrupt = (): void => interrupt.abort(new Error("stopped by the operator"));
    // Not once: npm passes on the signal that a terminal has already sent to everyone.
    for (const signal of interruptions) process.on(signal, onInterrupt);
    const simulator = await startSimulator();
    const folder = mkdtempSync(path.join(tmpdir(), "region-runbook-preview-"));
    try {
      const provider = await simulator.openProvider({ cause: "preview" });
      const env = {
        ...process.env,
        ...simulatorEnvironment(simulator, provider.port),
        ...throwawayBackend(folder).env,
        PATH: pathWith(cli),
      };
      const pulumi = pulumiIn({ cli, env, signal: interrupt.signal });
      // A stack that others refer to must exist before they are previewed; it may be empty.
      await inParallel(listStacks(), ({ stack }) =>
        pulumi(["stack", "init", `organization/${projectName}/${stack.name}`, "--no-select"]),
      );
      const previews = await inParallel(stacks, (stack) => {
        process.stderr.write(`previewing ${stack} …\n`);
        return previewStack(stack, pulumi, interrupt.signal);
      });
      process.stdout.write(options.json ? `${JSON.stringify(previews, undefined, 2)}\n` : describe(previews));
      finish(previews.some(({ error }) => error !== undefined) ? exitCode.failed : exitCode.completed);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      process.stderr.write("stopped by the operator\n");
      finish(exitCode.stopped);
    } finally {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
      for (const signal of interruptions) process.off(signal, onInterrupt);
    }
  }) as unknown as Command;
}

/** Runs the Pulumi CLI; rejects when it fails. */
type Pulumi = (args: readonly string[]) => Promise<{ readonly stdout: string }>;

function pulumiIn({ cli, env, signal }: { cli: PulumiCli; env: NodeJS.ProcessEnv; signal: AbortSignal }): Pulumi {
  return async (args) => {
    signal.throwIfAborted();
    // Not by the `signal` of execFile, which rejects before the CLI has ended and still writes to the folder.
    const running = execute(cli.path, [...args, "--non-interactive", "--color", "never"], {
      cwd: projectFolder,
      env,
      maxBuffer: 256 * 1024 * 1024,
    });
    const stop = (): void => void running.child.kill("SIGINT");
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await running;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  };
}

/** Does the work for every item, a few at a time, and answers the results in the order of the items. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  // The workers share one iterator: each takes the next item when it is done with its last.
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  // All of them end before a failure is passed on, so that none works on in the background.
  const ended = await Promise.allSettled(Array.from({ length: PARALLEL }, worker));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  return results;
}

function chooseStacks(names: readonly string[]): readonly string[] {
  const known = listStacks().map(({ stack }) => stack.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InvalidInputError("stacks", `${unknown} is unknown; there are ${known.join(", ")}`);
  return names.length > 0 ? names : known;
}

async function previewStack(stack: string, pulumi: Pulumi, signal: AbortSignal): Promise<StackPreview> {
  try {
    const { stdout } = await pulumi(["preview", "--json", "--stack", stack]);
    const { changeSummary = {} } = JSON.parse(stdout) as { changeSummary?: Record<string, number> };
    return { stack, changes: changeSummary };
  } catch (error) {
    signal.throwIfAborted();
    const { stdout = "", stderr = "", message = String(error) } = error as Partial<Record<string, string>>;
    return { stack, error: errorsOf(stdout) ?? (stderr.trim() || message) };
  }
}

/** The diagnostics of a failed `preview --json`, or undefined when it printed no document. */
function errorsOf(stdout: string): string | undefined {
  try {
    const { diagnostics = [] } = JSON.parse(stdout) as { diagnostics?: { severity: string; message: string }[] };
    const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message.trim());
    return errors.length > 0 ? errors.join("; ") : undefined;
  } catch {
    return undefined;
  }
}

function describe(previews: readonly StackPreview[]): string {
  const lines = previews.map(({ stack, changes, error }) => {
    const summary = Object.entries(changes ?? {}).map(([op, count]) => `${op} ${count}`);
    return `${stack.padEnd(28)} ${error ?? (summary.length > 0 ? summary.join(", ") : "no changes")}`;
  });
  return `${lines.join("\n")}\n`;
}
