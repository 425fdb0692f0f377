import { defineService, ServiceError } from "../../service.js";
import { catalogueHandlers } from "./catalogue.js";
import { internetGatewayHandlers } from "./gateways.js";
import { instanceHandlers } from "./instance-handlers.js";
import { interfaceHandlers } from "./interfaces.js";
import { launchTemplateHandlers } from "./launch-templates.js";
import { addressHandlers, natGatewayHandlers } from "./nat-gateways.js";
import { routeHandlers, routeTableHandlers } from "./route-tables.js";
import { securityGroupRuleHandlers } from "./security-group-rules.js";
import { securityGroupHandlers } from "./security-groups.js";
import type { Ec2Handlers } from "./state.js";
import { subnetHandlers } from "./subnets.js";
import { tagHandlers } from "./tags.js";
import { vpcHandlers } from "./vpcs.js";

/** Amazon EC2 and VPC: networks, launch templates and instances. */
export const ec2 = defineService({
  id: "ec2",
  signingName: "ec2",
  loadClient: () => import("@aws-sdk/client-ec2"),
  handlers: (world) =>
    guarded({
      ...catalogueHandlers(world),
      ...vpcHandlers(world),
      ...subnetHandlers(world),
      ...routeTableHandlers(world),
      ...routeHandlers(world),
      ...internetGatewayHandlers(world),
      ...addressHandlers(world),
      ...natGatewayHandlers(world),
      ...interfaceHandlers(world),
      ...securityGroupHandlers(world),
      ...securityGroupRuleHandlers(world),
      ...launchTemplateHandlers(world),
      ...instanceHandlers(world),
      ...tagHandlers(world),
    }),
});

type AnyHandler = (input: { readonly DryRun?: boolean | undefined }, context: unknown) => unknown;

/** Answers dry runs without acting, and answers copies: what a caller holds must not change with the world. */
function guarded(handlers: Ec2Handlers): Ec2Handlers {
  const wrap =
    (handler: AnyHandler): AnyHandler =>
    (input, context) => {
      if (input.DryRun) {
        throw new ServiceError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", {
          status: 412,
        });
      }
      return structuredClone(handler(input, context));
    };
  const entries = Object.entries(handlers as Record<string, AnyHandler>);
  return Object.fromEntries(entries.map(([operation, handler]) => [operation, wrap(handler)]));
}
