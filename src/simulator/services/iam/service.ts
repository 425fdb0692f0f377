import { defineService, RegionUnreachableError } from "../../service.js";
import type { World } from "../../world.js";
import { instanceProfileHandlers } from "./instance-profiles.js";
import { policyHandlers } from "./policies.js";
import { roleHandlers } from "./roles.js";
import type { IamHandlers } from "./state.js";

/** Where IAM's API runs (AWS whitepaper Fault Isolation Boundaries, global services). */
const CONTROL_PLANE_REGION = "us-east-1";

/**
 * AWS IAM: roles, policies and instance profiles as records; it authorises nothing. It is global, and its API is
 * refused while us-east-1 is impaired.
 */
export const iam = defineService({
  id: "iam",
  signingName: "iam",
  global: true,
  loadClient: () => import("@aws-sdk/client-iam"),
  handlers: (world): IamHandlers =>
    whileControlPlaneWorks(world, {
      ...roleHandlers(world),
      ...policyHandlers(world),
      ...instanceProfileHandlers(world),
    }),
});

function whileControlPlaneWorks(world: World, handlers: IamHandlers): IamHandlers {
  const guarded = Object.entries(handlers).map(([operation, handler]) => [
    operation,
    (...args: unknown[]): unknown => {
      if (world.impairment(CONTROL_PLANE_REGION)) throw new RegionUnreachableError(CONTROL_PLANE_REGION);
      return (handler as (...given: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(guarded) as IamHandlers;
}
