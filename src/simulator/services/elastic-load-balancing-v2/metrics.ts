import type { Cause, StateSlot, World } from "../../world.js";
import { putMetric } from "../cloud-watch/metrics.js";
import { onTargetHealthChange } from "./health.js";
import { elbSlot, loadBalancersUsing, type TargetGroupRecord } from "./state.js";

/** Application Load Balancers publish their metrics every 60 seconds (ELB user guide, load-balancer-cloudwatch-metrics). */
const PUBLISH_MS = 60_000;

/** Changes since the last publication, by target group: what is published is caused by them. */
type Changes = Map<string, { readonly at: number; readonly cause: Cause }>;

const publisherSlot: StateSlot<Changes> = {
  name: "elastic-load-balancing-v2-metrics",
  create: (world, region) => {
    const changes: Changes = new Map();
    onTargetHealthChange(world, region, (arn) => changes.set(arn, { at: world.now(), cause: world.currentCause() }));
    world.at(PUBLISH_MS - (world.now() % PUBLISH_MS), () => {
      publish(world, region, changes);
      world.every(PUBLISH_MS, () => publish(world, region, changes));
    });
    return changes;
  },
};

/** Begins to publish how many targets are healthy; safe to call again. */
export function publishHostCounts(world: World, region: string): void {
  world.state(publisherSlot, region);
}

function publish(world: World, region: string, changes: Changes): void {
  if (world.impairment(region)) return;
  for (const group of world.state(elbSlot, region).targetGroups.values()) {
    const change = changes.get(group.arn);
    changes.delete(group.arn);
    if (!change) publishGroup(world, region, group);
    else {
      const { at: startedAt, cause } = change;
      const subject = { region, resource: group.name };
      const span = { row: "configured" as const, label: "metric period", subject, startedAt, cause };
      world.elapsed(span, () => publishGroup(world, region, group));
    }
  }
}

function publishGroup(world: World, region: string, group: TargetGroupRecord): void {
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
