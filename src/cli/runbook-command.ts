import path from "node:path";

import { Argument, Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";

import { planRunbook, runRunbook } from "../index.js";
import { latencyProfiles } from "../latency/row.js";
import { openTarget } from "./open-target.js";
import { resolveApp } from "./app-argument.js";
import { exitCodeOf, exitCode } from "./exit.js";
import { createLineProgress } from "./progress-lines.js";
import { createTerminalProgress } from "./progress-terminal.js";
import type { Progress } from "./progress.js";
import { printPlan, printResult } from "./print.js";
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
    .option("--plan", "show the steps, the critical path and each stack's changes; do nothing")
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
    const target = await openTarget({
      name: options.target,
      seed: options.seed,
      profile: options.latencyProfile,
    });
    const interrupt = new AbortController();
    const onInterrupt = (): void => interrupt.abort(new Error("stopped by the operator"));
    process.once("SIGINT", onInterrupt);
    process.once("SIGTERM", onInterrupt);
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
          ...(options.report === undefined ? {} : { reportFile: path.resolve(options.report) }),
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

function createProgress(clock: Clock): Progress {
  return process.stderr.isTTY
    ? createTerminalProgress(process.stderr, clock)
    : createLineProgress((line) => process.stderr.write(`${line}\n`));
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError("must be a whole number of 0 or more");
  }
  return value;
}
