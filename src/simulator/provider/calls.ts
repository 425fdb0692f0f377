/** The provider calls that have not been answered, for those who judge whether the engine is idle. */
export interface CallTracker {
  begin(name: string): TrackedCall;
  /** `type::name` of every call that has not been answered. */
  outstanding(): readonly string[];
  /** Those that sleep on the simulated clock, or wait for nothing but calls that do. */
  waiting(): readonly string[];
  /** When a call last came in, went out, fell asleep or woke: milliseconds on the machine's clock. */
  lastActivityAt(): number;
}

export interface TrackedCall {
  sleeping(asleep: boolean): void;
  /** Notes that a component waits for the registration of a child. */
  childStarted(name: string): void;
  childEnded(name: string): void;
  end(): void;
}

interface Entry {
  readonly name: string;
  asleep: boolean;
  /** Names of registrations in flight, with how many of each. */
  readonly children: Map<string, number>;
}

/** Creates an empty tracker. */
export function createCallTracker(): CallTracker {
  const entries = new Set<Entry>();
  let lastActivity = Date.now();

  /** Components may hold components: grow the set until nothing is added. */
  function waitingEntries(): Set<Entry> {
    const waiting = new Set([...entries].filter(({ asleep }) => asleep));
    for (let grew = true; grew;) {
      const names = new Set([...waiting].map(({ name }) => name));
      const more = [...entries].filter(
        (entry) =>
          !waiting.has(entry) &&
          entry.children.size > 0 &&
          [...entry.children.keys()].every((child) => names.has(child)),
      );
      for (const entry of more) waiting.add(entry);
      grew = more.length > 0;
    }
    return waiting;
  }

  return {
    outstanding: () => [...entries].map(({ name }) => name),
    waiting: () => [...waitingEntries()].map(({ name }) => name),
    lastActivityAt: () => lastActivity,
    begin: (name) => {
      const entry: Entry = { name, asleep: false, children: new Map() };
      entries.add(entry);
      lastActivity = Date.now();
      const count = (child: string, change: number): void => {
        const now = (entry.children.get(child) ?? 0) + change;
        if (now > 0) entry.children.set(child, now);
        else entry.children.delete(child);
        lastActivity = Date.now();
      };
      return {
        sleeping: (asleep) => {
          entry.asleep = asleep;
          lastActivity = Date.now();
        },
        childStarted: (child) => count(child, 1),
        childEnded: (child) => count(child, -1),
        end: () => {
          entries.delete(entry);
          lastActivity = Date.now();
        },
      };
    },
  };
}
