import {
  createLedger,
  type Ledger,
  type LedgerSample,
  type Recovery,
  type RecoveryRule,
  type RequestKind,
} from "./ledger.js";
import { loadBalancerTarget, nameOfAddress } from "./load-balancer-names.js";
import { getInstance } from "./services/ec2/instances.js";
import { routeRequest } from "./services/elastic-load-balancing-v2/service.js";
import { isReadable, rows, writeRow } from "./services/rds/replication.js";
import { resolveName } from "./services/route-53/resolve.js";
import { writeObject } from "./services/s3/service.js";
import type { World } from "./world.js";

/**
 * Simulated customers: they order at a steady rate through DNS, load balancer, instance and database, and believe only
 * what they are answered. Nobody retries, so that what failed is what users saw.
 */
export interface Workload {
  readonly ledger: Ledger;
  /** Requests of the last `seconds`. */
  sample(seconds: number): LedgerSample;
  /** When users were served again after a fault; undefined while they are not. */
  recovery(faultAt: number, rule: RecoveryRule): Recovery | undefined;
  /** Sends no further request. */
  stop(): void;
}

export interface WorkloadOptions {
  /** The name that customers ask for. */
  readonly domain: string;
  readonly ordersPerSecond: number;
  /** Each with a DNS cache of its own. @default 50 */
  readonly customers?: number;
  /** The Region nearest to the customers, for latency records. @default "us-east-1" */
  readonly customersRegion?: string;
  /** Share of orders that come with an image, 0 to 1, where the instances name a bucket for them. @default 0.05 */
  readonly uploadShare?: number;
  /** Prefix of order ids, to tell workloads apart. @default "order" */
  readonly idPrefix?: string;
}

interface CachedAnswer {
  readonly target: string | undefined;
  readonly expiresAt: number;
}

/** What an instance's user data says about the application on it. */
interface InstanceSettings {
  readonly database: string | undefined;
  readonly imagesBucket: string | undefined;
}

/** On whose account requests happen. */
const CUSTOMERS_CAUSE = "customers";

/** Starts customers; the first order comes within one order's time from now. */
export function startWorkload(world: World, options: WorkloadOptions): Workload {
  const { domain, ordersPerSecond, customers = 50, uploadShare = 0.05, idPrefix = "order" } = options;
  const ledger = createLedger();
  const startedAt = world.now();
  const caches: (CachedAnswer | undefined)[] = [];
  const settingsOf = new Map<string, InstanceSettings>();
  const draw = (what: string, index: number): number => world.draw(`workload/${domain}/${idPrefix}/${what}/${index}`);
  let stopped = false;

  /** The load balancer that a customer's cache leads to; asks again once the time to live is over. */
  function resolve(customer: number): string | undefined {
    const now = world.now();
    const cached = caches[customer];
    if (cached && cached.expiresAt > now) return cached.target;
    const region = options.customersRegion;
    const found = resolveName(world, domain, {
      chance: draw("answer", ledger.requests.length),
      ...(region ? { region } : {}),
    });
    const [target] = found?.targets ?? [];
    if (!found || target === undefined) return undefined;
    // A customer's first answer comes out of a resolver's cache, somewhere within its time to live.
    const share = cached ? 1 : draw("cache", customer);
    caches[customer] = {
      target: nameOfAddress(world, target) ?? loadBalancerTarget(world, target)?.dnsName,
      expiresAt: now + 1000 * found.ttlSeconds * share,
    };
    return caches[customer].target;
  }

  /** Sends one request to an instance and lets `serve` do its work there; `serve` answers why it failed. */
  function send(
    kind: RequestKind,
    id: string,
    customer: number,
    serve: (region: string, settings: InstanceSettings) => string | undefined,
  ): void {
    const finish = (failure: string | undefined, region?: string): void => {
      ledger.record({ at: world.now(), kind, id, region, failure });
    };
    const dnsName = resolve(customer);
    if (dnsName === undefined) return finish("no address");
    const routed = routeRequest(world, dnsName, `${kind}/${id}`);
    if (routed.status === "failed") return finish(routed.reason);
    const settings = settingsFor(routed.region, routed.instanceId);
    finish(serve(routed.region, settings), routed.region);
  }

  function settingsFor(region: string, instanceId: string): InstanceSettings {
    let settings = settingsOf.get(instanceId);
    if (!settings) {
      const userData = getInstance(world, region, instanceId)?.userData ?? "";
      settings = {
        database: setting(userData, "DATABASE_IDENTIFIER"),
        imagesBucket: setting(userData, "IMAGES_BUCKET"),
      };
      settingsOf.set(instanceId, settings);
    }
    return settings;
  }

  function order(index: number): void {
    const id = `${idPrefix}-${String(index + 1).padStart(7, "0")}`;
    const customer = Math.floor(draw("customer", index) * customers);
    const withImage = draw("upload", index) < uploadShare;
    send("order", id, customer, (region, { database, imagesBucket }) => {
      if (database === undefined) return "no database configured";
      const written = writeRow(world, region, database, { id, at: world.now() });
      if (written.status === "failed") return `database: ${written.reason}`;
      if (withImage && imagesBucket !== undefined) upload(id, region, imagesBucket);
      return undefined;
    });
  }

  /** The instance stores the image that came with an order it has accepted; images matter less than orders. */
  function upload(id: string, region: string, bucket: string): void {
    const written = writeObject(world, bucket, `images/${id}.jpg`, `image of ${id}`);
    const failure = written.status === "failed" ? `images: ${written.reason}` : undefined;
    ledger.record({ at: world.now(), kind: "upload", id, region, failure });
  }

  function browse(index: number): void {
    const customer = Math.floor(draw("browser", index) * customers);
    send("browse", `${idPrefix}-view-${String(index + 1).padStart(7, "0")}`, customer, (region, { database }) =>
      database !== undefined && isReadable(world, region, database) ? undefined : "database: not readable",
    );
  }

  /** One request of its kind in each order's time, at an instant drawn within it. */
  function chain(what: string, run: (index: number) => void): void {
    const next = (index: number): void => {
      const at = startedAt + (1000 * (index + draw(what, index))) / ordersPerSecond;
      world.at(at - world.now(), () => {
        if (stopped) return;
        run(index);
        next(index + 1);
      });
    };
    next(0);
  }

  world.causedBy(CUSTOMERS_CAUSE, () => {
    chain("order", order);
    chain("browse", browse);
  });

  return {
    ledger,
    sample: (seconds) => {
      world.clock.settle();
      return ledger.sample(world.now(), seconds);
    },
    recovery: (faultAt, rule) => {
      world.clock.settle();
      return ledger.recovery(faultAt, world.now(), rule);
    },
    stop: () => {
      stopped = true;
    },
  };
}

/** A database instance, where it is. */
export interface DatabaseRef {
  readonly region: string;
  readonly identifier: string;
}

/**
 * What a loss at `at` (milliseconds since the epoch) had to cost, from the databases' own rows and not from the ledger:
 * ids that the source had committed by then and that had not arrived at the replica.
 */
export function unreplicatedAt(world: World, source: DatabaseRef, replica: DatabaseRef, at: number): readonly string[] {
  const arrived = rows(world, replica.region, replica.identifier);
  return [...rows(world, source.region, source.identifier)]
    .filter(([id, { committedAt }]) => committedAt <= at && !((arrived.get(id)?.arrivedAt ?? Infinity) <= at))
    .map(([id]) => id);
}

/** The value of a line NAME=value. */
function setting(userData: string, name: string): string | undefined {
  return new RegExp(`^${name}=(.+)$`, "m").exec(userData)?.[1]?.trim();
}
