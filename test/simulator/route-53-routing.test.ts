import assert from "node:assert/strict";

import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { cloudWatch, putMetric } from "../../src/simulator/services/cloud-watch/service.js";
import { isHealthy } from "../../src/simulator/services/route-53/health-status.js";
import { answerQuery } from "../../src/simulator/services/route-53/resolve.js";
import { resolveName, route53 } from "../../src/simulator/services/route-53/service.js";
import { createSimulation, refusal, type Simulation } from "./data-services.js";
import { addressRecord, changeRecords, createZone, zoneContext as context } from "./zone-fixture.js";

describe("Route 53 routing and health checks", () => {
  let simulation: Simulation;
  let zoneId: string;

  beforeEach(() => {
    simulation = createSimulation();
    zoneId = createZone(simulation);
  });
  afterEach(() => simulation.clock.stop());

  const a = addressRecord;
  const change = (...changes: Change[]): string => changeRecords(simulation, zoneId, changes);
  const create = (...sets: ResourceRecordSet[]): string =>
    change(...sets.map((ResourceRecordSet) => ({ Action: "CREATE" as const, ResourceRecordSet })));
  const resolved = (name: string, chance = 0): readonly string[] =>
    resolveName(simulation.world, name, { chance })?.targets ?? [];
  const check = (CallerReference: string, HealthCheckConfig: object): string =>
    simulation.api.call(
      route53,
      "CreateHealthCheck",
      { CallerReference, HealthCheckConfig: HealthCheckConfig as never },
      context,
    ).HealthCheck?.Id ?? "";
  /** A check that counts as healthy or not at once: a disabled one, inverted or not. */
  const fixedCheck = (healthy: boolean): string =>
    check(`${healthy}-${simulation.api.calls.length}`, {
      Type: "TCP",
      Port: 80,
      FullyQualifiedDomainName: "x.example.org",
      Disabled: true,
      Inverted: !healthy,
    });
  const setHealthy = (HealthCheckId: string, healthy: boolean): object =>
    simulation.api.call(route53, "UpdateHealthCheck", { HealthCheckId, Inverted: !healthy }, context);

  it("answers failover records with the primary unless it alone is unhealthy", async () => {
    const [primary, secondary] = [fixedCheck(true), fixedCheck(true)];
    create(
      a("f.example.com", "192.0.2.1", { SetIdentifier: "1", Failover: "PRIMARY", HealthCheckId: primary }),
      a("f.example.com", "192.0.2.2", { SetIdentifier: "2", Failover: "SECONDARY", HealthCheckId: secondary }),
    );
    await simulation.pass(60);
    const answers: string[] = [];
    for (const [first, second] of [
      [true, true],
      [false, true],
      [false, false],
      [true, false],
    ] as const) {
      setHealthy(primary, first);
      setHealthy(secondary, second);
      answers.push(resolved("f.example.com").join());
    }
    assert.deepEqual(answers, ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.1"]);
  });

  it("answers weighted records by weight, weight 0 only while no other is healthy, and all when none is", async () => {
    const [light, heavy, spare] = [fixedCheck(true), fixedCheck(true), fixedCheck(true)];
    create(
      a("w.example.com", "192.0.2.1", { SetIdentifier: "1", Weight: 1, HealthCheckId: light }),
      a("w.example.com", "192.0.2.2", { SetIdentifier: "2", Weight: 3, HealthCheckId: heavy }),
      a("w.example.com", "192.0.2.3", { SetIdentifier: "3", Weight: 0, HealthCheckId: spare }),
    );
    await simulation.pass(60);
    const share = (): readonly number[] => {
      const answers = Array.from({ length: 100 }, (_, index) => resolved("w.example.com", index / 100)[0]);
      return [1, 2, 3].map((host) => answers.filter((answer) => answer === `192.0.2.${host}`).length);
    };
    assert.deepEqual(share(), [25, 75, 0]);
    setHealthy(heavy, false);
    assert.deepEqual(share(), [100, 0, 0]);
    setHealthy(light, false);
    assert.deepEqual(share(), [0, 0, 100]);
    setHealthy(spare, false);
    assert.deepEqual(share(), [25, 75, 0]);
  });

  it("answers latency records with the nearest healthy Region", async () => {
    const seoul = fixedCheck(true);
    create(
      a("l.example.com", "192.0.2.1", { SetIdentifier: "seoul", Region: "ap-northeast-2", HealthCheckId: seoul }),
      a("l.example.com", "192.0.2.2", { SetIdentifier: "virginia", Region: "us-east-1" }),
    );
    await simulation.pass(60);
    const from = (region: string): string | undefined =>
      resolveName(simulation.world, "l.example.com", { region })?.targets[0];
    assert.deepEqual([from("ap-northeast-1"), from("sa-east-1")], ["192.0.2.1", "192.0.2.2"]);
    setHealthy(seoul, false);
    assert.equal(from("ap-northeast-1"), "192.0.2.2");
  });

  it("follows CNAMEs, aliases within the zone with the health of their targets, and wildcards", async () => {
    const target = fixedCheck(true);
    create(
      a("deep.example.com", "192.0.2.7", { SetIdentifier: "1", Failover: "PRIMARY", HealthCheckId: target, TTL: 30 }),
      a("other.example.com", "192.0.2.8"),
      { Name: "c.example.com", Type: "CNAME", TTL: 10, ResourceRecords: [{ Value: "other.example.com" }] },
      a("*.example.com", "192.0.2.9"),
    );
    const alias = (Failover: "PRIMARY" | "SECONDARY", DNSName: string): ResourceRecordSet => ({
      Name: "top.example.com",
      Type: "A",
      SetIdentifier: Failover,
      Failover,
      AliasTarget: { HostedZoneId: zoneId.replace("/hostedzone/", ""), DNSName, EvaluateTargetHealth: true },
    });
    create(alias("PRIMARY", "deep.example.com"), alias("SECONDARY", "other.example.com"));
    await simulation.pass(60);
    assert.deepEqual(resolveName(simulation.world, "c.example.com"), {
      targets: ["other.example.com", "192.0.2.8"],
      ttlSeconds: 10,
    });
    assert.deepEqual(resolveName(simulation.world, "top.example.com"), {
      targets: ["deep.example.com", "192.0.2.7"],
      ttlSeconds: 30,
    });
    setHealthy(target, false);
    assert.deepEqual(resolved("top.example.com"), ["other.example.com", "192.0.2.8"]);
    assert.deepEqual(resolved("anything.example.com"), ["192.0.2.9"]);
    assert.equal(answerQuery(simulation.world, "deep.example.com", "TXT").answers.length, 0);
  });

  it("adds up calculated checks, inverts last, and follows no circle", () => {
    const [one, two] = [fixedCheck(true), fixedCheck(false)];
    const calculated = (HealthThreshold: number, more: object = {}): boolean =>
      isHealthy(
        simulation.world,
        check(`${HealthThreshold}${JSON.stringify(more)}`, {
          Type: "CALCULATED",
          ChildHealthChecks: [one, two],
          HealthThreshold,
          ...more,
        }),
      );
    assert.deepEqual(
      [0, 1, 2, 3].map((threshold) => calculated(threshold)),
      [true, true, false, false],
    );
    assert.equal(calculated(1, { Inverted: true }), false);
    const circle = check("circle", { Type: "CALCULATED", ChildHealthChecks: [one], HealthThreshold: 1 });
    simulation.api.call(route53, "UpdateHealthCheck", { HealthCheckId: circle, ChildHealthChecks: [circle] }, context);
    assert.equal(isHealthy(simulation.world, circle), true);
  });

  it("follows a CloudWatch alarm, and its setting when there is no data", async () => {
    const alarm = {
      AlarmName: "errors",
      Namespace: "Shop",
      MetricName: "Errors",
      Statistic: "Sum" as const,
      Period: 60,
    };
    const AlarmIdentifier = { Name: "errors", Region: "ap-northeast-2" };
    const rule = { EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: "GreaterThanThreshold" as const };
    simulation.api.call(cloudWatch, "PutMetricAlarm", { ...alarm, ...rule }, { ...context, region: "ap-northeast-2" });
    const [last, well, ill] = (["LastKnownStatus", "Healthy", "Unhealthy"] as const).map(
      (InsufficientDataHealthStatus) =>
        check(InsufficientDataHealthStatus, {
          Type: "CLOUDWATCH_METRIC",
          AlarmIdentifier,
          InsufficientDataHealthStatus,
        }),
    ) as [string, string, string];
    const status = (): readonly boolean[] => [last, well, ill].map((id) => isHealthy(simulation.world, id));
    await simulation.pass(10);
    assert.deepEqual(status(), [true, true, false]);
    const ticks = simulation.world.every(10_000, () =>
      putMetric(simulation.world, "ap-northeast-2", { namespace: "Shop", name: "Errors", value: 1 }),
    );
    await simulation.pass(300);
    assert.deepEqual(status(), [false, false, false]);
    ticks.cancel();
    await simulation.pass(600);
    assert.deepEqual(status(), [false, true, false]);
  });

  for (const [what, config] of Object.entries({
    "an interval of 20 s": { Type: "HTTP", FullyQualifiedDomainName: "x.example.org", RequestInterval: 20 },
    "a threshold of 11": { Type: "HTTP", FullyQualifiedDomainName: "x.example.org", FailureThreshold: 11 },
    "no endpoint": { Type: "HTTP" },
    "two Regions": { Type: "HTTP", FullyQualifiedDomainName: "x.example.org", Regions: ["us-east-1", "us-west-1"] },
    "a private address": { Type: "HTTP", IPAddress: "10.0.0.1" },
    "a child that does not exist": { Type: "CALCULATED", ChildHealthChecks: ["none"], HealthThreshold: 1 },
    "an endpoint for a calculated check": { Type: "CALCULATED", HealthThreshold: 1, Port: 80 },
  })) {
    it(`refuses a health check with ${what}`, () => {
      assert.throws(() => check("bad", config), refusal("InvalidInput"));
    });
  }

  it("makes a health check once per caller reference, and updates only the version that the caller knows", () => {
    const config = { Type: "HTTP", FullyQualifiedDomainName: "x.example.org" };
    const id = check("same", config);
    assert.equal(check("same", config), id);
    assert.throws(() => check("same", { ...config, ResourcePath: "/other" }), refusal("HealthCheckAlreadyExists"));
    simulation.api.call(
      route53,
      "UpdateHealthCheck",
      { HealthCheckId: id, HealthCheckVersion: 1, FailureThreshold: 5 },
      context,
    );
    assert.throws(
      () => simulation.api.call(route53, "UpdateHealthCheck", { HealthCheckId: id, HealthCheckVersion: 1 }, context),
      refusal("HealthCheckVersionMismatch"),
    );
  });
});
