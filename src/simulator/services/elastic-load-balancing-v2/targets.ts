import type { TargetDescription, TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";

import { ServiceError } from "../../service.js";
import { whenRegionWorks } from "../../standstill.js";
import type { World } from "../../world.js";
import { getInstance, listInstances } from "../ec2/instances.js";
import { leaveChecks, syncTarget, targetKey, watchTargets } from "./health.js";
import {
  targetGroupOf,
  validationError,
  type ElbHandlers,
  type TargetGroupRecord,
  type TargetRecord,
} from "./state.js";

/** Targets: register, deregister, describe their health. */
export function targetHandlers(world: World) {
  return {
    RegisterTargets: ({ TargetGroupArn, Targets = [] }, { region }) => {
      registerTargets(world, region, targetGroupOf(world, region, TargetGroupArn), Targets);
      return {};
    },

    DeregisterTargets: ({ TargetGroupArn, Targets = [] }, { region }) => {
      const group = targetGroupOf(world, region, TargetGroupArn);
      for (const target of Targets) deregisterTarget(world, region, group, target);
      return {};
    },

    DescribeTargetHealth: ({ TargetGroupArn, Targets }, { region }) => {
      const group = targetGroupOf(world, region, TargetGroupArn);
      const wanted: (TargetRecord | TargetDescription)[] = Targets?.length
        ? Targets.map((target) => findTarget(group, target) ?? target)
        : [...group.targets.values()];
      return {
        TargetHealthDescriptions: wanted.map((target) => {
          if ("Id" in target) {
            const Description = "Target is not registered to the target group";
            return { Target: target, TargetHealth: { State: "unused", Reason: "Target.NotRegistered", Description } };
          }
          const port = group.healthCheck.port === "traffic-port" ? String(target.port) : group.healthCheck.port;
          return {
            Target: { Id: target.id, Port: target.port },
            HealthCheckPort: port,
            TargetHealth: healthOf(group, target),
          };
        }),
      };
    },
  } satisfies ElbHandlers;
}

/** Seconds for which a deregistered target drains. */
export function deregistrationDelay(group: TargetGroupRecord): number {
  return Number(group.attributes.get("deregistration_delay.timeout_seconds"));
}

/** The target's state as DescribeTargetHealth words it. */
export function healthOf(group: TargetGroupRecord, target: TargetRecord): TargetHealth {
  switch (target.mode) {
    case "unused":
      return { State: "unused", Reason: target.unusedReason, Description: target.unusedDescription };
    case "draining":
      return {
        State: "draining",
        Reason: "Target.DeregistrationInProgress",
        Description: "Target deregistration is in progress",
      };
    case "registering":
      return {
        State: "initial",
        Reason: "Elb.RegistrationInProgress",
        Description: "Target registration is in progress",
      };
    case "checking":
      switch (target.health) {
        case "initial":
          return {
            State: "initial",
            Reason: "Elb.InitialHealthChecking",
            Description: "Initial health checks in progress",
          };
        case "healthy":
          return { State: "healthy" };
        case "unhealthy":
          return unhealthy(target);
      }
  }
}

function unhealthy({ failure }: TargetRecord): TargetHealth {
  switch (failure) {
    case "timeout":
      return { State: "unhealthy", Reason: "Target.Timeout", Description: "Request timed out" };
    case "mismatch":
      return {
        State: "unhealthy",
        Reason: "Target.ResponseCodeMismatch",
        Description: "Health checks failed with these codes: [200]",
      };
    case "refused":
    case undefined:
      return { State: "unhealthy", Reason: "Target.FailedHealthChecks", Description: "Health checks failed" };
  }
}

/**
 * Registers targets; those already registered stay as they are, draining ones come back.
 *
 * @throws ServiceError InvalidTargetException when an instance does not exist, is not running or is of another VPC
 */
export function registerTargets(
  world: World,
  region: string,
  group: TargetGroupRecord,
  targets: readonly TargetDescription[],
): void {
  watchTargets(world, region);
  const checked = targets.map(({ Id = "", Port }) => ({
    id: Id,
    port: Port ?? group.port,
    instanceId: instanceOf(world, region, group, Id),
  }));
  for (const { id, port, instanceId } of checked) {
    const existing = group.targets.get(targetKey({ id, port }));
    const target: TargetRecord = existing ?? {
      id,
      port,
      instanceId,
      mode: "unused",
      unusedReason: "Target.NotInUse",
      unusedDescription: "",
      health: "initial",
      failure: undefined,
      streakSince: world.now(),
      streakCause: world.currentCause(),
      firstCheckAt: world.now(),
      gone: undefined,
      timer: undefined,
      generation: 0,
    };
    group.targets.set(targetKey(target), target);
    if (target.mode === "draining") leaveChecks(target, "unused");
    if (!existing) note(world, region, group, id, "target registered");
    syncTarget(world, region, group, target);
  }
}

/** Deregisters a target: it drains for the group's delay if it could have requests, and is gone then. */
export function deregisterTarget(
  world: World,
  region: string,
  group: TargetGroupRecord,
  wanted: TargetDescription,
): void {
  const target = findTarget(group, wanted);
  if (!target)
    throw new ServiceError("InvalidTargetException", `The following targets are not registered: ${wanted.Id ?? ""}`);
  if (target.mode === "draining") return;
  note(world, region, group, target.id, "target deregistered");
  const remove = (): void => {
    target.timer?.cancel();
    target.generation++;
    group.targets.delete(targetKey(target));
  };
  const delay = deregistrationDelay(group);
  if (target.mode === "unused" || delay === 0) return remove();
  leaveChecks(target, "draining");
  const { generation } = target;
  const subject = { region, resource: target.id };
  const startedAt = world.now();
  const cause = world.currentCause();
  world.at(1000 * delay, () =>
    whenRegionWorks(world, subject, () => {
      if (target.generation !== generation) return;
      world.elapsed({ row: "configured", label: "deregistration delay", subject, startedAt, cause }, remove);
    }),
  );
}

/** A registered target by id, and by port where one is given. */
export function findTarget(group: TargetGroupRecord, { Id, Port }: TargetDescription): TargetRecord | undefined {
  return [...group.targets.values()].find(({ id, port }) => id === Id && (Port === undefined || port === Port));
}

function instanceOf(world: World, region: string, group: TargetGroupRecord, id: string): string | undefined {
  if (group.targetType === "ip") {
    if (!/^\d+\.\d+\.\d+\.\d+$/.test(id)) throw validationError(`The IP address '${id}' is not a valid IPv4 address`);
    return listInstances(world, region).find(
      ({ privateIp, vpcId, state }) => privateIp === id && vpcId === group.vpcId && state !== "terminated",
    )?.id;
  }
  const instance = getInstance(world, region, id);
  if (!instance)
    throw new ServiceError("InvalidTargetException", `The following targets are not valid instances: '${id}'`);
  if (instance.vpcId !== group.vpcId) {
    throw new ServiceError(
      "InvalidTargetException",
      `The following targets are not in the target group's VPC '${group.vpcId}': '${id}'`,
    );
  }
  if (instance.state !== "running") {
    throw new ServiceError(
      "InvalidTargetException",
      `The following targets are not in a running state and cannot be registered: '${id}'`,
    );
  }
  return id;
}

function note(world: World, region: string, group: TargetGroupRecord, id: string, what: string): void {
  world.note({ region, service: "elastic-load-balancing-v2", resource: `${group.name}/${id}`, what });
}
