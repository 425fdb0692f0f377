import type { StateSlot, World } from "./world.js";

/**
 * How those who look at an endpoint from outside learn at once that it may answer differently, so that what follows is
 * known to have begun then, and because of that. Polling would only tell later, and no cause.
 */
export type ReachabilityListener = (host: string) => void;

const listenerSlot: StateSlot<ReachabilityListener[]> = { name: "reachability", create: () => [] };

/** Says that `host` may answer differently from now on; what is being caused now is the cause. */
export function announceReachability(world: World, host: string): void {
  for (const listener of world.state(listenerSlot, "global")) listener(host.toLowerCase());
}

/** Is told of every announcement. */
export function onReachability(world: World, listener: ReachabilityListener): void {
  world.state(listenerSlot, "global").push(listener);
}
