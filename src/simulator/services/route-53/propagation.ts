import type { ResourceRecordSet } from "@aws-sdk/client-route-53";

import { hexOf } from "../../identifiers.js";
import { workFor } from "../../region-outages.js";
import type { World } from "../../world.js";
import { refreshAnswers } from "./answer-watch.js";
import { CONTROL_PLANE_REGION, route53State, type ChangeRecord, type PendingChange, type Zone } from "./state.js";

/**
 * Writes edits to a zone: the API shows them at once, the name servers answer with them when the change is INSYNC.
 * Propagation is work of the control plane, which stands still while its Region is impaired.
 */
export function commitEdits(
  world: World,
  zone: Zone,
  edits: ReadonlyMap<string, ResourceRecordSet | undefined>,
  comment?: string,
): ChangeRecord {
  for (const [key, record] of edits) {
    if (record) zone.records.set(key, record);
    else zone.records.delete(key);
  }
  const occurrence = String(++zone.changeCount);
  const change: ChangeRecord = {
    id: `C${hexOf(["change", zone.id, occurrence, world.seed], 20).toUpperCase()}`,
    status: "PENDING",
    submittedAt: world.now(),
    comment,
  };
  route53State(world).changes.set(change.id, change);
  const pending: PendingChange = { change, edits, propagated: false };
  zone.pending.push(pending);
  workFor(
    world,
    "route53.change",
    { region: "global", resource: zone.name, occurrence },
    () => {
      pending.propagated = true;
      publishInOrder(world, zone);
    },
    [CONTROL_PLANE_REGION],
  );
  return change;
}

/** A later change never reaches the servers before an earlier one. */
function publishInOrder(world: World, zone: Zone): void {
  const touched = new Set<string>();
  for (let next = zone.pending[0]; next?.propagated; next = zone.pending[0]) {
    zone.pending.shift();
    for (const [key, record] of next.edits) touched.add(serve(zone, key, record));
    next.change.status = "INSYNC";
  }
  if (touched.size > 0) refreshAnswers(world, touched);
}

/** Puts one record set into what the servers answer with; returns its name. */
function serve(zone: Zone, key: string, record: ResourceRecordSet | undefined): string {
  const [name = "", type = "", setIdentifier = ""] = key.split("|");
  const byType = zone.served.get(name) ?? new Map<string, readonly ResourceRecordSet[]>();
  const others = (byType.get(type) ?? []).filter((other) => (other.SetIdentifier ?? "") !== setIdentifier);
  const sets = record ? [...others, record] : others;
  if (sets.length > 0) byType.set(type, sets);
  else byType.delete(type);
  if (byType.size > 0) zone.served.set(name, byType);
  else zone.served.delete(name);
  return name;
}
