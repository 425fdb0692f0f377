import type { StateSlot, World } from "../../world.js";

/** What waits for an impaired Region to come back. */
const parkedSlot: StateSlot<(() => void)[]> = {
  name: "fis/parked",
  create: (world, region) => {
    const parked: (() => void)[] = [];
    world.onImpairment((changed, impairment) => {
      if (changed !== region || impairment) return;
      for (const work of parked.splice(0)) work();
    });
    return parked;
  },
};

/** Does the service's own work now, or when its Region is no longer impaired: until then the service stands still. */
export function whenRegionWorks(world: World, region: string, work: () => void): void {
  if (world.impairment(region)) world.state(parkedSlot, region).push(work);
  else work();
}
