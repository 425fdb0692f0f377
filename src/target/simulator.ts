import { Resolver } from "node:dns/promises";

import { injectRegionLoss, healRegion } from "../simulator/fault.js";
import type { Simulator } from "../simulator/simulator.js";
import { rows } from "../simulator/services/rds/replication.js";
import { startWorkload, type Workload } from "../simulator/workload.js";
import type { DnsAnswer, MeasureOptions, Measurements, Rehearsal, Target, UserSample } from "./target.js";

/** Seconds of one point of the availability curve. */
const AVAILABILITY_INTERVAL_SECONDS = 5;

/** Milliseconds to wait for the simulated name service, which is on this machine. */
const DNS_TIMEOUT_MS = 2_000;

const MINUTE_MS = 60_000;

const noUsers: UserSample = { requests: 0, failed: 0, writesAccepted: 0 };

/** Creates a target on a running simulator: its endpoints and its clock. Closing the target closes the simulator. */
export function createSimulatorTarget(simulator: Simulator): Target {
  const { clock, world, endpoint } = simulator;
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 1 });
  resolver.setServers([`127.0.0.1:${simulator.dnsPort}`]);
  let workload: Workload | undefined;
  let usersSince: number | undefined;

  const rehearsal: Rehearsal = {
    seed: world.seed,
    latencyProfile: world.profile,
    draw: world.draw,
    startUsers: ({ domain, ordersPerSecond }) => {
      // On a full minute and as a world event, so that orders, checks and the fault are equally far apart in every run.
      usersSince = Math.ceil(clock.now() / MINUTE_MS) * MINUTE_MS;
      clock.schedule(usersSince, () => {
        workload = startWorkload(world, { domain, ordersPerSecond });
      });
    },
    loseRegion: (region, inSeconds) => {
      const faultAt = (usersSince ?? clock.now()) + 1000 * inSeconds;
      injectRegionLoss(world, region, faultAt);
      return faultAt;
    },
    restoreRegion: (region) => {
      healRegion(world, region, clock.now());
      clock.settle();
    },
    measure: (options) => measure(simulator, workload, options),
    latencies: () => world.spans,
    inertResourceTypes: simulator.inertTypes,
  };

  return {
    name: "simulator",
    clock,
    clientConfig: (region, cause) => ({
      region,
      endpoint,
      credentials: { accessKeyId: "simulated", secretAccessKey: "simulated" },
      userAgentAppId: cause,
      maxAttempts: 1,
    }),
    openStackSession: async ({ cause }) => {
      const provider = await simulator.openProvider({ cause });
      return { env: engineEnvironment(provider.port), watch: provider.watch, close: provider.close };
    },
    typicalLatencies: Object.fromEntries(Object.entries(world.latencies).map(([row, { typical }]) => [row, typical])),
    users: { sample: (seconds) => Promise.resolve(workload?.sample(seconds) ?? noUsers) },
    resolve: (name) => clock.busy(() => resolve(resolver, name)),
    rehearsal,
    close: async () => {
      workload?.stop();
      resolver.cancel();
      await simulator.close();
    },
  };
}

/** Environment that makes the real Pulumi engine use a simulated provider, and nothing of the network. */
export function engineEnvironment(providerPort: number): Record<string, string> {
  return {
    PULUMI_DEBUG_PROVIDERS: `aws:${providerPort},awsx:${providerPort}`,
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

/** A name without an address answers nothing. */
async function resolve(resolver: Resolver, name: string): Promise<DnsAnswer> {
  const addresses = await resolver.resolve4(name, { ttl: true }).catch(() => []);
  return {
    targets: addresses.map(({ address }) => address),
    ttlSeconds: addresses.length === 0 ? 0 : Math.min(...addresses.map(({ ttl }) => ttl)),
  };
}

function measure(simulator: Simulator, workload: Workload | undefined, options: MeasureOptions): Measurements {
  const { faultAt, steadyState, activeRegion, database } = options;
  if (!workload) throw new Error("nobody used the app: startUsers comes first");
  const { ledger } = workload;
  const held = rows(simulator.world, activeRegion, database);
  const lost = ledger.lostWrites(held, faultAt);
  return {
    recoveredAt: workload.recovery(faultAt, steadyState)?.recoveredAt ?? null,
    requests: {
      total: ledger.requests.length,
      failed: ledger.requests.filter(({ failure }) => failure !== undefined).length,
    },
    writes: { accepted: ledger.acceptedOrders, lost: lost.ids.length },
    lostWrites: lost.ids,
    rpoSeconds: lost.rpoSeconds,
    availability: ledger.availability(AVAILABILITY_INTERVAL_SECONDS),
  };
}
