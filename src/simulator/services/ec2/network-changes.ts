import type { StateSlot, World } from "../../world.js";

const listenerSlot: StateSlot<(() => void)[]> = { name: "ec2-network-listeners", create: () => [] };

/** Is told when security groups of the Region begin or cease to admit something. */
export function onNetworkChange(world: World, region: string, listener: () => void): void {
  world.state(listenerSlot, region).push(listener);
}

export function announceNetworkChange(world: World, region: string): void {
  for (const listener of world.state(listenerSlot, region)) listener();
}
