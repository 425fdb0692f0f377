import { routeRequest } from "./services/elastic-load-balancing-v2/service.js";
import { resolveName } from "./services/route-53/resolve.js";
import { httpGetObject } from "./services/s3/service.js";
import { loadBalancerTarget, nameOfAddress } from "./load-balancer-names.js";
import type { World } from "./world.js";

/** What a host on the internet answers, as health checkers and customers ask it. */

/** Hosts of buckets: bucket.s3.region.amazonaws.com, or the bucket first in the path. */
const S3_HOST = /(^|\.)s3[.-][a-z0-9-]+\.amazonaws\.com$/;

export interface HttpGetOptions {
  /** Tells requests apart, for the choice of a target. @default host and path */
  readonly key?: string;
  /** @default the load balancer's first listener */
  readonly port?: number | undefined;
  /** Host header. @default the host */
  readonly hostHeader?: string;
}

/**
 * Sends an anonymous GET to a load balancer (which passes it to an instance whose /healthz is shallow: 200 when the
 * application answers), to a bucket, or to a name of a hosted zone that leads to one of them.
 *
 * @returns the HTTP status; undefined when nothing answers at all
 */
export function httpGet(world: World, host: string, path: string, options: HttpGetOptions = {}): number | undefined {
  const { key = `${host}${path}`, port, hostHeader = host } = options;
  if (S3_HOST.test(host)) return httpGetObject(world, host, path);
  const dnsName = nameOfAddress(world, host) ?? loadBalancerTarget(world, host)?.dnsName;
  if (dnsName === undefined) {
    const [target] = resolveName(world, host)?.targets ?? [];
    return target === undefined || target === host
      ? undefined
      : httpGet(world, target, path, { ...options, hostHeader });
  }
  const routed = routeRequest(world, dnsName, key, { path, host: hostHeader, ...(port === undefined ? {} : { port }) });
  if (routed.status === "forwarded") return 200;
  return routed.reason === "unreachable" ? undefined : Number(routed.reason);
}
