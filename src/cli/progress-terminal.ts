import { chalkStderr as chalk } from "chalk";
import cliTruncate from "cli-truncate";
import { createLogUpdate } from "log-update";

import { formatOffset, formatSeconds } from "../report/charts.js";
import type { RunEvent } from "../run/event.js";
import type { Clock } from "../target/clock.js";
import type { Progress } from "./progress.js";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const REDRAW_MS = 100;

type RowStatus = "pending" | "running" | "completed" | "failed" | "skipped";

interface Row {
  readonly title: string;
  status: RowStatus;
  startedAt?: number;
  endedAt?: number;
  message?: string;
}

/** Live progress on a terminal: every phase and step with its state and its time on the target's clock. */
export function createTerminalProgress(stream: NodeJS.WriteStream, clock: Clock): Progress {
  const update = createLogUpdate(stream);
  // Phases and the fault come first, in the order in which they happen; then the steps, as planned.
  const phases = new Map<string, Row>();
  const steps = new Map<string, Row>();
  let heading = "";
  let faultAt: number | undefined;
  let frame = 0;
  let closed = false;

  function draw(): void {
    if (closed) return;
    frame++;
    update(render());
  }

  function render(): string {
    const width = stream.columns || 100;
    const clockLine =
      faultAt === undefined ? "" : chalk.dim(`  ${formatOffset((clock.now() - faultAt) / 1000)} since the fault`);
    const lines = [...phases.values(), ...steps.values()].map((row) => cliTruncate(renderRow(row), width));
    const head = heading === "" ? [] : [chalk.bold(heading) + clockLine];
    return [...head, ...lines].join("\n");
  }

  function renderRow(row: Row): string {
    const elapsed =
      row.startedAt === undefined ? "" : formatSeconds(((row.endedAt ?? clock.now()) - row.startedAt) / 1000);
    const tail = [elapsed, row.message].filter(Boolean).join(" · ");
    return `${symbol(row.status)} ${row.status === "pending" ? chalk.dim(row.title) : row.title}${tail ? chalk.dim(`  ${tail}`) : ""}`;
  }

  function symbol(status: RowStatus): string {
    switch (status) {
      case "pending":
        return chalk.dim("·");
      case "running":
        return chalk.cyan(FRAMES[frame % FRAMES.length]);
      case "completed":
        return chalk.green("✔");
      case "failed":
        return chalk.red("✖");
      case "skipped":
        return chalk.yellow("↷");
    }
  }

  function begin(row: Row | undefined, at: number): void {
    if (!row) return;
    row.status = "running";
    row.startedAt ??= at;
  }

  function end(row: Row | undefined, status: RowStatus, at: number, message?: string): void {
    if (!row) return;
    row.status = status;
    row.endedAt = at;
    if (message) row.message = message;
    else delete row.message;
  }

  function note(row: Row | undefined, message: string): void {
    if (row) row.message = message;
  }

  function onEvent(event: RunEvent): void {
    const at = Date.parse(event.at);
    switch (event.type) {
      case "run-planned":
        heading = `${event.mode} of ${event.app} · ${event.strategy} · ${event.target} · predicted RTO ${formatSeconds(event.predictedRtoSeconds)}`;
        for (const step of event.steps) steps.set(step.id, { title: step.title, status: "pending" });
        break;
      case "phase-started":
        if (event.phase !== "runbook") phases.set(event.phase, { title: event.title, status: "pending" });
        begin(phases.get(event.phase), at);
        break;
      case "phase-progress":
        note(phases.get(event.phase), event.message);
        break;
      case "phase-completed":
        end(phases.get(event.phase), "completed", at);
        break;
      case "fault-injected":
        faultAt = at;
        phases.set("fault", { title: chalk.red(`${event.fault} in ${event.region}`), status: "failed" });
        break;
      case "step-started":
        begin(steps.get(event.step), at);
        break;
      case "step-progress":
        note(steps.get(event.step), event.message);
        break;
      case "step-attempt-failed":
        note(steps.get(event.step), `attempt ${event.attempt} failed: ${event.reason}`);
        break;
      case "step-completed":
        end(steps.get(event.step), "completed", at, event.findings[0]);
        break;
      case "step-failed":
        end(steps.get(event.step), "failed", at, event.reason);
        break;
      case "step-skipped":
        end(steps.get(event.step), "skipped", at, event.reason);
        break;
      case "experiment-completed":
        break;
      case "run-ended":
        heading = `${heading} · ${event.status}`;
        break;
    }
    draw();
  }

  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return {
    onEvent,
    close: () => {
      if (closed) return;
      draw();
      closed = true;
      clearInterval(timer);
      update.done();
    },
  };
}
