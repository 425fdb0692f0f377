import type { World } from "../../world.js";
import { plainName } from "./record-name.js";
import { answerQuery, answerSignature } from "./resolve.js";
import { route53State } from "./state.js";

/** Types whose answers lead clients somewhere. */
const ADDRESS_TYPES = ["A", "AAAA", "CNAME"] as const;

/**
 * Looks whether answers have changed. Caches may then hold the old one for as long as its time to live, which is a
 * latency of its own, caused by what is being caused now.
 *
 * @param names - canonical names that may have changed. @default all
 */
export function refreshAnswers(world: World, names?: ReadonlySet<string>): void {
  const { zones, answers } = route53State(world);
  for (const zone of zones.values()) {
    if (zone.vpc) continue;
    for (const name of names ?? zone.served.keys()) {
      for (const type of ADDRESS_TYPES) {
        const key = `${zone.id}|${name}|${type}`;
        const known = answers.get(key);
        if (!zone.served.get(name)?.has(type)) {
          if (known) answers.delete(key);
          continue;
        }
        const signature = answerSignature(world, name, type).join();
        if (known?.signature === signature) continue;
        const found = answerQuery(world, name, type, { chance: 0 }).answers;
        answers.set(key, { signature, ttlSeconds: Math.min(...found.map(({ ttlSeconds }) => ttlSeconds), Infinity) });
        if (!known) continue;
        const what = `answers ${type} with ${signature} instead of ${known.signature}`;
        world.note({ region: "global", service: "route-53", resource: plainName(name), what });
        if (Number.isFinite(known.ttlSeconds)) waitForCaches(world, plainName(name), known.ttlSeconds);
      }
    }
  }
}

function waitForCaches(world: World, name: string, ttlSeconds: number): void {
  const startedAt = world.now();
  const cause = world.currentCause();
  const subject = { region: "global", resource: name };
  world.at(1000 * ttlSeconds, () => {
    world.elapsed({ row: "configured", label: "DNS time to live", subject, startedAt, cause }, () => undefined);
  });
}
