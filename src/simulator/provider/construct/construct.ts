import type providerMessages from "@pulumi/pulumi/proto/provider_pb.js";

import type { TrackedCall } from "../calls.js";
import { referencedUrns, unmarshal } from "../properties.js";
import { constructApplicationLoadBalancer } from "./application-load-balancer.js";
import { openMonitor, track, type Monitor, type Tracked } from "./monitor.js";
import { constructVpc } from "./vpc.js";

/** A component's inputs by name, each with the resources that it comes from. */
export type ComponentInputs = Readonly<Record<string, Tracked>>;

/**
 * Registers a component's children and answers its outputs.
 *
 * @param references - URNs of the resources that an input refers to
 */
export type ComponentConstructor = (
  monitor: Monitor,
  inputs: ComponentInputs,
  references: (input: string) => readonly string[],
) => Promise<Readonly<Record<string, Tracked>>>;

/** The awsx components that are modelled; others are refused, because only their children would mean anything. */
const components: Readonly<Record<string, ComponentConstructor>> = {
  "awsx:ec2:Vpc": constructVpc,
  "awsx:lb:ApplicationLoadBalancer": constructApplicationLoadBalancer,
};

/** Serves a Construct call: registers, at the engine that asked, the children that the real awsx provider registers. */
export async function construct(
  request: providerMessages.ConstructRequest,
  options: { readonly call: TrackedCall; readonly version: string },
): Promise<providerMessages.ConstructResponse> {
  const component = components[request.getType()];
  if (!component) throw new Error(`the simulated awsx provider does not model ${request.getType()}`);
  const { values, secretKeys } = unmarshal(request.getInputs());
  const inputs = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      track(value, request.getInputdependenciesMap().get(name)?.getUrnsList() ?? [], secretKeys.has(name)),
    ]),
  );
  const monitor = await openMonitor(request, options);
  try {
    const outputs = await component(monitor, inputs, (input) => referencedUrns(request.getInputs(), input));
    return await monitor.finish(outputs);
  } finally {
    monitor.close();
  }
}
