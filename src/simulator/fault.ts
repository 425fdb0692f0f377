import type { ScheduledEvent } from "./clock.js";
import type { World } from "./world.js";

/** The root cause of everything that a fault leads to. */
export const FAULT_CAUSE = "fault";

/**
 * Loses a whole Region at `atMs` (milliseconds since the epoch): it refuses every call, its data plane is dead, its
 * background work stands still.
 */
export function injectRegionLoss(world: World, region: string, atMs: number): ScheduledEvent {
  return world.clock.schedule(atMs, () => {
    world.causedBy(FAULT_CAUSE, () => {
      world.note({ region, service: "region", resource: region, what: "was lost" });
      world.impair(region, { kind: "lost", since: world.now() });
    });
  });
}

/** Brings a lost Region back at `atMs` (milliseconds since the epoch), with what it held. */
export function healRegion(world: World, region: string, atMs: number): ScheduledEvent {
  return world.clock.schedule(atMs, () => {
    world.causedBy("heal", () => {
      world.note({ region, service: "region", resource: region, what: "came back" });
      world.impair(region, undefined);
    });
  });
}
