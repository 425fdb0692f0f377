import type * as client from "@aws-sdk/client-route-53";

import { hexOf } from "../../identifiers.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { World } from "../../world.js";
import { recordKey } from "./change-batch.js";
import { bareId, changeInfo, findZone, pageFrom } from "./lookup.js";
import { commitEdits } from "./propagation.js";
import { canonicalName, plainName, sortName } from "./record-name.js";
import { route53State, type Zone } from "./state.js";
import { invalidInput } from "./validate-change.js";

type Client = typeof client;

const PAGE = 100;
/** TTLs that a new zone's own records have (Route 53 developer guide, SOA-NSrecords). */
const NS_TTL_SECONDS = 172_800;
const SOA_TTL_SECONDS = 900;

/** Operations on hosted zones. */
export function zoneHandlers(world: World) {
  const state = route53State(world);
  const sorted = (): readonly Zone[] => [...state.zones.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const byName = (): readonly Zone[] =>
    [...state.zones.values()].sort((a, b) => {
      const [left, right] = [`${sortName(a.name)}|${a.id}`, `${sortName(b.name)}|${b.id}`];
      return left < right ? -1 : 1;
    });

  return {
    CreateHostedZone: ({ Name, CallerReference, HostedZoneConfig, VPC }) => {
      if (!Name || !/^([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$/i.test(Name)) {
        throw new ServiceError("InvalidDomainName", `${Name} is not a valid domain name`);
      }
      if (!CallerReference) throw invalidInput("Invalid request: Missing field 'CallerReference'");
      if ([...state.zones.values()].some((zone) => zone.callerReference === CallerReference)) {
        throw new ServiceError(
          "HostedZoneAlreadyExists",
          `A hosted zone has already been created with the specified caller reference.`,
          { status: 409 },
        );
      }
      const name = canonicalName(Name);
      const id = newZoneId(world, name);
      const zone: Zone = {
        id,
        name,
        callerReference: CallerReference,
        comment: HostedZoneConfig?.Comment,
        vpc: VPC,
        nameServers: nameServersOf(world, id),
        tags: [],
        records: new Map(),
        served: new Map(),
        pending: [],
        changeCount: 0,
      };
      state.zones.set(id, zone);
      const own = apexRecords(zone);
      const change = commitEdits(world, zone, new Map(own.map((record) => [recordKey(record), record])));
      return {
        HostedZone: describeZone(zone),
        ChangeInfo: changeInfo(change),
        DelegationSet: { NameServers: [...zone.nameServers] },
        VPC,
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${id}`,
      };
    },

    GetHostedZone: ({ Id }) => {
      const zone = findZone(state, Id);
      return zone.vpc
        ? { HostedZone: describeZone(zone), VPCs: [zone.vpc] }
        : { HostedZone: describeZone(zone), DelegationSet: { NameServers: [...zone.nameServers] } };
    },

    GetHostedZoneCount: () => ({ HostedZoneCount: state.zones.size }),

    ListHostedZones: ({ Marker, MaxItems }) => {
      const size = MaxItems ?? PAGE;
      const { items, next } = pageFrom(sorted(), size, ({ id }) => Marker === undefined || id >= bareId(Marker));
      return {
        HostedZones: items.map(describeZone),
        Marker: Marker ?? "",
        IsTruncated: next !== undefined,
        NextMarker: next?.id,
        MaxItems: size,
      };
    },

    ListHostedZonesByName: ({ DNSName, HostedZoneId, MaxItems }) => {
      const size = MaxItems ?? PAGE;
      const start = DNSName === undefined ? undefined : sortName(canonicalName(DNSName));
      const startId = HostedZoneId === undefined ? "" : bareId(HostedZoneId);
      const { items, next } = pageFrom(byName(), size, ({ name, id }) => {
        const own = sortName(name);
        return start === undefined || own > start || (own === start && id >= startId);
      });
      return {
        HostedZones: items.map(describeZone),
        DNSName,
        HostedZoneId,
        IsTruncated: next !== undefined,
        NextDNSName: next?.name,
        NextHostedZoneId: next?.id,
        MaxItems: size,
      };
    },

    UpdateHostedZoneComment: ({ Id, Comment }) => {
      const zone = findZone(state, Id);
      zone.comment = Comment;
      return { HostedZone: describeZone(zone) };
    },

    DeleteHostedZone: ({ Id }) => {
      const zone = findZone(state, Id);
      const foreign = [...zone.records.values()].some(
        ({ Name, Type }) => Name !== zone.name || (Type !== "NS" && Type !== "SOA"),
      );
      if (foreign) {
        throw new ServiceError(
          "HostedZoneNotEmpty",
          "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
        );
      }
      const change = commitEdits(world, zone, new Map());
      state.zones.delete(zone.id);
      return { ChangeInfo: changeInfo(change) };
    },
  } satisfies Handlers<Client>;
}

function describeZone(zone: Zone): client.HostedZone {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: { ...(zone.comment === undefined ? {} : { Comment: zone.comment }), PrivateZone: zone.vpc !== undefined },
    ResourceRecordSetCount: zone.records.size,
  };
}

function newZoneId(world: World, name: string): string {
  const { usedIds } = route53State(world);
  for (let occurrence = 0; ; occurrence++) {
    const id = `Z${hexOf(["zone", world.seed, name, occurrence], 20).toUpperCase()}`;
    if (usedIds.has(id)) continue;
    usedIds.add(id);
    return id;
  }
}

/** Four name servers, one in each top-level domain, as every zone has. */
function nameServersOf(world: World, id: string): readonly string[] {
  return ["com", "net", "org", "co.uk"].map((domain, index) => {
    const number = 512 * index + Math.floor(512 * world.draw(`route-53/name-server/${id}/${domain}`));
    return `ns-${number}.awsdns-${String(number % 64).padStart(2, "0")}.${domain}`;
  });
}

function apexRecords(zone: Zone): readonly client.ResourceRecordSet[] {
  const [first = ""] = zone.nameServers;
  return [
    {
      Name: zone.name,
      Type: "NS",
      TTL: NS_TTL_SECONDS,
      ResourceRecords: zone.nameServers.map((server) => ({ Value: `${server}.` })),
    },
    {
      Name: zone.name,
      Type: "SOA",
      TTL: SOA_TTL_SECONDS,
      ResourceRecords: [{ Value: `${plainName(first)}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400` }],
    },
  ];
}
