import assert from "node:assert/strict";
import { promises as dns } from "node:dns";

import { startDnsServer, type DnsServer } from "../../src/simulator/dns-server.js";
import { healRegion, injectRegionLoss } from "../../src/simulator/fault.js";
import { httpGet } from "../../src/simulator/internet.js";
import { resolveName, route53 } from "../../src/simulator/services/route-53/service.js";
import { s3 } from "../../src/simulator/services/s3/service.js";
import { AWAY, createSimulation, HOME, type Simulation } from "./data-services.js";
import { createFailoverZone, createWebTiers, DOMAIN, type FailoverZone, type WebTier } from "./shop-fixture.js";

describe("name service with failover", () => {
  let simulation: Simulation;
  let home: WebTier;
  let away: WebTier;
  let zone: FailoverZone;
  let server: DnsServer;

  const answered = (): string | undefined => resolveName(simulation.world, DOMAIN)?.targets[0];

  /** Seconds until clients without a cache are answered with this tier. */
  async function untilAnswered(tier: WebTier): Promise<number> {
    const from = simulation.world.now();
    await simulation.clock.pollUntil(() => answered() === tier.dnsName.toLowerCase(), { intervalMs: 100 });
    return (simulation.world.now() - from) / 1000;
  }

  beforeEach(async () => {
    simulation = createSimulation();
    ({ home, away } = await createWebTiers(simulation));
    zone = createFailoverZone(simulation, home, away);
    // INSYNC, and the inverted check has seen its marker missing three times.
    await simulation.pass(120);
    server = await startDnsServer(simulation.world);
  });
  afterEach(async () => {
    simulation.clock.stop();
    await server.close();
  });

  it("answers a real resolver with the primary's addresses and the time to live of a load balancer", async () => {
    const resolver = new dns.Resolver();
    resolver.setServers([`127.0.0.1:${server.port}`]);
    const answers = await resolver.resolve4(DOMAIN, { ttl: true });
    const balancer = await resolver.resolve4(home.dnsName);
    assert.deepEqual(answers.map(({ address }) => address).sort(), balancer.sort());
    assert.ok(answers.every(({ ttl }) => ttl === 60));
    const other = await resolver.resolve4(away.dnsName);
    assert.ok(other.every((address) => !balancer.includes(address)));
    assert.deepEqual(await resolver.reverse(balancer[0] ?? ""), [home.dnsName.toLowerCase()]);
  });

  it("answers a real resolver with NXDOMAIN, no data and REFUSED where they belong", async () => {
    const resolver = new dns.Resolver();
    resolver.setServers([`127.0.0.1:${server.port}`]);
    await assert.rejects(resolver.resolve4(`nobody.${DOMAIN}`), { code: "ENOTFOUND" });
    await assert.rejects(resolver.resolveMx(DOMAIN), { code: "ENODATA" });
    await assert.rejects(resolver.resolve4("example.org"), { code: "EREFUSED" });
    assert.equal((await resolver.resolveNs(DOMAIN)).length, 4);
    assert.match((await resolver.resolveSoa(DOMAIN)).hostmaster, /awsdns-hostmaster/);
  });

  it("moves users to the secondary once the primary's Region is lost, by interval, threshold and time-out", async () => {
    assert.equal(answered(), home.dnsName.toLowerCase());
    injectRegionLoss(simulation.world, HOME, simulation.world.now());
    const took = await untilAnswered(away);
    // Each of three checks waits 4 s for a connection, and begins 10 s after the one before ended.
    const aggregation = simulation.world.latencies["route53.health-aggregation"].typical;
    assert.ok(took > 3 * 4 + 2 * 10 && took < 3 * 4 + 3 * 10 + aggregation + 1, `took ${took} s`);
  });

  it("records the way from the fault to the last cache as one chain of causes", async () => {
    const faultAt = simulation.world.now();
    injectRegionLoss(simulation.world, HOME, faultAt);
    await untilAnswered(away);
    await simulation.pass(61);
    const { spans } = simulation.world;
    const detected = spans.find(
      ({ label, cause }) => label === "health check interval x threshold" && "root" in cause && cause.root === "fault",
    );
    assert.equal(detected?.subject.resource, zone.answersId);
    assert.ok(Math.abs(detected.startedAt - faultAt) < 1000);
    const aggregated = spans.find(
      ({ row, cause }) => row === "route53.health-aggregation" && "span" in cause && cause.span === detected.id,
    );
    const cached = spans.find(
      ({ label, cause }) => label === "DNS time to live" && "span" in cause && cause.span === aggregated?.id,
    );
    assert.equal(cached && (cached.endedAt - cached.startedAt) / 1000, 60);
    assert.equal(cached?.subject.resource, DOMAIN);
  });

  it("moves users back when the Region returns, unless a fence marker stands in the standby", async () => {
    injectRegionLoss(simulation.world, HOME, simulation.world.now());
    await untilAnswered(away);
    const call = { region: AWAY, cause: "fence" };
    const marker = { Bucket: "fence", Key: `fence/${HOME}` };
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::fence/*" }],
    });
    simulation.api.call(s3, "CreateBucket", { Bucket: "fence" }, call);
    simulation.api.call(s3, "DeletePublicAccessBlock", { Bucket: "fence" }, call);
    simulation.api.call(s3, "PutBucketPolicy", { Bucket: "fence", Policy }, call);
    simulation.api.call(s3, "PutObject", { ...marker, Body: "x" }, call);
    healRegion(simulation.world, HOME, simulation.world.now());
    await simulation.pass(600);
    assert.equal(answered(), away.dnsName.toLowerCase());
    simulation.api.call(s3, "DeleteObject", marker, { region: AWAY, cause: "failback" });
    await untilAnswered(home);
    const fenced = simulation.world.spans.filter(({ subject }) => subject.resource === zone.notFencedId);
    const causes = fenced.flatMap(({ cause }) => ("root" in cause ? [cause.root] : []));
    assert.deepEqual(causes.slice(-2), ["fence", "failback"]);
  });

  it("goes on answering and checking while the control plane's Region is lost, whose API refuses every call", async () => {
    injectRegionLoss(simulation.world, AWAY, simulation.world.now());
    await simulation.pass(60);
    assert.throws(() => simulation.api.call(route53, "ListHostedZones", {}, { region: HOME, cause: "test" }), {
      name: "RegionUnreachableError",
    });
    assert.equal(simulation.api.calls.at(-1)?.error, "unreachable");
    assert.equal(answered(), home.dnsName.toLowerCase());
    injectRegionLoss(simulation.world, HOME, simulation.world.now());
    await untilAnswered(away);
  });

  it("tells a web tier without targets from one that is gone", async () => {
    assert.equal(httpGet(simulation.world, home.dnsName, "/healthz"), 200);
    assert.equal(httpGet(simulation.world, DOMAIN, "/healthz"), 200);
    assert.equal(httpGet(simulation.world, "nobody.example.org", "/"), undefined);
    simulation.lose(HOME);
    assert.equal(httpGet(simulation.world, home.dnsName, "/healthz"), undefined);
  });

  it("costs little for a simulated day of checks while nothing changes", async () => {
    const before = process.cpuUsage();
    await simulation.pass(86_400);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1e6 < 8, `took ${(user + system) / 1e6} s of CPU`);
  });
});
