import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

function listProcesses(): readonly ProcessRow[] {
  return execFileSync("ps", ["-eo", "pid=,ppid=,pgid=,stat=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .filter(([, , , , state]) => !state?.startsWith("Z"))
    .map(([, pid, parent, group, , command]) => ({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      command: command ?? "",
    }));
}

/** Commands of the stack workers and Pulumi CLIs that descend from a process. */
export function operationsUnder(ancestor: number): readonly string[] {
  const rows = listProcesses();
  const under = new Set([ancestor]);
  for (let before = 0; before !== under.size;) {
    before = under.size;
    for (const { pid, parent } of rows) if (under.has(parent)) under.add(pid);
  }
  return rows
    .filter(({ pid, command }) => under.has(pid) && /stack-worker|pulumi (up|preview|stack)/.test(command))
    .map(({ command }) => command);
}

/** Commands of the processes of a group. */
export function processesOfGroup(group: number): readonly string[] {
  return listProcesses()
    .filter((row) => row.group === group)
    .map(({ command }) => command);
}

/** What is left of a list after at most `milliseconds`: a process that was told to end takes a moment. */
export async function remaining(list: () => readonly string[], milliseconds = 5_000): Promise<readonly string[]> {
  const until = performance.now() + milliseconds;
  for (;;) {
    const left = list();
    if (left.length === 0 || performance.now() > until) return left;
    await delay(50);
  }
}
