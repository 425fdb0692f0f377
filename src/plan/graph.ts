import type { Step } from "./step.js";

/** The part of a step that order depends on. */
export type Ordered = Pick<Step, "id" | "after">;

/**
 * Checks the shape of a runbook: unique ids, known dependencies, no cycle, lanes that start at a step waited for.
 *
 * @returns what is wrong, one sentence each; empty when the runbook can be run
 */
export function validateRunbook(steps: readonly Step[]): readonly string[] {
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const { id } of steps) {
    if (ids.has(id)) problems.push(`step id ${id} is used more than once`);
    ids.add(id);
  }
  for (const { id, after } of steps) {
    for (const dependency of after) {
      if (!ids.has(dependency)) problems.push(`step ${id} waits for ${dependency}, which is no step`);
    }
  }
  if (problems.length > 0) return problems;
  const ordered = orderSteps(steps);
  if (!ordered) {
    return [`steps wait for each other in a circle: ${stepsInCycles(steps).join(", ")}`];
  }
  for (const step of steps) {
    const before = ancestors(steps, step.id);
    for (const { since, row } of step.awaits) {
      if (since !== undefined && !before.has(since)) {
        problems.push(`step ${step.id} awaits ${row} since ${since}, which it does not wait for`);
      }
    }
  }
  return problems;
}

/**
 * Orders steps so that each comes after those that it waits for; otherwise they keep the order in which they are given.
 *
 * @returns undefined when they wait for each other in a circle, or for a step that is not among them
 */
export function orderSteps<S extends Ordered>(steps: readonly S[]): readonly S[] | undefined {
  const done = new Set<string>();
  const ordered: S[] = [];
  let waiting = [...steps];
  while (waiting.length > 0) {
    const next = waiting.find(({ after }) => after.every((id) => done.has(id)));
    if (!next) return undefined;
    ordered.push(next);
    done.add(next.id);
    waiting = waiting.filter((step) => step !== next);
  }
  return ordered;
}

/** Ids of every step that `id` waits for, directly or through others; never `id` itself unless in a circle. */
export function ancestors(steps: readonly Ordered[], id: string): ReadonlySet<string> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const found = new Set<string>();
  const visit = (of: string): void => {
    for (const before of byId.get(of)?.after ?? []) {
      if (found.has(before)) continue;
      found.add(before);
      visit(before);
    }
  };
  visit(id);
  return found;
}

function stepsInCycles(steps: readonly Ordered[]): readonly string[] {
  return steps.filter(({ id }) => ancestors(steps, id).has(id)).map(({ id }) => id);
}
