import { Argument, Command, Option } from "@commander-js/extra-typings";

import { defaultDirectory, InvalidInputError, planRunbook, readInterruptedRun, runRunbook } from "../index.js";
import { latencyProfiles } from "../latency/row.js";
import { resolveApp } from "./app-argument.js";
import { exitCodeOf, exitCode } from "./exit.js";
import { openTarget } from "./open-target.js";
import { reportFile, wholeNumber } from "./option-values.js";
import { createLineProgress } from "./progress-lines.js";
import { createTerminalProgress } from "./progress-terminal.js";
import type { Progress } from "./progress.js";
import { printPlan, printResult } from "./print.js";
import type { RunMode } from "../run/event.js";
import type { Clock } from "../target/clock.js";

/** `runbook <app or strategy>`: rehearse or run a recovery. */
export function runbookCommand(finish: (code: number) => void): Command {
  const command = new Command("runbook")
    .description("Rehearse a recovery (drill), or run it.")
    .addArgument(new Argument("<app>", "an app, a strategy (its example app), or the path of a JSON file"))
    .addOption(
      new Option("--mode <mode>", "what to do")
        .choices(["drill", "failover", "switchover", "failback"] as const)
        .default("drill" as const),
    )
    .addOption(
      new Option("--target <target>", "where").choices(["simulator", "aws"] as const).default("simulator" as const),
    )
    .addOption(
      new Option("--plan", "show the steps, the critical path and each stack's changes; do nothing").conflicts(
        "resume",
      ),
    )
    .option("--json", "print the result as one JSON document")
    .option("--seed <number>", "of everything random in the simulator", wholeNumber, 1)
    .addOption(
      new Option("--latency-profile <profile>", "which latencies the simulator uses")
        .choices(latencyProfiles)
        .default("typical" as const),
    )
    .option("--resume <run>", "go on with a run that was interrupted")
    .option("--report <file>", "where to write the HTML report (default: the run's folder)")
    .option("--sequential", "run the steps one after another, with plain Pulumi operations: for comparison")
    .option("--accept-data-loss <app>", "go on although more may be lost than the objective allows; names the app");

  return command.action(async (argument, options) => {
    const app = resolveApp(argument);
    const report = options.report === undefined ? {} : { reportFile: reportFile(options.report) };
    if (options.target === "simulator") refuseLostWorld(app.name, options);
    const target = await openTarget({
      name: options.target,
      domain: app.domain,
      seed: options.seed,
      profile: options.latencyProfile,
    });
    const interrupt = new AbortController();
    const onInterrupt = (): void => interrupt.abort(new Error("stopped by the operator"));
    // Not once: npm passes on the signal that a terminal has already sent to everyone.
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onInterrupt);
    try {
      const common = {
        app,
        target: target.target,
        backend: target.backend,
        mode: options.mode,
        sequential: options.sequential ?? false,
        ...(options.acceptDataLoss === undefined ? {} : { acceptDataLoss: options.acceptDataLoss }),
      };
      if (options.plan) {
        const plan = await planRunbook(common);
        printPlan(plan, options.json ?? false);
        finish(plan.status === "planned" ? exitCode.completed : exitCode.refused);
        return;
      }
      const progress = createProgress(target.target.clock);
      try {
        const result = await runRunbook({
          ...common,
          signal: interrupt.signal,
          onEvent: progress.onEvent,
          ...report,
          ...(options.resume === undefined ? {} : { resume: options.resume }),
        });
        progress.close();
        printResult(result, options.json ?? false);
        finish(exitCodeOf(result));
      } finally {
        progress.close();
      }
    } finally {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onInterrupt);
      await target.close();
    }
  }) as unknown as Command;
}

/** A simulated world ends with the process that holds it: there is nothing to fail over in a new one, or to go on in. */
function refuseLostWorld(app: string, { mode, resume }: { readonly mode: RunMode; readonly resume?: string }): void {
  if (mode === "failover") {
    throw new InvalidInputError("mode", "failover needs an app that runs: on the simulator, whose world is new, drill");
  }
  if (resume === undefined) return;
  const { planned } = readInterruptedRun({ directory: defaultDirectory, run: resume, app });
  throw new InvalidInputError(
    "resume",
    planned.target === "simulator"
      ? `run ${resume} was on a simulator, whose world ended with its process: start a new drill`
      : `run ${resume} was on ${planned.target}: give --target ${planned.target} --mode ${planned.mode} as well`,
  );
}

function createProgress(clock: Clock): Progress {
  return process.stderr.isTTY
    ? createTerminalProgress(process.stderr, clock)
    : createLineProgress((line) => process.stderr.write(`${line}\n`));
}
