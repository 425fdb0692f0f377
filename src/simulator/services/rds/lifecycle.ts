import type { LatencyRowId } from "../../../latency/table.js";
import { workFor } from "../../region-outages.js";
import type { World } from "../../world.js";
import { invalidState, type DbInstance, type DbStatus } from "./state.js";

/** One stretch of an operation: which latency, what Describe says meanwhile, whether connections are refused. */
export interface Phase {
  readonly row: LatencyRowId;
  readonly status: DbStatus;
  readonly down?: boolean;
  /** Regions that do the work. @default the instance's own */
  readonly regions?: readonly string[];
  /** What has happened when the phase is over. */
  readonly done?: () => void;
}

/** Takes an instance through phases, one after another, then to `finalStatus`. @default "available" */
export function runPhases(
  world: World,
  instance: DbInstance,
  phases: readonly Phase[],
  finalStatus: DbStatus = "available",
): void {
  const [phase, ...rest] = phases;
  if (!phase) {
    setUp(world, instance, finalStatus === "available" || finalStatus === "backing-up");
    instance.operation = undefined;
    instance.status = finalStatus;
    note(world, instance, `became ${finalStatus}`);
    return;
  }
  setUp(world, instance, phase.down !== true);
  instance.status = phase.status;
  const subject = {
    region: instance.region,
    resource: instance.identifier,
    occurrence: `${phase.row}-${++instance.operations}`,
  };
  instance.operation = workFor(
    world,
    phase.row,
    subject,
    () => {
      if (isGone(instance)) return;
      phase.done?.();
      if (!isGone(instance)) runPhases(world, instance, rest, finalStatus);
    },
    phase.regions,
  );
}

/** Asked anew after each phase: the last one of a deletion makes it so. */
function isGone(instance: DbInstance): boolean {
  return instance.gone;
}

/** Whether an instance accepts connections, its Region aside. */
export function isUp(instance: DbInstance): boolean {
  return instance.createdAt !== undefined && !instance.gone && instance.downtimes.at(-1)?.to !== Infinity;
}

/** Records when an instance stops and starts to accept connections. */
export function setUp(world: World, instance: DbInstance, up: boolean): void {
  if (instance.createdAt === undefined || isUp(instance) === up) return;
  const { downtimes } = instance;
  const last = downtimes.at(-1);
  if (!up) downtimes.push({ from: world.now(), to: Infinity });
  else if (last) downtimes[downtimes.length - 1] = { from: last.from, to: world.now() };
}

/** @throws ServiceError InvalidDBInstanceStateFault unless the instance is available */
export function requireAvailable(instance: DbInstance): void {
  if (instance.status !== "available")
    throw invalidState(
      `Database instance ${instance.identifier} is not in available state. Its state is ${instance.status}.`,
    );
}

export function note(world: World, instance: DbInstance, what: string): void {
  world.note({ region: instance.region, service: "rds", resource: instance.identifier, what });
}
