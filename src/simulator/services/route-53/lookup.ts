import type { ChangeInfo } from "@aws-sdk/client-route-53";

import { ServiceError } from "../../service.js";
import type { ChangeRecord, HealthCheckRecord, Route53State, Zone } from "./state.js";

/** Finding and showing what the operations share. */

/** An id without the path that Route 53 puts before it: Z1 of /hostedzone/Z1. */
export function bareId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** @throws ServiceError NoSuchHostedZone */
export function findZone(state: Route53State, id: string | undefined): Zone {
  const zone = state.zones.get(bareId(id ?? ""));
  if (!zone) {
    throw new ServiceError("NoSuchHostedZone", `No hosted zone found with ID: ${bareId(id ?? "")}`, { status: 404 });
  }
  return zone;
}

/** @throws ServiceError NoSuchHealthCheck */
export function findCheck(state: Route53State, id: string | undefined): HealthCheckRecord {
  const check = state.checks.get(bareId(id ?? ""));
  if (!check) {
    throw new ServiceError("NoSuchHealthCheck", `No health check exists with the specified ID: ${bareId(id ?? "")}`, {
      status: 404,
    });
  }
  return check;
}

export function changeInfo(change: ChangeRecord): ChangeInfo {
  return {
    Id: `/change/${change.id}`,
    Status: change.status,
    SubmittedAt: new Date(change.submittedAt),
    ...(change.comment === undefined ? {} : { Comment: change.comment }),
  };
}

/** The items from the first one that `isStart` accepts, at most `size`, and the first of the next page. */
export function pageFrom<T>(
  sorted: readonly T[],
  size: number,
  isStart: (item: T) => boolean,
): { readonly items: readonly T[]; readonly next: T | undefined } {
  const found = sorted.findIndex(isStart);
  const first = found < 0 ? sorted.length : found;
  return { items: sorted.slice(first, first + size), next: sorted[first + size] };
}
