import type { Cause, StateSlot, Subject, World } from "./world.js";

interface HeldWork {
  readonly subject: Subject;
  readonly cause: Cause;
  readonly startedAt: number;
  readonly work: () => void;
}

const heldSlot: StateSlot<HeldWork[]> = {
  name: "standstill",
  create: (world, region) => {
    const held: HeldWork[] = [];
    world.onImpairment((changed, impairment) => {
      if (changed !== region || impairment) return;
      for (const { subject, cause, startedAt, work } of held.splice(0)) {
        world.elapsed({ row: "configured", label: "Region impaired", subject, startedAt, cause }, work);
      }
    });
    return held;
  },
};

/**
 * Runs `work` now, or, while the Region is impaired, when it comes back: background processes of an impaired Region
 * stand still. The wait is recorded as a span, so that what `work` starts keeps its cause.
 */
export function whenRegionWorks(world: World, subject: Subject, work: () => void): void {
  if (!world.impairment(subject.region)) return work();
  world.state(heldSlot, subject.region).push({ subject, cause: world.currentCause(), startedAt: world.now(), work });
}
