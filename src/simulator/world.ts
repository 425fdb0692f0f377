import type { SimulatedClock, ScheduledEvent } from "./clock.js";
import { createDraw, latencySeconds, type Draw, type LatencyProfile } from "../latency/row.js";
import { latencyTable, type LatencyRowId, type LatencyTable } from "../latency/table.js";

/**
 * The state of the simulated AWS: typed slots per Region that the services define, modelled latencies with their
 * causes, and faults. Services change it synchronously, from API calls and from scheduled world events; there is no
 * `await` inside the world.
 */
export interface World {
  readonly clock: SimulatedClock;
  readonly seed: number;
  readonly profile: LatencyProfile;
  readonly accountId: string;
  readonly latencies: LatencyTable;
  /** Random numbers that depend on the seed and a key only. */
  readonly draw: Draw;

  /** Milliseconds since the epoch; exact within a world event. */
  now(): number;

  /** The state of one service in one Region, made when it is first asked for. Use "global" for global services. */
  state<T>(slot: StateSlot<T>, region: string): T;
  /** Regions that hold state in this slot, sorted. */
  regionsWith(slot: StateSlot<unknown>): readonly string[];

  /**
   * Lets `then` happen after a modelled latency and records the span. The row's value is drawn from seed and subject.
   * What `then` starts counts as caused by this span.
   */
  after(row: LatencyRowId, subject: Subject, then: () => void): Latency;

  /** Lets `event` happen after exactly `milliseconds`; it inherits the current cause. For intervals and periods. */
  at(milliseconds: number, event: () => void): ScheduledEvent;

  /** Runs `event` every `milliseconds` until cancelled. */
  every(milliseconds: number, event: () => void): ScheduledEvent;

  /**
   * Records a latency whose end only shows when it is reached (a health check's threshold, a cache's time to live),
   * then runs `then` as caused by it.
   */
  elapsed(record: Omit<LatencySpan, "id" | "endedAt">, then: () => void): void;

  /** Seconds that `row` takes for `key` in this world. */
  seconds(row: LatencyRowId, key: string): number;

  /** Runs `work` with `cause` as the root of what it starts. Used by API calls (a step's id) and faults. */
  causedBy<T>(cause: string, work: () => T): T;
  /** What is being caused right now: the running span, or the root cause of a call. */
  currentCause(): Cause;

  /** Every modelled latency that has ended, in the order of its end. */
  readonly spans: readonly LatencySpan[];

  /** Makes a Region refuse every call and its data plane dead; undefined heals it. */
  impair(region: string, impairment: Impairment | undefined): void;
  impairment(region: string): Impairment | undefined;
  /** Is told of every change of an impairment, as a world event. */
  onImpairment(listener: (region: string, impairment: Impairment | undefined) => void): void;

  /** Records what happened in the world, for reports and tests. */
  note(event: WorldEvent): void;
  readonly events: readonly (WorldEvent & { readonly at: number })[];
}

/** Something that takes modelled time. */
export interface Subject {
  readonly region: string;
  /** The resource that is waited for: an id, a name or an ARN. */
  readonly resource: string;
  /** Added to the draw's key where one resource meets the same latency more than once. */
  readonly occurrence?: string;
}

export interface Latency {
  readonly endsAt: number;
  cancel(): void;
}

/** One modelled latency that has passed. */
export interface LatencySpan {
  readonly id: number;
  readonly row: LatencyRowId | "configured";
  readonly subject: Subject;
  /** Says what a "configured" span is: "health check threshold", "DNS time to live". */
  readonly label?: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cause: Cause;
}

/** The span that led to this, or the root: a fault, or the application id of an API call. */
export type Cause = { readonly span: number } | { readonly root: string };

/** A Region's impairment. */
export interface Impairment {
  readonly kind: "lost";
  readonly since: number;
}

export interface WorldEvent {
  readonly region: string;
  readonly service: string;
  readonly resource: string;
  /** In words, past tense: "promoted", "became unhealthy". */
  readonly what: string;
}

/** A typed piece of state that one service keeps per Region. */
export interface StateSlot<T> {
  readonly name: string;
  readonly create: (world: World, region: string) => T;
}

export interface WorldOptions {
  readonly clock: SimulatedClock;
  /** @default 1 */
  readonly seed?: number;
  /** @default "typical" */
  readonly profile?: LatencyProfile;
  /** Rows that replace those of the table. */
  readonly latencies?: Partial<LatencyTable>;
  /** @default "123456789012" */
  readonly accountId?: string;
}

/** Creates an empty world. */
export function createWorld(options: WorldOptions): World {
  const { clock, seed = 1, profile = "typical", accountId = "123456789012" } = options;
  const latencies: LatencyTable = { ...latencyTable, ...options.latencies };
  const draw = createDraw(seed);
  const states = new Map<string, Map<string, unknown>>();
  const spans: LatencySpan[] = [];
  const events: (WorldEvent & { at: number })[] = [];
  const impairments = new Map<string, Impairment>();
  const impairmentListeners: ((region: string, impairment: Impairment | undefined) => void)[] = [];
  let nextSpan = 1;
  let cause: Cause = { root: "world" };

  function within<T>(newCause: Cause, work: () => T): T {
    const outer = cause;
    cause = newCause;
    try {
      return work();
    } finally {
      cause = outer;
    }
  }

  function inherit(event: () => void): () => void {
    const inherited = cause;
    return () => within(inherited, event);
  }

  const world: World = {
    clock,
    seed,
    profile,
    accountId,
    latencies,
    draw,
    spans,
    events,
    now: () => clock.now(),
    state: <T>(slot: StateSlot<T>, region: string): T => {
      let byRegion = states.get(slot.name);
      if (!byRegion) states.set(slot.name, (byRegion = new Map<string, unknown>()));
      if (!byRegion.has(region)) byRegion.set(region, slot.create(world, region));
      return byRegion.get(region) as T;
    },
    regionsWith: (slot) => [...(states.get(slot.name)?.keys() ?? [])].sort(),
    seconds: (row, key) => latencySeconds(latencies[row], profile, draw, `${row}/${key}`),
    after: (row, subject, then) => {
      const key = `${subject.region}/${subject.resource}/${subject.occurrence ?? ""}`;
      const startedAt = clock.now();
      const endsAt = startedAt + 1000 * world.seconds(row, key);
      const spanCause = cause;
      const event = clock.schedule(endsAt, () => world.elapsed({ row, subject, startedAt, cause: spanCause }, then));
      return { endsAt, cancel: () => event.cancel() };
    },
    at: (milliseconds, event) => clock.schedule(clock.now() + milliseconds, inherit(event)),
    every: (milliseconds, event) => {
      const run = inherit(event);
      let cancelled = false;
      let pending: ScheduledEvent;
      const tick = (): void => {
        if (cancelled) return;
        pending = clock.schedule(clock.now() + milliseconds, tick);
        run();
      };
      pending = clock.schedule(clock.now() + milliseconds, tick);
      return {
        cancel: () => {
          cancelled = true;
          pending.cancel();
        },
      };
    },
    elapsed: (record, then) => {
      const span: LatencySpan = { ...record, id: nextSpan++, endedAt: clock.now() };
      spans.push(span);
      within({ span: span.id }, then);
    },
    causedBy: (root, work) => within({ root }, work),
    currentCause: () => cause,
    impair: (region, impairment) => {
      if (impairment) impairments.set(region, impairment);
      else impairments.delete(region);
      for (const listener of impairmentListeners) listener(region, impairment);
    },
    impairment: (region) => impairments.get(region),
    onImpairment: (listener) => {
      impairmentListeners.push(listener);
    },
    note: (event) => {
      events.push({ ...event, at: clock.now() });
    },
  };
  return world;
}
