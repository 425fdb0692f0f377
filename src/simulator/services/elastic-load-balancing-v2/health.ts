import { workFor } from "../../region-outages.js";
import type { StateSlot, World } from "../../world.js";
import type { Instance, InstanceChange } from "../ec2/instance-record.js";
import { getInstance, onInstanceChange } from "../ec2/instances.js";
import { onNetworkChange } from "../ec2/network-changes.js";
import { admitsTcp } from "../ec2/security-group-rules.js";
import { elbSlot, loadBalancersUsing, type CheckFailure, type TargetGroupRecord, type TargetRecord } from "./state.js";

/**
 * Health checks of targets. Checks are not simulated one by one: between two changes of what a check would find, the
 * outcome is known, so that only the check that crosses a threshold is scheduled and long quiet times cost nothing.
 */

type TargetHealthListener = (targetGroupArn: string, target: TargetRecord) => void;

interface Watch {
  readonly listeners: TargetHealthListener[];
}

const watchSlot: StateSlot<Watch> = {
  name: "elastic-load-balancing-v2-health",
  create: (world, region) => {
    onInstanceChange(world, region, (instance, change) => followInstance(world, region, instance, change));
    onNetworkChange(world, region, () => recheckAll(world, region));
    world.onImpairment((changed, impairment) => {
      if (changed !== region) return;
      for (const [group, target] of allTargets(world, region)) {
        target.timer?.cancel();
        if (!impairment) beginStreak(world, region, group, target);
      }
    });
    return { listeners: [] };
  },
};

/** Begins to follow the instances of a Region; safe to call again. */
export function watchTargets(world: World, region: string): void {
  world.state(watchSlot, region);
}

/** Is told when the health or the use of a target changes. */
export function onTargetHealthChange(world: World, region: string, listener: TargetHealthListener): void {
  world.state(watchSlot, region).listeners.push(listener);
}

/** Puts every target of a group where it belongs, after the group's listeners or load balancers changed. */
export function syncTargetGroup(world: World, region: string, group: TargetGroupRecord): void {
  for (const target of group.targets.values()) syncTarget(world, region, group, target);
}

/** Puts a target where it belongs: unused, or registered and checked. */
export function syncTarget(world: World, region: string, group: TargetGroupRecord, target: TargetRecord): void {
  if (target.mode === "draining") return;
  const unused = whyUnused(world, region, group, target);
  if (unused) {
    const changed = target.mode !== "unused";
    target.unusedReason = unused.reason;
    target.unusedDescription = unused.description;
    if (!changed) return;
    leaveChecks(target, "unused");
    note(world, region, group, target, "became unused");
  } else if (target.mode === "unused") {
    leaveChecks(target, "registering");
    const { generation } = target;
    // One span for each registration: the same instance can be registered again, and in several groups.
    const subject = { region, resource: target.id, occurrence: `${group.name}/${target.port}/${generation}` };
    workFor(world, "elb.register", subject, () => {
      if (target.generation !== generation) return;
      target.mode = "checking";
      target.health = "initial";
      target.firstCheckAt = world.now();
      beginStreak(world, region, group, target);
    });
  }
}

/** Ends checks and traffic; `registering` begins anew. */
export function leaveChecks(target: TargetRecord, mode: "unused" | "registering" | "draining"): void {
  target.timer?.cancel();
  target.timer = undefined;
  target.mode = mode;
  target.health = "initial";
  target.generation++;
}

function whyUnused(world: World, region: string, group: TargetGroupRecord, target: TargetRecord) {
  if (target.gone) {
    return { reason: "Target.InvalidState" as const, description: `Target is in the ${target.gone} state` };
  }
  const loadBalancers = loadBalancersUsing(world, region, group.arn);
  const notInUse = "Target.NotInUse" as const;
  if (loadBalancers.length === 0) {
    return {
      reason: notInUse,
      description: "Target group is not configured to receive traffic from the load balancer",
    };
  }
  const zone = getInstance(world, region, target.instanceId ?? "")?.az;
  const zones = loadBalancers.flatMap((loadBalancer) => loadBalancer.zones.map((enabled) => enabled.zone));
  if (zone && !zones.includes(zone)) {
    return {
      reason: notInUse,
      description: "Target is in an Availability Zone that is not enabled for the load balancer",
    };
  }
  return undefined;
}

function followInstance(world: World, region: string, instance: Instance, change: InstanceChange): void {
  for (const [group, target] of allTargets(world, region)) {
    if (target.instanceId !== instance.id) continue;
    switch (change) {
      case "launched":
        break;
      case "running":
        target.gone = undefined;
        syncTarget(world, region, group, target);
        recheck(world, region, group, target);
        break;
      case "serving":
      case "not serving":
        recheck(world, region, group, target);
        break;
      case "stopping":
      case "shutting-down":
        recheck(world, region, group, target);
        noticeGone(world, region, group, target, instance.id, change === "stopping" ? "stopped" : "terminated");
        break;
      case "stopped":
        target.gone = "stopped";
        syncTarget(world, region, group, target);
        break;
      case "terminated":
        target.timer?.cancel();
        target.generation++;
        group.targets.delete(targetKey(target));
        note(world, region, group, target, "was removed with its instance");
        break;
    }
  }
}

/** Stops routing to a target whose instance goes down, once the load balancer has heard of it. */
function noticeGone(
  world: World,
  region: string,
  group: TargetGroupRecord,
  target: TargetRecord,
  instanceId: string,
  state: "stopped" | "terminated",
): void {
  const subject = {
    region,
    resource: target.id,
    occurrence: `${group.name}/${target.port}/${state}/${target.generation}`,
  };
  workFor(world, "elb.target-state", subject, () => {
    const now = getInstance(world, region, instanceId)?.state;
    if (now === "running" || now === "pending") return;
    target.gone = state;
    syncTarget(world, region, group, target);
  });
}

function recheckAll(world: World, region: string): void {
  for (const [group, target] of allTargets(world, region)) recheck(world, region, group, target);
}

/** Looks whether a check would now find something else. */
function recheck(world: World, region: string, group: TargetGroupRecord, target: TargetRecord): void {
  if (target.mode !== "checking") return;
  const failure = checkFailure(world, region, group, target);
  if ((failure === undefined) === (target.failure === undefined)) target.failure = failure;
  else beginStreak(world, region, group, target);
}

/** Counts checks from now on, and schedules the one that will cross a threshold, if one will. */
export function beginStreak(world: World, region: string, group: TargetGroupRecord, target: TargetRecord): void {
  target.timer?.cancel();
  target.timer = undefined;
  if (target.mode !== "checking" || world.impairment(region)) return;
  target.failure = checkFailure(world, region, group, target);
  target.streakSince = world.now();
  target.streakCause = world.currentCause();
  const passes = target.failure === undefined;
  if (target.health === (passes ? "healthy" : "unhealthy")) return;
  const { intervalSeconds, healthyThreshold, unhealthyThreshold } = group.healthCheck;
  // A new target needs one passed check only (ELB user guide, target-group-health-checks).
  const needed = passes ? (target.health === "initial" ? 1 : healthyThreshold) : unhealthyThreshold;
  const interval = 1000 * intervalSeconds;
  const checksSoFar = Math.ceil(Math.max(0, target.streakSince - target.firstCheckAt) / interval);
  const crossedAt = target.firstCheckAt + (checksSoFar + needed - 1) * interval;
  const { streakSince: startedAt, streakCause: cause } = target;
  target.timer = world.at(crossedAt - world.now(), () => {
    const subject = { region, resource: target.id };
    world.elapsed({ row: "configured", label: "target health check", subject, startedAt, cause }, () => {
      target.health = passes ? "healthy" : "unhealthy";
      note(world, region, group, target, `became ${target.health}`);
    });
  });
}

/** What a check of this target finds now; undefined when it passes. */
function checkFailure(
  world: World,
  region: string,
  group: TargetGroupRecord,
  target: TargetRecord,
): CheckFailure | undefined {
  const instance = getInstance(world, region, target.instanceId ?? "");
  if (!instance || instance.state !== "running") return "timeout";
  const port = group.healthCheck.port === "traffic-port" ? target.port : Number(group.healthCheck.port);
  if (!isAdmitted(world, region, group, instance, port)) return "timeout";
  if (!instance.serving) return "refused";
  const { protocol, matcher } = group.healthCheck;
  // The application answers 200 on every path.
  if ((protocol === "HTTP" || protocol === "HTTPS") && !matches(matcher, 200)) return "mismatch";
  return undefined;
}

/** Whether security groups let a load balancer of the group reach the instance. */
function isAdmitted(world: World, region: string, group: TargetGroupRecord, instance: Instance, port: number): boolean {
  const toInstance = { groupIds: instance.securityGroupIds, address: instance.privateIp };
  return loadBalancersUsing(world, region, group.arn).some(({ securityGroups, zones }) =>
    zones.some(
      ({ address }) =>
        admitsTcp(world, region, securityGroups, "egress", port, toInstance) &&
        admitsTcp(world, region, instance.securityGroupIds, "ingress", port, { groupIds: securityGroups, address }),
    ),
  );
}

function matches(matcher: string, code: number): boolean {
  return matcher.split(",").some((part) => {
    const [from, to = from] = part.split("-").map(Number);
    return from !== undefined && to !== undefined && from <= code && code <= to;
  });
}

export function targetKey({ id, port }: { readonly id: string; readonly port: number }): string {
  return `${id}:${port}`;
}

function allTargets(world: World, region: string): [TargetGroupRecord, TargetRecord][] {
  const groups = [...world.state(elbSlot, region).targetGroups.values()];
  return groups.flatMap((group) =>
    [...group.targets.values()].map((target): [TargetGroupRecord, TargetRecord] => [group, target]),
  );
}

function note(world: World, region: string, group: TargetGroupRecord, target: TargetRecord, what: string): void {
  world.note({
    region,
    service: "elastic-load-balancing-v2",
    resource: `${group.name}/${target.id}`,
    what: `target ${what}`,
  });
  for (const listener of world.state(watchSlot, region).listeners) listener(group.arn, target);
}
