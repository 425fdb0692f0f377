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
import { findPulumiCli } from "../run/pulumi-cli.js";
import { startSimulator } from "../simulator/simulator.js";
import { simulatorEnvironment, throwawayBackend } from "./environment.js";
import { exitCode } from "./exit.js";

const execute = promisify(execFile);
const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

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
    const simulator = await startSimulator();
    const folder = mkdtempSync(path.join(tmpdir(), "region-runbook-preview-"));
    try {
      const provider = await simulator.openProvider({ cause: "preview" });
      const env = {
        ...process.env,
        ...simulatorEnvironment(simulator, provider.port),
        ...throwawayBackend(folder).env,
        PATH: `${path.dirname(cli.path)}${path.delimiter}${process.env["PATH"] ?? ""}`,
      };
      const pulumi = (args: readonly string[]): Promise<{ stdout: string }> =>
        execute(cli.path, [...args, "--non-interactive", "--color", "never"], {
          cwd: projectFolder,
          env,
          maxBuffer: 256 * 1024 * 1024,
        });
      // A stack that others refer to must exist before they are previewed; it may be empty.
      for (const stack of listStacks())
        await pulumi(["stack", "init", `organization/${projectName}/${stack.stack.name}`, "--no-select"]);
      const previews: StackPreview[] = [];
      for (const stack of stacks) {
        process.stderr.write(`previewing ${stack} …\n`);
        previews.push(await previewStack(stack, pulumi));
      }
      process.stdout.write(options.json ? `${JSON.stringify(previews, undefined, 2)}\n` : describe(previews));
      finish(previews.some(({ error }) => error !== undefined) ? exitCode.failed : exitCode.completed);
    } finally {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }) as unknown as Command;
}

function chooseStacks(names: readonly string[]): readonly string[] {
  const known = listStacks().map(({ stack }) => stack.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InvalidInputError("stacks", `${unknown} is unknown; there are ${known.join(", ")}`);
  return names.length > 0 ? names : known;
}

async function previewStack(
  stack: string,
  pulumi: (args: readonly string[]) => Promise<{ stdout: string }>,
): Promise<StackPreview> {
  try {
    const { stdout } = await pulumi(["preview", "--json", "--stack", stack]);
    const { changeSummary = {} } = JSON.parse(stdout) as { changeSummary?: Record<string, number> };
    return { stack, changes: changeSummary };
  } catch (error) {
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
