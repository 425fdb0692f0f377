import type { World } from "../../world.js";
import { route53State, type HealthCheckRecord } from "./state.js";

/**
 * Whether a health check counts as healthy for the name servers now: what is published of its endpoint or alarm, or
 * what its children add up to; a disabled check counts as healthy; inversion comes last. A check that was deleted
 * counts as healthy.
 */
export function isHealthy(world: World, id: string): boolean {
  const { checks } = route53State(world);
  const check = checks.get(id);
  return check === undefined || effective(check, checks, new Set());
}

function effective(
  check: HealthCheckRecord,
  checks: ReadonlyMap<string, HealthCheckRecord>,
  seen: Set<string>,
): boolean {
  const { Disabled, Inverted, Type } = check.config;
  // A check can't count on itself: an update may have closed a circle.
  const circular = seen.has(check.id);
  const raw = Disabled || circular || (Type === "CALCULATED" ? calculated(check, checks, seen) : check.published);
  return raw !== (Inverted ?? false);
}

function calculated(
  check: HealthCheckRecord,
  checks: ReadonlyMap<string, HealthCheckRecord>,
  seen: Set<string>,
): boolean {
  const { ChildHealthChecks = [], HealthThreshold = 0 } = check.config;
  const above = new Set([...seen, check.id]);
  const healthy = ChildHealthChecks.filter((id) => {
    const child = checks.get(id);
    return child === undefined || effective(child, checks, above);
  });
  return healthy.length >= HealthThreshold;
}
