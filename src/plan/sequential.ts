import { orderSteps } from "./graph.js";
import type { Step } from "./step.js";

/**
 * The same steps strictly one after another: what a runbook costs that overlaps nothing. For comparison.
 *
 * @returns the steps in an order that respects `after`, each waiting for the former
 */
export function sequentialRunbook(steps: readonly Step[]): readonly Step[] {
  const ordered = orderSteps(steps) ?? steps;
  return ordered.map((step, index) => {
    const former = ordered[index - 1];
    return { ...step, after: former ? [former.id] : [] };
  });
}
