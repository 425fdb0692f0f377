import { performance } from "node:perf_hooks";
import { setImmediate as immediate } from "node:timers/promises";

import { reasonOf } from "../errors.js";
import type { Clock, IdleProbe } from "../target/clock.js";

/**
 * A clock that runs at real speed and skips idle time: when nothing but timers is pending, it jumps to the next one.
 *
 * Two kinds of timers share it. **World events** (`schedule`) belong to the simulated AWS: they run synchronously, at
 * exactly the instant they are due, in the order of that instant, so that what happens in the world does not depend
 * on how fast this machine is. **Sleeps** (`sleep`) belong to software: the engine, a provider's wait. Time is skipped
 * only while a sleep is pending, because only then does somebody wait for it.
 *
 * A jump taken while software is about to act would put one after another what is parallel. So the clock jumps only
 * when no `busy` work is under way, the event loop has been quiet for three turns, and every watched operation says
 * that it is idle.
 */
export interface SimulatedClock extends Clock {
  /** The current instant; within a world event, the instant at which that event is due. */
  now(): number;

  /** Runs `event` when the clock reaches `at` (milliseconds since the epoch; the past means as soon as possible). */
  schedule(at: number, event: () => void): ScheduledEvent;

  /**
   * Resolves at the first poll at which `holds` answers true. The polls are world events, so that they cost nothing
   * while time is skipped; the waiting counts as a sleep.
   */
  pollUntil(holds: () => boolean, options: PollOptions): Promise<void>;

  /** Runs every world event that is already due. To be called before the world is read or changed from outside. */
  settle(): void;

  /** How much time has been skipped, in milliseconds. */
  skipped(): number;

  /** Stops the clock: pending sleeps reject, scheduled events never run. */
  stop(): void;
}

export interface ScheduledEvent {
  cancel(): void;
}

export interface PollOptions {
  /** Milliseconds before the first poll. @default intervalMs */
  readonly delayMs?: number;
  readonly intervalMs: number;
  readonly signal?: AbortSignal;
}

export interface SimulatedClockOptions {
  /** Milliseconds since the epoch at which the clock starts. @default the machine's time */
  readonly origin?: number;
}

/** Turns of the event loop without any activity before the process counts as quiet. */
const QUIET_TURNS = 3;

/** Real milliseconds between two looks at an operation that is not idle yet. */
const RECHECK_MS = 2;

/** World events that may run without giving way to sockets and pipes. */
const EVENTS_PER_TURN = 256;

interface Entry {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Creates a clock that is already running. */
export function createSimulatedClock(options: SimulatedClockOptions = {}): SimulatedClock {
  const origin = options.origin ?? Date.now();
  const startedAt = performance.now();
  const queue = createQueue();
  const probes = new Set<IdleProbe>();
  const sleepers = new Set<(reason: unknown) => void>();

  let skippedMs = 0;
  let eventInstant: number | undefined;
  let lastInstant = origin;
  let sequence = 0;
  let busyCount = 0;
  /** Grows with everything that may lead software to act: a sleep that ended, work that began or settled. */
  let activity = 0;
  let stopped = false;
  let looping = false;
  let wakeLoop: (() => void) | undefined;

  const realNow = (): number => origin + (performance.now() - startedAt) + skippedMs;
  const now = (): number => eventInstant ?? Math.max(realNow(), lastInstant);

  function poke(): void {
    wakeLoop?.();
    if (!looping && !stopped) {
      looping = true;
      void loop();
    }
  }

  function schedule(at: number, run: () => void): ScheduledEvent {
    const entry: Entry = { at, sequence: sequence++, run, cancelled: false };
    if (!stopped) {
      queue.push(entry);
      poke();
    }
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  function runEvent(entry: Entry): void {
    // An event that software's slowness delayed still happens at its own instant, but never before an earlier one.
    eventInstant = Math.max(entry.at, lastInstant);
    lastInstant = eventInstant;
    try {
      entry.run();
    } finally {
      eventInstant = undefined;
    }
  }

  function settle(): void {
    if (eventInstant !== undefined) return;
    for (let entry = queue.peek(); entry && entry.at <= realNow(); entry = queue.peek()) {
      queue.pop();
      if (!entry.cancelled) runEvent(entry);
    }
  }

  /** Waits until something may have changed, or for `milliseconds` of real time. */
  function pause(milliseconds: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (stopped) return resolve();
      const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds);
      function done(): void {
        clearTimeout(timer);
        wakeLoop = undefined;
        resolve();
      }
      wakeLoop = done;
    });
  }

  async function isQuiet(): Promise<boolean> {
    const before = activity;
    for (let turn = 0; turn < QUIET_TURNS; turn++) {
      await immediate();
      if (busyCount > 0 || activity !== before) return false;
    }
    for (const probe of probes) {
      if (!(await probe())) return false;
    }
    return busyCount === 0 && activity === before;
  }

  /** Jumps from event to event until one of them wakes software. */
  async function skip(): Promise<void> {
    const before = activity;
    let events = 0;
    while (activity === before && busyCount === 0 && sleepers.size > 0 && !stopped) {
      const entry = queue.peek();
      if (!entry) return;
      queue.pop();
      if (entry.cancelled) continue;
      const ahead = entry.at - realNow();
      if (ahead > 0) skippedMs += ahead;
      runEvent(entry);
      if (++events % EVENTS_PER_TURN === 0) await immediate();
    }
  }

  async function loop(): Promise<void> {
    // Never within the stack of whoever schedules: an event that is due at once still comes after its cause.
    await Promise.resolve();
    while (!stopped) {
      settle();
      const next = queue.peek();
      if (!next) break;
      if (sleepers.size > 0 && busyCount === 0 && (await isQuiet())) {
        await skip();
        continue;
      }
      const due = Math.max(0, next.at - realNow());
      const mayBecomeIdle = sleepers.size > 0 && busyCount === 0;
      await pause(Math.min(due, mayBecomeIdle ? RECHECK_MS : 1_000));
    }
    looping = false;
  }

  /** @param start - begins what is waited for, and answers how to give it up */
  function wait(start: (finish: () => void) => () => void, signal?: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (stopped) return reject(new Error("the simulated clock has stopped"));
      if (signal?.aborted) return reject(asError(signal.reason));
      const settleWith = (action: () => void) => {
        giveUp();
        sleepers.delete(fail);
        signal?.removeEventListener("abort", onAbort);
        activity++;
        action();
      };
      const fail = (reason: unknown) => settleWith(() => reject(asError(reason)));
      const onAbort = () => fail(signal?.reason);
      sleepers.add(fail);
      signal?.addEventListener("abort", onAbort, { once: true });
      // Nothing that is scheduled runs before this returns.
      const giveUp = start(() => settleWith(resolve));
      poke();
    });
  }

  return {
    now,
    settle,
    schedule,
    skipped: () => skippedMs,
    sleep: (milliseconds, signal) =>
      wait((finish) => schedule(now() + Math.max(0, milliseconds), finish).cancel, signal),
    pollUntil: (holds, { intervalMs, delayMs = intervalMs, signal }) =>
      wait((finish) => {
        let pending = schedule(now() + delayMs, poll);
        function poll(): void {
          if (holds()) finish();
          else pending = schedule(now() + intervalMs, poll);
        }
        return () => pending.cancel();
      }, signal),
    busy: async (work) => {
      busyCount++;
      activity++;
      try {
        return await work();
      } finally {
        busyCount--;
        activity++;
        poke();
      }
    },
    watch: (probe) => {
      probes.add(probe);
      activity++;
      return () => {
        probes.delete(probe);
        activity++;
        poke();
      };
    },
    stop: () => {
      stopped = true;
      for (const fail of [...sleepers]) fail(new Error("the simulated clock has stopped"));
      wakeLoop?.();
    },
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(reasonOf(reason));
}

interface Queue {
  push(entry: Entry): void;
  peek(): Entry | undefined;
  pop(): Entry | undefined;
}

/** A binary heap ordered by instant, then by the order in which the entries were scheduled. */
function createQueue(): Queue {
  const heap: Entry[] = [];
  const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
  const entryAt = (index: number): Entry => heap[index] as Entry;
  const swap = (a: number, b: number): void => {
    const held = entryAt(a);
    heap[a] = entryAt(b);
    heap[b] = held;
  };
  return {
    peek: () => heap[0],
    push: (entry) => {
      heap.push(entry);
      for (let child = heap.length - 1; child > 0;) {
        const parent = (child - 1) >> 1;
        if (!before(entryAt(child), entryAt(parent))) break;
        swap(child, parent);
        child = parent;
      }
    },
    pop: () => {
      const top = heap[0];
      const last = heap.pop();
      if (heap.length > 0 && last) {
        heap[0] = last;
        for (let parent = 0; ;) {
          const left = 2 * parent + 1;
          const right = left + 1;
          let first = parent;
          if (left < heap.length && before(entryAt(left), entryAt(first))) first = left;
          if (right < heap.length && before(entryAt(right), entryAt(first))) first = right;
          if (first === parent) break;
          swap(first, parent);
          parent = first;
        }
      }
      return top;
    },
  };
}
