import type { LatencyRowId } from "../latency/table.js";
import { whenRegionWorks } from "./standstill.js";
import type { Latency, StateSlot, Subject, World } from "./world.js";

/**
 * What a lost Region does to work that was under way: it stands still and goes on when the Region is back. The world
 * only knows whether a Region is impaired now; this keeps since when and until when.
 */

/** A span during which a Region, or a part of it, did nothing. Milliseconds since the epoch. */
export interface Outage {
  readonly from: number;
  /** Infinity while it lasts. */
  readonly to: number;
}

type OutageBook = Map<string, Outage[]>;

const bookSlot: StateSlot<OutageBook> = {
  name: "region-outages",
  create: (world) => {
    const book: OutageBook = new Map();
    world.onImpairment((region, impairment) => {
      if (impairment) beginOutage(book, region, world.now());
      else endOutage(book, region, world.now());
    });
    return book;
  },
};

function beginOutage(book: OutageBook, region: string, from: number): void {
  const outages = book.get(region) ?? [];
  book.set(region, outages);
  if (outages.at(-1)?.to !== Infinity) outages.push({ from, to: Infinity });
}

function endOutage(book: OutageBook, region: string, to: number): void {
  const outages = book.get(region) ?? [];
  const last = outages.at(-1);
  if (last?.to === Infinity) outages[outages.length - 1] = { from: last.from, to };
}

/**
 * Every outage of a Region, in order. Known from the first call in this world on, so ask once before a fault can come:
 * services do when they create their state.
 */
export function outagesOf(world: World, region: string): readonly Outage[] {
  const book = world.state(bookSlot, "global");
  const impairment = world.impairment(region);
  if (impairment && !book.has(region)) beginOutage(book, region, impairment.since);
  return book.get(region) ?? [];
}

/** Runs `work` now, or as soon as none of the Regions is impaired. */
export function whenRegionsWork(world: World, subject: Subject, regions: readonly string[], work: () => void): void {
  const impaired = regions.find((region) => world.impairment(region));
  if (impaired === undefined) return work();
  // Another of them may be impaired by then.
  whenRegionWorks(world, { ...subject, region: impaired }, () => whenRegionsWork(world, subject, regions, work));
}

/** Milliseconds of [from, to] during which at least one of these outages was on. */
export function stoppedMilliseconds(outages: readonly Outage[], from: number, to: number): number {
  let stopped = 0;
  let counted = from;
  for (const outage of [...outages].sort((a, b) => a.from - b.from)) {
    const start = Math.max(outage.from, counted);
    const end = Math.min(outage.to, to);
    if (end <= start) continue;
    stopped += end - start;
    counted = end;
  }
  return stopped;
}

/**
 * `world.after` for work that needs Regions: while one of them is impaired it stands still, and afterwards takes what
 * was left. `then` runs only while all of them work.
 *
 * @param regions - the Regions that do the work. @default the subject's Region
 */
export function workFor(
  world: World,
  row: LatencyRowId,
  subject: Subject,
  then: () => void,
  regions: readonly string[] = [subject.region],
): Latency {
  for (const region of regions) outagesOf(world, region);
  let cancelled = false;
  const finish = (since: number): void => {
    if (cancelled) return;
    const outages = regions.flatMap((region) => outagesOf(world, region));
    const missing = stoppedMilliseconds(outages, since, world.now());
    if (missing === 0 && regions.every((region) => !world.impairment(region))) return then();
    whenRegionsWork(world, subject, regions, () => {
      const resumedAt = world.now();
      world.at(missing, () => finish(resumedAt));
    });
  };
  const startedAt = world.now();
  const latency = world.after(row, subject, () => finish(startedAt));
  return {
    endsAt: latency.endsAt,
    cancel: () => {
      cancelled = true;
      latency.cancel();
    },
  };
}
