import type * as client from "@aws-sdk/client-route-53";

import { defineService, RegionUnreachableError, type Handlers } from "../../service.js";
import type { World } from "../../world.js";
import { healthCheckHandlers } from "./health-check-handlers.js";
import { recordHandlers } from "./record-handlers.js";
import { CONTROL_PLANE_REGION } from "./state.js";
import { tagHandlers } from "./tag-handlers.js";
import { zoneHandlers } from "./zone-handlers.js";

type Client = typeof client;

/**
 * Amazon Route 53. Its API runs in us-east-1 and is refused while that Region is impaired; name servers and health
 * checkers go on everywhere else.
 */
export const route53 = defineService({
  id: "route-53",
  signingName: "route53",
  global: true,
  loadClient: () => import("@aws-sdk/client-route-53"),
  handlers: (world): Handlers<Client> =>
    whileControlPlaneWorks(world, {
      ...zoneHandlers(world),
      ...recordHandlers(world),
      ...healthCheckHandlers(world),
      ...tagHandlers(world),
    }),
});

function whileControlPlaneWorks(world: World, handlers: Handlers<Client>): Handlers<Client> {
  const guarded = Object.entries(handlers).map(([operation, handler]) => [
    operation,
    (...args: unknown[]): unknown => {
      if (world.impairment(CONTROL_PLANE_REGION)) throw new RegionUnreachableError(CONTROL_PLANE_REGION);
      return (handler as (...given: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(guarded) as Handlers<Client>;
}

export { resolveName } from "./resolve.js";
