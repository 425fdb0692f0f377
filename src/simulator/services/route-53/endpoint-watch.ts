import { loadBalancerTarget } from "../../load-balancer-names.js";
import type { StateSlot, World } from "../../world.js";
import { onTargetHealthChange } from "../elastic-load-balancing-v2/health.js";
import { refreshAnswers } from "./answer-watch.js";
import { endpointsMayHaveChanged } from "./health-checker.js";

/** Tells the rest of Route 53 when something it looks at from outside may have changed. */

const watchSlot: StateSlot<true> = {
  name: "route-53/endpoint-watch",
  create: (world, region) => {
    onTargetHealthChange(world, region, () => {
      endpointsMayHaveChanged(world);
      refreshAnswers(world);
    });
    return true;
  },
};

/** Begins to follow the load balancer that a host name means, if it means one; safe to call again. */
export function watchHost(world: World, host: string | undefined): void {
  const target = host === undefined ? undefined : loadBalancerTarget(world, host);
  if (target) world.state(watchSlot, target.region);
}
