/** One look at the primary, from outside. */
export interface PrimarySignals {
  /** Milliseconds on the target's clock. */
  readonly at: number;
  /** Whether the name service leads users to the standby; undefined when that can't be said. */
  readonly nameServiceLeft: boolean | undefined;
  /** Share of users' requests that succeeded lately; undefined without requests. */
  readonly usersSucceeding: number | undefined;
  /** Whether the Region's own services answer. */
  readonly regionAnswers: boolean;
}

export interface LossOptions {
  /** Share of requests that must succeed. */
  readonly successRate: number;
  /** Seconds of failing after which users count as failing for long enough. */
  readonly patienceSeconds: number;
}

/** What looks at the primary add up to. */
export interface Loss {
  readonly lost: boolean;
  /** When the first sign was seen that has not gone since; milliseconds, undefined without a sign. */
  readonly suspectedAt: number | undefined;
  /** Signs at the last look, for people. */
  readonly signs: readonly string[];
}

/**
 * While the name service still answers the primary, its health checkers all over the world reach it: then it takes this
 * many times the patience to believe the few places that we look from.
 */
const CONTRADICTED_PATIENCE = 3;

/**
 * Judges whether the primary is lost: the name service has left it, or users have failed for long enough, and another,
 * independent sign agrees. One sign alone is never enough: health checks, users' network and an API can each fail
 * alone. Where the name service can be asked, its verdict is waited for: users and API are seen from here, and from
 * here they fail together when it is our own network that is broken.
 *
 * @param looks - oldest first
 */
export function judgeLoss(looks: readonly PrimarySignals[], options: LossOptions): Loss {
  const last = looks.at(-1);
  if (!last) return { lost: false, suspectedAt: undefined, signs: [] };
  const failing = (look: PrimarySignals): boolean =>
    look.usersSucceeding !== undefined && look.usersSucceeding < options.successRate;
  const suspicious = (look: PrimarySignals): boolean =>
    failing(look) || look.nameServiceLeft === true || !look.regionAnswers;

  const failingSince = startOfEnding(looks, failing);
  const patienceMs = 1000 * options.patienceSeconds * (last.nameServiceLeft === undefined ? 1 : CONTRADICTED_PATIENCE);
  const failingLong = failingSince !== undefined && last.at - failingSince >= patienceMs;
  const left = last.nameServiceLeft === true;
  const silent = !last.regionAnswers;
  return {
    lost: (left && (failing(last) || silent)) || (failingLong && silent),
    suspectedAt: startOfEnding(looks, suspicious),
    signs: [
      ...(left ? ["the name service has left the primary"] : []),
      ...(failing(last) ? [`${Math.round(100 * (last.usersSucceeding ?? 0))} % of users' requests succeed`] : []),
      ...(silent ? ["the primary's Region does not answer"] : []),
    ],
  };
}

/** When the unbroken series of such looks began that lasts until the last look. */
function startOfEnding(looks: readonly PrimarySignals[], such: (look: PrimarySignals) => boolean): number | undefined {
  const lastOther = looks.findLastIndex((look) => !such(look));
  return looks[lastOther + 1]?.at;
}
