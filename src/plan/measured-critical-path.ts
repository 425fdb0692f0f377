import type { CriticalPath } from "./critical-path.js";
import { ancestors } from "./graph.js";
import type { Step } from "./step.js";

/** One modelled latency that has passed, as the simulated world records it. Instants in milliseconds. */
export interface MeasuredSpan {
  readonly id: number;
  /** Row of the latency table, or "configured": then `label` says what it is. */
  readonly row: string;
  readonly label?: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
  /** The span that led to this, or who began: the application id of a call, or a fault. */
  readonly cause: { readonly span: number } | { readonly root: string };
}

/** When a step of the run ended, and the application id of its calls. */
export interface StepTiming {
  readonly id: string;
  readonly cause: string;
  /** Milliseconds; undefined when it has not ended. */
  readonly endedAt?: number | undefined;
}

export interface MeasuredRun {
  readonly steps: readonly Step[];
  readonly timings: readonly StepTiming[];
  readonly spans: readonly MeasuredSpan[];
  /** Milliseconds. */
  readonly faultAt: number;
  /** When users were served again, in milliseconds. */
  readonly recoveredAt: number;
}

const nothing: CriticalPath = { seconds: 0, parts: [] };

/**
 * The longest chain of modelled latencies from the fault until users were served: what the run would have taken with
 * software that takes no time. Latencies count by dependency: one caused by a step begins when the steps before it
 * could have ended; the part of a latency before the fault does not count.
 *
 * Never more than the measured RTO: each chain is made of latencies that did pass one after another.
 */
export function measuredCriticalPath(run: MeasuredRun): CriticalPath {
  const { steps, faultAt, recoveredAt } = run;
  const stepById = new Map(steps.map((step) => [step.id, step]));
  const stepByCause = new Map(run.timings.map(({ id, cause }) => [cause, id]));
  const endOfStep = new Map(run.timings.map(({ id, endedAt }) => [id, endedAt ?? Infinity]));
  const spanById = new Map(run.spans.map((span) => [span.id, span]));
  const spansByName = groupByName(run.spans.filter(({ endedAt }) => endedAt > faultAt && endedAt <= recoveredAt));
  const pathOfSpan = new Map<number, CriticalPath>();
  const pathOfStep = new Map<string, CriticalPath>();
  const rootOfSpan = new Map<number, string>();

  /** The step at which a chain of causes begins, or undefined: a fault, or somebody else. */
  function rootStep(span: MeasuredSpan): string | undefined {
    let root = rootOfSpan.get(span.id);
    if (root === undefined) {
      let first: MeasuredSpan | undefined = span;
      while (first && "span" in first.cause) first = spanById.get(first.cause.span);
      root = first && "root" in first.cause ? first.cause.root : "";
      rootOfSpan.set(span.id, root);
    }
    return stepByCause.get(root);
  }

  function upToSpan(span: MeasuredSpan): CriticalPath {
    const known = pathOfSpan.get(span.id);
    if (known) return known;
    const path = extend(beforeSpan(span), span);
    pathOfSpan.set(span.id, path);
    return path;
  }

  function beforeSpan(span: MeasuredSpan): CriticalPath {
    if ("span" in span.cause) {
      const cause = spanById.get(span.cause.span);
      return cause ? upToSpan(cause) : nothing;
    }
    const step = stepByCause.get(span.cause.root);
    return step === undefined ? nothing : beforeStep(step);
  }

  function extend(base: CriticalPath, span: MeasuredSpan): CriticalPath {
    const seconds = (span.endedAt - Math.max(span.startedAt, faultAt)) / 1000;
    if (!(seconds > 0)) return base;
    // A chain can't be longer than what has passed. A span recorded as begun before its cause ended overlaps it.
    const passed = (span.endedAt - faultAt) / 1000;
    if (base.seconds > passed) return extend(nothing, span);
    const counted = Math.min(seconds, passed - base.seconds);
    if (counted === 0) return base;
    const part = { what: span.label ?? span.row, step: rootStep(span) ?? "", seconds: counted };
    return { seconds: base.seconds + counted, parts: [...base.parts, part] };
  }

  function beforeStep(id: string): CriticalPath {
    return longest((stepById.get(id)?.after ?? []).map(upToStep));
  }

  function upToStep(id: string): CriticalPath {
    const known = pathOfStep.get(id);
    if (known) return known;
    const step = stepById.get(id);
    const path = step ? longest([beforeStep(id), ...awaited(step)]) : nothing;
    pathOfStep.set(id, path);
    return path;
  }

  function awaited(step: Step): readonly CriticalPath[] {
    const before = ancestors(steps, step.id);
    const end = endOfStep.get(step.id) ?? Infinity;
    const names = new Set(step.awaits.map(({ row }) => row));
    return [...names]
      .flatMap((name) => spansByName.get(name) ?? [])
      .filter((span) => {
        const root = rootStep(span);
        return span.endedAt <= end && (root === undefined || root === step.id || before.has(root));
      })
      .map((span) => namedAfter(upToSpan(span), step.id));
  }

  return longest(steps.filter(({ recovery }) => recovery).map(({ id }) => upToStep(id)));
}

/** What began at the fault is waited for by the step that awaits it. */
function namedAfter(path: CriticalPath, step: string): CriticalPath {
  return { seconds: path.seconds, parts: path.parts.map((part) => (part.step === "" ? { ...part, step } : part)) };
}

function groupByName(spans: readonly MeasuredSpan[]): ReadonlyMap<string, readonly MeasuredSpan[]> {
  const groups = new Map<string, MeasuredSpan[]>();
  for (const span of spans) {
    const name = span.row === "configured" ? (span.label ?? span.row) : span.row;
    const group = groups.get(name);
    if (group) group.push(span);
    else groups.set(name, [span]);
  }
  return groups;
}

function longest(paths: readonly CriticalPath[]): CriticalPath {
  return paths.reduce((best, path) => (path.seconds > best.seconds ? path : best), nothing);
}
