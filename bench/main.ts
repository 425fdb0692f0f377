import { measureDrill, type MeasuredDrill } from "./drill.js";
import { measureJournal } from "./journal.js";

/**
 * Prints the figures that this project promises, as a table to stderr and as JSON to stdout: one object for each figure,
 * its median over the seeds and its spread. Ratios are of figures of the same seed.
 */

const SEEDS = [1, 2, 3, 4, 5];
const MIB = 1024 * 1024;

interface Figure {
  readonly name: string;
  /** The median. */
  readonly value: number;
  readonly unit: string;
  readonly spread: { readonly min: number; readonly max: number };
}

function figure(name: string, unit: string, values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => round(sorted[index] ?? NaN);
  return { name, value: at(sorted.length >> 1), unit, spread: { min: at(0), max: at(sorted.length - 1) } };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

async function measure(): Promise<readonly Figure[]> {
  const drills: MeasuredDrill[] = [];
  const sequential: MeasuredDrill[] = [];
  for (const seed of SEEDS) {
    process.stderr.write(`seed ${seed} …\n`);
    drills.push(await measureDrill(["pilot-light", "--seed", String(seed)]));
    sequential.push(await measureDrill(["pilot-light", "--seed", String(seed), "--sequential"]));
  }
  const journal = measureJournal();
  const rto = (drill: MeasuredDrill | undefined): number => drill?.result.measuredRtoSeconds ?? NaN;
  return [
    figure("measured RTO", "s", drills.map(rto)),
    figure(
      "critical path",
      "s",
      drills.map(({ result }) => result.criticalPathSeconds ?? NaN),
    ),
    figure(
      "measured RTO / critical path",
      "",
      drills.map((drill) => rto(drill) / (drill.result.criticalPathSeconds ?? NaN)),
    ),
    figure(
      "measured RTO / same steps one after another",
      "",
      drills.map((drill, index) => rto(drill) / rto(sequential[index])),
    ),
    figure(
      "measured RPO",
      "s",
      drills.map(({ result }) => result.measuredRpoSeconds ?? NaN),
    ),
    figure(
      "wall time of a drill",
      "s",
      drills.map(({ wallSeconds }) => wallSeconds),
    ),
    figure(
      "peak memory, all processes",
      "MiB",
      drills.map(({ peakMemory }) => peakMemory / MIB),
    ),
    figure("journal appends / bare write and fsync", "", [journal.journal / journal.bare]),
    figure("journal appends", "1/s", [journal.journal]),
  ];
}

function table(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  return figures
    .map(({ name, value, unit, spread }) => `${name.padEnd(width)}  ${value} ${unit}  (${spread.min} to ${spread.max})`)
    .join("\n");
}

const figures = await measure();
process.stderr.write(`${table(figures)}\n`);
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
