import type { Draw } from "../../../latency/row.js";

/** How many of the resources that a target matches are chosen. */
export type Selection = { readonly kind: "all" } | { readonly kind: "count" | "percent"; readonly value: number };

/** Reads ALL, COUNT(n) or PERCENT(n); undefined for anything else. */
export function parseSelection(mode: string): Selection | undefined {
  if (mode === "ALL") return { kind: "all" };
  const match = /^(COUNT|PERCENT)\((\d+)\)$/.exec(mode);
  if (!match) return undefined;
  const value = Number(match[2]);
  if (value < 1 || (match[1] === "PERCENT" && value > 100)) return undefined;
  return { kind: match[1] === "COUNT" ? "count" : "percent", value };
}

/**
 * Chooses among resources, at random by the seed. PERCENT is rounded down, so that it may choose nothing.
 *
 * @param key - of the choice: the same key chooses the same resources
 */
export function select(arns: readonly string[], selection: Selection, draw: Draw, key: string): readonly string[] {
  if (selection.kind === "all") return arns;
  const size = selection.kind === "count" ? selection.value : Math.floor((arns.length * selection.value) / 100);
  const drawn = new Map(arns.map((arn) => [arn, draw(`${key}/${arn}`)]));
  const order = [...arns].sort((a, b) => (drawn.get(a) ?? 0) - (drawn.get(b) ?? 0) || (a < b ? -1 : 1));
  return order.slice(0, size);
}
