import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";

import { route53 } from "../../src/simulator/services/route-53/service.js";
import type { Simulation } from "./data-services.js";

/** Of a caller of Route 53, whose Region does not matter. */
export const zoneContext = { region: "us-east-1", cause: "test" };

/** Creates the zone example.com, and answers its id. */
export function createZone({ api }: Simulation): string {
  const input = { Name: "Example.com", CallerReference: "1" };
  return api.call(route53, "CreateHostedZone", input, zoneContext).HostedZone?.Id ?? "";
}

/** An A record with one address. */
export function addressRecord(
  Name: string,
  Value = "192.0.2.1",
  more: Partial<ResourceRecordSet> = {},
): ResourceRecordSet {
  return { Name, Type: "A", TTL: 60, ResourceRecords: [{ Value }], ...more };
}

/** Changes records, and answers the change's id. */
export function changeRecords({ api }: Simulation, zoneId: string, Changes: Change[]): string {
  const input = { HostedZoneId: zoneId, ChangeBatch: { Changes } };
  return api.call(route53, "ChangeResourceRecordSets", input, zoneContext).ChangeInfo?.Id ?? "";
}
