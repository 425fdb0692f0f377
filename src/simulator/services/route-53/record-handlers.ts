import type * as client from "@aws-sdk/client-route-53";

import { loadBalancerTarget } from "../../load-balancer-names.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { World } from "../../world.js";
import { applyBatch } from "./change-batch.js";
import { watchHost } from "./endpoint-watch.js";
import { bareId, changeInfo, findZone, pageFrom } from "./lookup.js";
import { commitEdits } from "./propagation.js";
import { canonicalName, plainName, sortName } from "./record-name.js";
import { answerQuery } from "./resolve.js";
import { route53State } from "./state.js";
import { invalidInput } from "./validate-change.js";

type Client = typeof client;

const RECORDS_PER_PAGE = 300;

/** Operations on record sets and their changes. */
export function recordHandlers(world: World) {
  const state = route53State(world);
  return {
    ChangeResourceRecordSets: ({ HostedZoneId, ChangeBatch }) => {
      const zone = findZone(state, HostedZoneId);
      const edits = applyBatch(ChangeBatch?.Changes ?? [], {
        zoneId: zone.id,
        zoneName: zone.name,
        records: zone.records,
        healthCheckExists: (id) => state.checks.has(id),
        aliasTargetExists: (dnsName, zoneId) => aliasTargetExists(world, dnsName, zoneId),
      });
      for (const record of edits.values()) watchHost(world, record?.AliasTarget?.DNSName);
      return { ChangeInfo: changeInfo(commitEdits(world, zone, edits, ChangeBatch?.Comment)) };
    },

    ListResourceRecordSets: (input) => {
      const zone = findZone(state, input.HostedZoneId);
      if (input.StartRecordType && !input.StartRecordName) {
        throw invalidInput("The input is not valid: StartRecordType requires StartRecordName");
      }
      if (input.StartRecordIdentifier && !input.StartRecordType) {
        throw invalidInput("The input is not valid: StartRecordIdentifier requires StartRecordType");
      }
      const size = Math.min(RECORDS_PER_PAGE, input.MaxItems ?? RECORDS_PER_PAGE);
      const start = [
        input.StartRecordName === undefined ? "" : sortName(canonicalName(input.StartRecordName)),
        input.StartRecordType ?? "",
        input.StartRecordIdentifier ?? "",
      ];
      const sorted = [...zone.records.values()].sort((a, b) => compare(orderOf(a), orderOf(b)));
      const { items, next } = pageFrom(sorted, size, (record) => compare(orderOf(record), start) >= 0);
      return {
        ResourceRecordSets: items.map(describeRecord),
        IsTruncated: next !== undefined,
        NextRecordName: next?.Name,
        NextRecordType: next?.Type,
        NextRecordIdentifier: next?.SetIdentifier,
        MaxItems: size,
      };
    },

    GetChange: ({ Id }) => {
      const change = state.changes.get(bareId(Id ?? ""));
      if (!change) {
        throw new ServiceError("NoSuchChange", `A change with the specified change ID does not exist: ${Id}`, {
          status: 404,
        });
      }
      return { ChangeInfo: changeInfo(change) };
    },

    TestDNSAnswer: ({ HostedZoneId, RecordName, RecordType }) => {
      const zone = findZone(state, HostedZoneId);
      const answer = answerQuery(world, RecordName ?? "", RecordType ?? "A");
      const [Nameserver = ""] = zone.nameServers;
      return {
        Nameserver,
        RecordName: plainName(RecordName ?? ""),
        RecordType,
        RecordData: answer.answers.flatMap(({ type, data }) => (type === RecordType ? [data] : [])),
        ResponseCode: answer.code,
        Protocol: "UDP",
      };
    },
  } satisfies Handlers<Client>;
}

/** Whether an alias to something outside of the zone can stand: a load balancer must exist in the zone of its Region. */
function aliasTargetExists(world: World, dnsName: string, zoneId: string): "exists" | "not-found" | "other-zone" {
  const target = loadBalancerTarget(world, dnsName);
  if (target) return target.hostedZoneId === zoneId ? "exists" : "other-zone";
  const elsewhere = route53State(world).zones.get(zoneId);
  if (elsewhere) return "other-zone";
  return plainName(dnsName).endsWith(".elb.amazonaws.com") ? "not-found" : "exists";
}

type Order = readonly (string | undefined)[];

function orderOf({ Name, Type, SetIdentifier = "" }: client.ResourceRecordSet): Order {
  return [sortName(Name ?? ""), Type ?? "", SetIdentifier];
}

function compare(a: Order, b: Order): number {
  for (let index = 0; index < a.length; index++) {
    const [left = "", right = ""] = [a[index], b[index]];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function describeRecord(record: client.ResourceRecordSet): client.ResourceRecordSet {
  const { AliasTarget: alias } = record;
  if (!alias) return record;
  return {
    ...record,
    AliasTarget: {
      HostedZoneId: alias.HostedZoneId,
      DNSName: canonicalName(alias.DNSName ?? ""),
      EvaluateTargetHealth: alias.EvaluateTargetHealth ?? false,
    },
  };
}
