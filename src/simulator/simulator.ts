import { createSimulatedClock, type SimulatedClock } from "./clock.js";
import { startDnsServer } from "./dns-server.js";
import { isOperationIdle, isSilent } from "./engine-idle.js";
import type { LatencyProfile } from "../latency/row.js";
import type { LatencyTable } from "../latency/table.js";
import { startProviderServer } from "./provider/server.js";
import { createApi, type Api } from "./service.js";
import { services } from "./services/registry.js";
import { createWorld, type World } from "./world.js";
import { startWireServer } from "./wire/server.js";
import type { WatchedOperation } from "../target/target.js";

/** The simulated AWS, running: a world, its clock, and the ports at which real clients and the real Pulumi engine reach it. */
export interface Simulator {
  readonly clock: SimulatedClock;
  readonly world: World;
  readonly api: Api;
  /** Base URL of every AWS service and Region. */
  readonly endpoint: string;
  /** UDP port of the name service on loopback. */
  readonly dnsPort: number;
  /** Opens a Pulumi provider for one operation, or for whoever attaches. */
  openProvider(options: ProviderOptions): Promise<SimulatedProvider>;
  /** Resource types that providers created inert, sorted. */
  inertTypes(): readonly string[];
  close(): Promise<void>;
}

export interface ProviderOptions {
  /** On whose behalf its calls to the services are made. */
  readonly cause: string;
}

export interface SimulatedProvider {
  readonly port: number;
  /** Lets the clock skip while this operation is idle. Without it, silence has to show that (see engine-idle.ts). */
  watch(operation: WatchedOperation): void;
  close(): Promise<void>;
}

export interface SimulatorOptions {
  /** @default 1 */
  readonly seed?: number;
  /** @default "typical" */
  readonly profile?: LatencyProfile;
  /** Rows that replace those of the latency table. */
  readonly latencies?: Partial<LatencyTable>;
  /** TCP port of the endpoint. @default any free one */
  readonly port?: number;
}

/** Starts a simulated AWS with an empty account, on loopback. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = createSimulatedClock();
  const world = createWorld({
    clock,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.profile ? { profile: options.profile } : {}),
    ...(options.latencies ? { latencies: options.latencies } : {}),
  });
  const api = createApi(world);
  const wire = await startWireServer(world, api, services, options.port === undefined ? {} : { port: options.port });
  const dns = await startDnsServer(world);
  const openProviders = new Set<SimulatedProvider>();
  const inertTypes = new Set<string>();

  async function openProvider({ cause }: ProviderOptions): Promise<SimulatedProvider> {
    const server = await startProviderServer(world, api, { cause });
    let endWatch = clock.watch(() => server.outstanding().length === 0 || isSilent(server, server.lastCallAt()));
    const provider: SimulatedProvider = {
      port: server.port,
      watch: (operation) => {
        endWatch();
        endWatch = clock.watch(() => isOperationIdle(operation, server));
      },
      close: async () => {
        endWatch();
        openProviders.delete(provider);
        for (const type of server.inertTypes()) inertTypes.add(type);
        await server.close();
      },
    };
    openProviders.add(provider);
    return provider;
  }

  return {
    clock,
    world,
    api,
    endpoint: wire.url,
    dnsPort: dns.port,
    openProvider,
    inertTypes: () => [...inertTypes].sort(),
    close: async () => {
      clock.stop();
      await Promise.all([...openProviders].map((provider) => provider.close()));
      await Promise.all([wire.close(), dns.close()]);
    },
  };
}
