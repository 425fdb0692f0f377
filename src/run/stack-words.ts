import type { ResourceProgress, StackResult } from "./stack-protocol.js";

/** "2 updated, 30 unchanged" */
export function changesInWords({ changes }: StackResult): string {
  const parts = Object.entries(changes)
    .filter(([op, count]) => count > 0 && op !== "same" && op !== "read")
    .map(([op, count]) => `${count} ${op}`);
  const same = changes["same"] ?? 0;
  return [...parts, `${same} unchanged`].join(", ");
}

/** "update aws:rds/instance:Instance food-shop-db: completed" */
export function resourceInWords({ op, type, urn, status }: ResourceProgress): string {
  return `${op} ${type} ${urn.split("::").at(-1) ?? urn}: ${status}`;
}
