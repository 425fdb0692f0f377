import { Resolver } from "node:dns/promises";
import http from "node:http";
import https from "node:https";

import { latencyTable } from "../latency/table.js";
import { createAwsClock } from "./aws-clock.js";
import { startCanary, type Canary, type CanaryRequest } from "./canary.js";
import type { DnsAnswer, Target } from "./target.js";

export interface AwsTargetOptions {
  /** The name that users ask for; a canary asks it in their place. Without it nobody is seen. */
  readonly domain?: string;
  /** Path that the canary asks for. @default "/healthz" */
  readonly path?: string;
  /** The programs' load balancer listens to HTTP. @default "http" */
  readonly protocol?: "http" | "https";
  /** Replaces the canary's request. @default an HTTP GET of the domain that must answer with 2xx */
  readonly request?: CanaryRequest;
}

/** Environment variables by which the AWS SDKs and the Pulumi provider find credentials and endpoints. */
const AWS_VARIABLE = /^AWS_/;

/**
 * Creates the target that is a real AWS account: credentials as the SDK finds them, the machine's clock, the machine's
 * name servers, and an HTTP canary in the users' place.
 */
export function createAwsTarget(options: AwsTargetOptions = {}): Target {
  let canary: Canary | undefined;
  // Asks from the first look on: a run that is refused before it looks sends users' requests nowhere.
  const watched = (): Canary => (canary ??= startCanaryOf(options));
  const seesUsers = options.domain !== undefined || options.request !== undefined;
  return {
    name: "aws",
    clock: createAwsClock(),
    clientConfig: (region, cause) => ({ region, userAgentAppId: cause, maxAttempts: 1 }),
    openStackSession: ({ cause }) =>
      Promise.resolve({
        env: { ...awsEnvironment(), AWS_SDK_UA_APP_ID: cause },
        watch: () => undefined,
        close: () => Promise.resolve(),
      }),
    typicalLatencies: Object.fromEntries(Object.entries(latencyTable).map(([row, { typical }]) => [row, typical])),
    users: {
      sample: (seconds) =>
        seesUsers ? watched().sample(seconds) : Promise.resolve({ requests: 0, failed: 0, writesAccepted: 0 }),
    },
    resolve: resolveName,
    close: () => {
      canary?.close();
      return Promise.resolve();
    },
  };
}

function startCanaryOf({ domain, path = "/healthz", protocol = "http", request }: AwsTargetOptions): Canary {
  const url = `${protocol}://${domain ?? ""}${path}`;
  return startCanary({ request: request ?? ((signal) => isServed(url, signal)) });
}

/** Whether a GET is answered with 2xx. Each on a connection of its own, as a new user's: the name is asked anew. */
function isServed(url: string, signal: AbortSignal): Promise<boolean> {
  const { get } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    get(url, { agent: false, signal }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      response.once("end", () => resolve(status >= 200 && status < 300));
      response.once("error", reject);
    }).once("error", reject);
  });
}

function awsEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => AWS_VARIABLE.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** Asks the machine's name servers anew each time: Node keeps no answers. A name without an address answers nothing. */
async function resolveName(name: string): Promise<DnsAnswer> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const [aliases, addresses] = await Promise.all([
    resolver.resolveCname(name).catch(() => [] as string[]),
    resolver.resolve4(name, { ttl: true }).catch(() => [] as { address: string; ttl: number }[]),
  ]);
  const ttls = addresses.map(({ ttl }) => ttl);
  return {
    targets: [...aliases, ...addresses.map(({ address }) => address)],
    ttlSeconds: ttls.length === 0 ? 0 : Math.min(...ttls),
  };
}
