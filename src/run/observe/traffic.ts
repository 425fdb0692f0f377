import { findLoadBalancerDnsName } from "../../aws/elastic-load-balancing.js";
import type { DnsAnswer, Target } from "../../target/target.js";
import type { StepContext } from "../step-context.js";

/**
 * Whether the name service leads users to the standby's load balancer.
 *
 * An alias record answers with addresses only, so that names and addresses are compared; the Region that may be lost
 * is not asked.
 *
 * @returns undefined when that can't be said, as the name does not resolve or the load balancer is not known
 */
export async function leadsToStandby(context: StepContext): Promise<boolean | undefined> {
  const { input, target } = context;
  const { targetRegion, domain } = input;
  const loadBalancer = await findLoadBalancerDnsName(
    context.scope(targetRegion),
    context.names(targetRegion).loadBalancer,
  );
  if (loadBalancer === undefined) return undefined;
  const [users, standby] = await Promise.all([resolveName(target, domain), resolveName(target, loadBalancer)]);
  if (users.length === 0) return undefined;
  const ours = new Set([normal(loadBalancer), ...standby]);
  return users.some((name) => ours.has(name));
}

async function resolveName(target: Target, name: string): Promise<readonly string[]> {
  const answer: DnsAnswer | undefined = await target.resolve(name).catch(() => undefined);
  return (answer?.targets ?? []).map(normal);
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
