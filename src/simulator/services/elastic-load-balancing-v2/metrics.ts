import type { StateSlot, World } from "../../world.js";
import { putMetric } from "../cloud-watch/metrics.js";
import { elbSlot, loadBalancersUsing } from "./state.js";

/** Application Load Balancers publish their metrics every 60 seconds (ELB user guide, load-balancer-cloudwatch-metrics). */
const PUBLISH_MS = 60_000;

const publisherSlot: StateSlot<{ readonly started: true }> = {
  name: "elastic-load-balancing-v2-metrics",
  create: (world, region) => {
    world.at(PUBLISH_MS - (world.now() % PUBLISH_MS), () => {
      publish(world, region);
      world.every(PUBLISH_MS, () => publish(world, region));
    });
    return { started: true };
  },
};

/** Begins to publish how many targets are healthy; safe to call again. */
export function publishHostCounts(world: World, region: string): void {
  world.state(publisherSlot, region);
}

function publish(world: World, region: string): void {
  if (world.impairment(region)) return;
  for (const group of world.state(elbSlot, region).targetGroups.values()) {
    const checked = [...group.targets.values()].filter(({ mode }) => mode === "checking");
    const healthy = checked.filter(({ health }) => health === "healthy").length;
    const unhealthy = checked.filter(({ health }) => health === "unhealthy").length;
    for (const { arn } of loadBalancersUsing(world, region, group.arn)) {
      const dimensions = {
        LoadBalancer: arn.slice(arn.indexOf("loadbalancer/") + "loadbalancer/".length),
        TargetGroup: group.arn.slice(group.arn.indexOf("targetgroup/")),
      };
      const metric = { namespace: "AWS/ApplicationELB", dimensions, unit: "Count" };
      putMetric(world, region, { ...metric, name: "HealthyHostCount", value: healthy });
      putMetric(world, region, { ...metric, name: "UnHealthyHostCount", value: unhealthy });
    }
  }
}
