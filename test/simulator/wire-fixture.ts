import { createSimulatedClock } from "../../src/simulator/clock.js";
import { createApi, type Api, type ServiceDefinition } from "../../src/simulator/service.js";
import { startWireServer } from "../../src/simulator/wire/server.js";
import { createWorld, type World } from "../../src/simulator/world.js";

/** A world that serves some services over HTTP, for one test. */
export interface WireFixture {
  readonly world: World;
  readonly api: Api;
  readonly url: string;
  readonly port: number;
  /** Connection settings for an SDK client. */
  client(region?: string, accessKeyId?: string): ClientSettings;
}

export interface ClientSettings {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: 1;
  readonly userAgentAppId: string;
}

/** Runs `work` against a wire server with these services, and stops it afterwards. */
export async function withWire<T>(
  services: readonly ServiceDefinition[],
  work: (fixture: WireFixture) => Promise<T>,
): Promise<T> {
  const clock = createSimulatedClock();
  const world = createWorld({ clock });
  const api = createApi(world);
  const server = await startWireServer(world, api, services);
  try {
    return await work({
      world,
      api,
      url: server.url,
      port: server.port,
      client: (region = "ap-northeast-2", accessKeyId = "AKIATEST") => ({
        region,
        endpoint: server.url,
        credentials: { accessKeyId, secretAccessKey: "secret" },
        maxAttempts: 1,
        userAgentAppId: "test-run",
      }),
    });
  } finally {
    await server.close();
    clock.stop();
  }
}
