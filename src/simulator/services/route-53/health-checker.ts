import type { HealthCheckConfig } from "@aws-sdk/client-route-53";

import { httpGet } from "../../internet.js";
import { onReachability } from "../../reachability.js";
import type { StateSlot, World } from "../../world.js";
import { alarmState, onAlarmChange } from "../cloud-watch/alarms.js";
import { putMetric } from "../cloud-watch/metrics.js";
import { refreshAnswers } from "./answer-watch.js";
import { checkerRegions, checksEndpoint } from "./health-check-config.js";
import { isHealthy } from "./health-status.js";
import { CONTROL_PLANE_REGION, route53State, type CheckerState, type HealthCheckRecord } from "./state.js";

/**
 * The health checkers. Each Region's checkers are modelled as one that asks at the check's interval, at a phase of its
 * own; the endpoint counts as healthy while more than 18 % of them find it so.
 */

/** Route 53 developer guide, dns-failover-determining-health-of-endpoints. */
const HEALTHY_SHARE = 0.18;
/** Until a checker gives up on a connection: 4 s for HTTP and HTTPS, 10 s for TCP (same page). */
const CONNECT_TIMEOUT_MS = { http: 4_000, tcp: 10_000 } as const;
const METRIC_INTERVAL_MS = 60_000;
const CHECKER_CAUSE = "health-check";

const watchSlot: StateSlot<true> = {
  name: "route-53/health-watch",
  create: (world) => {
    world.onImpairment(() => {
      endpointsMayHaveChanged(world);
      followAlarms(world);
      refreshAnswers(world);
    });
    onReachability(world, (host) => endpointsMayHaveChanged(world, host));
    onAlarmChange(world, () => followAlarms(world));
    world.every(METRIC_INTERVAL_MS, () => publishMetrics(world));
    return true;
  },
};

/** Starts what finds out the status of a new health check. */
export function startChecking(world: World, check: HealthCheckRecord): void {
  world.causedBy(CHECKER_CAUSE, () => {
    world.state(watchSlot, "global");
    if (check.config.Type === "CLOUDWATCH_METRIC") followAlarm(world, check);
    if (!checksEndpoint(check.config)) return;
    for (const region of regionsOf(check)) {
      check.checkers.set(region, { healthy: true, contradicting: 0, status: undefined, checkedAt: 0 });
      world.at(untilFirstProbe(world, check, region), () => probe(world, check, region, 1));
    }
  });
}

/**
 * A checker's phase is fixed on the clock's intervals, not on the instant of the check's creation: so detection takes
 * as long in every run with a seed whose fault comes at the same point of a minute.
 */
function untilFirstProbe(world: World, check: HealthCheckRecord, region: string): number {
  const interval = intervalMs(check);
  const phase = interval * world.draw(`route-53/checker/${check.id}/${region}`);
  return (interval + phase - (world.now() % interval)) % interval;
}

/**
 * To be called when something may have changed what endpoints answer, so that a latency that ends with a check's new
 * status is known to have begun now, and because of this.
 *
 * @param host - the host that changed. @default any
 */
export function endpointsMayHaveChanged(world: World, host?: string): void {
  for (const check of route53State(world).checks.values()) {
    const concerned = host === undefined || check.config.FullyQualifiedDomainName?.toLowerCase() === host;
    if (concerned && checksEndpoint(check.config) && !check.config.Disabled) {
      noticeEndpoint(world, check, passes(check.config, request(world, check, `${check.id}/change`)));
    }
  }
}

function regionsOf({ config }: HealthCheckRecord): readonly string[] {
  return config.Regions && config.Regions.length > 0 ? config.Regions : checkerRegions;
}

/** From a response to the next request, as RequestInterval is documented. */
function intervalMs({ config }: HealthCheckRecord): number {
  return 1000 * (config.RequestInterval ?? 30);
}

function request(world: World, { config }: HealthCheckRecord, key: string): number | undefined {
  const path = config.ResourcePath ?? "/";
  const host = config.IPAddress ?? config.FullyQualifiedDomainName ?? "";
  return httpGet(world, host, path.startsWith("/") ? path : `/${path}`, { key, port: config.Port });
}

function passes({ Type }: HealthCheckConfig, status: number | undefined): boolean {
  if (status === undefined) return false;
  return Type === "TCP" || (status >= 200 && status < 400);
}

function probe(world: World, check: HealthCheckRecord, region: string, count: number): void {
  const checker = check.checkers.get(region);
  if (check.deleted || !checker) return;
  const again = (): void => {
    world.at(intervalMs(check), () => probe(world, check, region, count + 1));
  };
  // Checkers of an impaired Region report nothing, and are not counted.
  if (check.config.Disabled || world.impairment(region)) return again();
  const status = request(world, check, `${check.id}/${region}/${count}`);
  const passed = passes(check.config, status);
  noticeEndpoint(world, check, passed);
  const report = (): void => {
    if (check.deleted) return;
    if (!world.impairment(region)) observe(world, check, checker, passed, describe(status));
    again();
  };
  if (status !== undefined) report();
  else world.at(check.config.Type === "TCP" ? CONNECT_TIMEOUT_MS.tcp : CONNECT_TIMEOUT_MS.http, report);
}

function describe(status: number | undefined): string {
  if (status === undefined) return "Failure: Connection timed out. The endpoint or the internet connection is down.";
  return `${status >= 200 && status < 400 ? "Success" : "Failure"}: HTTP Status Code ${status}`;
}

function noticeEndpoint(world: World, check: HealthCheckRecord, up: boolean): void {
  if (check.endpoint?.up === up) return;
  check.endpoint = { up, since: world.now(), cause: world.currentCause() };
}

function observe(world: World, check: HealthCheckRecord, checker: CheckerState, passed: boolean, status: string): void {
  checker.status = status;
  checker.checkedAt = world.now();
  checker.contradicting = passed === checker.healthy ? 0 : checker.contradicting + 1;
  if (checker.contradicting >= (check.config.FailureThreshold ?? 3)) {
    checker.healthy = passed;
    checker.contradicting = 0;
  }
  decide(world, check);
}

/** Adds up the checkers of the Regions that work. */
function decide(world: World, check: HealthCheckRecord): void {
  const counted = [...check.checkers].filter(([region]) => !world.impairment(region));
  if (counted.length === 0) return;
  const healthy = counted.filter(([, checker]) => checker.healthy).length;
  const verdict = healthy / counted.length > HEALTHY_SHARE;
  if (verdict === check.verdict) return;
  check.verdict = verdict;
  const origin = check.endpoint?.up === verdict ? check.endpoint : { since: world.now(), cause: world.currentCause() };
  world.elapsed(
    {
      row: "configured",
      label: "health check interval x threshold",
      subject: { region: "global", resource: check.id },
      startedAt: origin.since,
      cause: origin.cause,
    },
    () => publishAfterAggregation(world, check, verdict),
  );
}

function publishAfterAggregation(world: World, check: HealthCheckRecord, verdict: boolean): void {
  const flip = ++check.flips;
  world.after("route53.health-aggregation", { region: "global", resource: check.id, occurrence: String(flip) }, () => {
    // A later flip has overtaken this one.
    if (check.deleted || check.flips !== flip || check.published === verdict) return;
    check.published = verdict;
    const what = verdict ? "endpoint became healthy" : "endpoint became unhealthy";
    world.note({ region: "global", service: "route-53", resource: check.id, what });
    refreshAnswers(world);
  });
}

function followAlarms(world: World): void {
  for (const check of route53State(world).checks.values()) {
    if (check.config.Type === "CLOUDWATCH_METRIC") followAlarm(world, check);
  }
}

/** An alarm in a Region that is gone is an alarm without data. */
function followAlarm(world: World, check: HealthCheckRecord): void {
  const { AlarmIdentifier: alarm, InsufficientDataHealthStatus } = check.config;
  if (check.config.Disabled || !alarm?.Region || !alarm.Name) return;
  const state = world.impairment(alarm.Region) ? undefined : alarmState(world, alarm.Region, alarm.Name);
  const insufficient =
    InsufficientDataHealthStatus === "LastKnownStatus" ? check.verdict : InsufficientDataHealthStatus === "Healthy";
  const verdict = state === "OK" || (state !== "ALARM" && insufficient);
  if (verdict === check.verdict) return;
  check.verdict = verdict;
  publishAfterAggregation(world, check, verdict);
}

/** HealthCheckStatus, 1 or 0, as the user guide lists it; CloudWatch holds it in the control plane's Region. */
function publishMetrics(world: World): void {
  for (const { id } of route53State(world).checks.values()) {
    const value = isHealthy(world, id) ? 1 : 0;
    putMetric(world, CONTROL_PLANE_REGION, {
      namespace: "AWS/Route53",
      name: "HealthCheckStatus",
      dimensions: { HealthCheckId: id },
      value,
    });
  }
}
