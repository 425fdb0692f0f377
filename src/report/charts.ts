import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

import type { RunResult, StepResult } from "../run/result.js";

/**
 * The charts of a report, as SVG text. Drawn ahead of time, so that a report is one small file without scripts; colours
 * are the page's CSS variables, so that they follow its light and dark themes.
 */

const WIDTH = 1040;
const instant = (text: string): number => Date.parse(text);

/** Seconds relative to the fault, or to the run's first step where there was none. */
function zeroOf(result: RunResult): number {
  const first = result.steps.find((step) => step.startedAt)?.startedAt;
  return instant(result.faultAt ?? first ?? new Date(0).toISOString());
}

/** Share of requests that succeeded over time, with the fault and the recovery marked; undefined without requests. */
export function drawAvailability(result: RunResult): string | undefined {
  const zero = zeroOf(result);
  const points = result.availability
    .filter((point) => point.requests > 0)
    .map((point) => ({
      seconds: (instant(point.at) - zero) / 1000,
      share: (100 * (point.requests - point.failed)) / point.requests,
      title: `${formatOffset((instant(point.at) - zero) / 1000)}: ${point.requests - point.failed} of ${point.requests} requests succeeded`,
    }));
  if (points.length === 0) return undefined;
  return draw({
    height: 220,
    marginLeft: 56,
    x: { label: "seconds since the fault", labelAnchor: "right", grid: true },
    y: { label: null, domain: [0, 100], grid: true },
    marks: [
      Plot.areaY(points, { x: "seconds", y: "share", curve: "step-after", fill: "var(--good)", fillOpacity: 0.15 }),
      Plot.lineY(points, { x: "seconds", y: "share", curve: "step-after", stroke: "var(--good)", strokeWidth: 1.5 }),
      Plot.ruleX(points, { x: "seconds", stroke: "transparent", strokeWidth: 6, title: "title" }),
      ...marker(result, zero),
    ],
  });
}

/** When each step ran: bars by step in the order of their start; solid for what users waited for. */
export function drawTimeline(result: RunResult): string | undefined {
  const zero = zeroOf(result);
  const ran = result.steps.filter(hasRun);
  if (ran.length === 0) return undefined;
  const bars = ran.map((step) => {
    const from = (instant(step.startedAt) - zero) / 1000;
    const to = (instant(step.endedAt) - zero) / 1000;
    return {
      step: step.id,
      from,
      // A step that took no time still shows.
      to: Math.max(to, from + 0.5),
      colour: step.status === "failed" ? "var(--bad)" : step.recovery ? "var(--accent)" : "var(--muted)",
      label: formatSeconds(to - from),
      title: `${step.title} (${step.region}, ${step.plane} plane): ${formatSeconds(to - from)}, from ${formatOffset(from)}`,
    };
  });
  const order = bars.map((bar) => bar.step);
  return draw({
    height: 40 + 26 * bars.length,
    marginLeft: 190,
    marginRight: 90,
    x: { label: "seconds since the fault", labelAnchor: "right", grid: true },
    y: { label: null, domain: order },
    marks: [
      Plot.barX(bars, {
        x1: "from",
        x2: "to",
        y: "step",
        fill: "colour",
        title: "title",
        insetTop: 3,
        insetBottom: 3,
        rx: 3,
      }),
      Plot.text(bars, { x: "to", y: "step", text: "label", textAnchor: "start", dx: 6 }),
      ...marker(result, zero),
    ],
  });
}

type RanStep = StepResult & { readonly startedAt: string; readonly endedAt: string };

function hasRun(step: StepResult): step is RanStep {
  return step.startedAt !== null && step.endedAt !== null;
}

function marker(result: RunResult, zero: number): Plot.Markish[] {
  const marks: { seconds: number; text: string; colour: string }[] = [];
  if (result.faultAt) marks.push({ seconds: 0, text: "fault", colour: "var(--bad)" });
  if (result.recoveredAt)
    marks.push({ seconds: (instant(result.recoveredAt) - zero) / 1000, text: "users served", colour: "var(--good)" });
  return [
    Plot.ruleX(marks, { x: "seconds", stroke: "colour", strokeDasharray: "4 3", strokeWidth: 1.5 }),
    Plot.text(marks, { x: "seconds", text: "text", frameAnchor: "top", dy: -12, fill: "colour", fontWeight: "bold" }),
  ];
}

/** What is used of the elements that Plot makes. The library's types want a browser's; linkedom's do as well. */
interface Drawing {
  readonly outerHTML: string;
}

const plot = Plot.plot as unknown as (options: Record<string, unknown>) => Drawing;

function draw(options: Omit<Plot.PlotOptions, "document">): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>") as unknown as { document: unknown };
  const figure = plot({
    ...options,
    width: WIDTH,
    marginTop: 24,
    marginBottom: 38,
    document,
    style: { background: "transparent", color: "inherit", fontSize: "12px", overflow: "visible" },
  });
  return figure.outerHTML.replaceAll('="undefined"', '=""');
}

/** "+3 min 20 s" or "-45 s", relative to the fault. */
export function formatOffset(seconds: number): string {
  return `${seconds < 0 ? "-" : "+"}${formatSeconds(Math.abs(seconds))}`;
}

/** "3 min 20 s", "12.4 s": to a tenth below a minute. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  return [hours && `${hours} h`, minutes && `${minutes} min`, rest && `${rest} s`].filter(Boolean).join(" ");
}
