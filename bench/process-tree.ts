import { readFileSync, readdirSync } from "node:fs";

/** Memory of a process and all its descendants, in bytes: shared pages count once, in parts (PSS). Linux only. */
export function treeMemory(root: number): number {
  const children = childrenOf();
  const pending = [root];
  let total = 0;
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    total += proportionalSetSize(pid);
    pending.push(...(children.get(pid) ?? []));
  }
  return total;
}

/** Child processes by parent. Those that end meanwhile are left out. */
function childrenOf(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readIfThere(`/proc/${pid}/stat`);
    // The parent is the second field after the command, which is in parentheses and may itself contain some.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}

function proportionalSetSize(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
