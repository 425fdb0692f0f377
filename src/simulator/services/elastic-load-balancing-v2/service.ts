import { defineService } from "../../service.js";
import { attributeHandlers } from "./attributes.js";
import { listenerHandlers } from "./listeners.js";
import { loadBalancerHandlers } from "./load-balancers.js";
import { ruleHandlers } from "./rules.js";
import { tagHandlers } from "./tags.js";
import { targetGroupHandlers } from "./target-groups.js";
import { targetHandlers } from "./targets.js";

export { findLoadBalancerByDns, isLoadBalancerHealthy, routeRequest } from "./routing.js";

/** Elastic Load Balancing v2: application load balancers, target groups, health checks. */
export const elasticLoadBalancingV2 = defineService({
  id: "elastic-load-balancing-v2",
  signingName: "elasticloadbalancing",
  loadClient: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  handlers: (world) => ({
    ...loadBalancerHandlers(world),
    ...listenerHandlers(world),
    ...ruleHandlers(world),
    ...targetGroupHandlers(world),
    ...targetHandlers(world),
    ...attributeHandlers(world),
    ...tagHandlers(world),
  }),
});
