import type * as client from "@aws-sdk/client-route-53";

import { hexOf } from "../../identifiers.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { World } from "../../world.js";
import { refreshAnswers } from "./answer-watch.js";
import { checkerRegions, updatedConfig, validateHealthCheck } from "./health-check-config.js";
import { watchHost } from "./endpoint-watch.js";
import { startChecking } from "./health-checker.js";
import { bareId, findCheck, pageFrom } from "./lookup.js";
import { route53State, type HealthCheckRecord } from "./state.js";
import { invalidInput } from "./validate-change.js";

type Client = typeof client;

const PAGE = 100;

/** Operations on health checks. */
export function healthCheckHandlers(world: World) {
  const state = route53State(world);
  const checkExists = (id: string): boolean => state.checks.has(id);
  const observations = (
    id: string | undefined,
    wanted: (healthy: boolean) => boolean,
  ): client.HealthCheckObservation[] =>
    [...findCheck(state, id).checkers]
      .filter(([, { status, healthy }]) => status !== undefined && wanted(healthy))
      .map(([region, { status, checkedAt }]) => ({
        Region: region as client.HealthCheckRegion,
        IPAddress: checkerAddress(region),
        StatusReport: { Status: status, CheckedTime: new Date(checkedAt) },
      }));

  return {
    CreateHealthCheck: ({ CallerReference, HealthCheckConfig }) => {
      if (!CallerReference || !HealthCheckConfig)
        throw invalidInput("Invalid request: Missing field 'CallerReference' or 'HealthCheckConfig'");
      const config = validateHealthCheck(HealthCheckConfig, checkExists);
      const same = [...state.checks.values()].find((check) => check.callerReference === CallerReference);
      if (same) {
        if (JSON.stringify(same.config) === JSON.stringify(config)) return created(same);
        throw new ServiceError(
          "HealthCheckAlreadyExists",
          "A health check with the same caller reference but different settings already exists.",
          { status: 409 },
        );
      }
      const check: HealthCheckRecord = {
        id: newCheckId(world, config),
        callerReference: CallerReference,
        config,
        version: 1,
        tags: [],
        deleted: false,
        checkers: new Map(),
        verdict: true,
        published: true,
        flips: 0,
        endpoint: undefined,
      };
      state.checks.set(check.id, check);
      startChecking(world, check);
      watchHost(world, config.FullyQualifiedDomainName);
      return created(check);
    },

    GetHealthCheck: ({ HealthCheckId }) => ({ HealthCheck: describeCheck(findCheck(state, HealthCheckId)) }),

    GetHealthCheckCount: () => ({ HealthCheckCount: state.checks.size }),

    UpdateHealthCheck: (input) => {
      const check = findCheck(state, input.HealthCheckId);
      if (input.HealthCheckVersion !== undefined && input.HealthCheckVersion !== check.version) {
        throw new ServiceError(
          "HealthCheckVersionMismatch",
          `The value of HealthCheckVersion doesn't match the version of the health check: ${check.version}`,
          { status: 409 },
        );
      }
      check.config = validateHealthCheck(updatedConfig(check.config, input), checkExists);
      check.version++;
      watchHost(world, check.config.FullyQualifiedDomainName);
      refreshAnswers(world);
      return { HealthCheck: describeCheck(check) };
    },

    DeleteHealthCheck: ({ HealthCheckId }) => {
      const check = findCheck(state, HealthCheckId);
      check.deleted = true;
      state.checks.delete(check.id);
      refreshAnswers(world);
      return {};
    },

    ListHealthChecks: ({ Marker, MaxItems }) => {
      const size = MaxItems ?? PAGE;
      const sorted = [...state.checks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      const { items, next } = pageFrom(sorted, size, ({ id }) => Marker === undefined || id >= bareId(Marker));
      return {
        HealthChecks: items.map(describeCheck),
        Marker: Marker ?? "",
        IsTruncated: next !== undefined,
        NextMarker: next?.id,
        MaxItems: size,
      };
    },

    GetHealthCheckStatus: ({ HealthCheckId }) => ({ HealthCheckObservations: observations(HealthCheckId, () => true) }),

    GetHealthCheckLastFailureReason: ({ HealthCheckId }) => ({
      HealthCheckObservations: observations(HealthCheckId, (healthy) => !healthy),
    }),
  } satisfies Handlers<Client>;
}

function created(check: HealthCheckRecord) {
  return {
    HealthCheck: describeCheck(check),
    Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${check.id}`,
  };
}

function describeCheck({ id, callerReference, config, version }: HealthCheckRecord): client.HealthCheck {
  return { Id: id, CallerReference: callerReference, HealthCheckConfig: config, HealthCheckVersion: version };
}

/** An identifier by what is checked, so that phases drawn for it are the same in every run with this seed. */
function newCheckId(world: World, config: client.HealthCheckConfig): string {
  const { usedIds } = route53State(world);
  for (let occurrence = 0; ; occurrence++) {
    const hex = hexOf(["health-check", world.seed, JSON.stringify(config), occurrence], 32);
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
    if (usedIds.has(id)) continue;
    usedIds.add(id);
    return id;
  }
}

/** Checkers have addresses of their own; one stands for those of a Region. */
function checkerAddress(region: string): string {
  return `15.177.${2 * Math.max(0, (checkerRegions as readonly string[]).indexOf(region))}.1`;
}
