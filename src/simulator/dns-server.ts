import { createSocket, type RemoteInfo, type Socket } from "node:dgram";

import {
  decode,
  encode,
  AUTHORITATIVE_ANSWER,
  RECURSION_AVAILABLE,
  type Answer,
  type Packet,
  type Question,
} from "dns-packet";

import { nameOfAddress } from "./load-balancer-names.js";
import {
  answerQuery,
  LOAD_BALANCER_TTL_SECONDS,
  type DnsRecord,
  type QueryAnswer,
} from "./services/route-53/resolve.js";
import type { World } from "./world.js";

export interface DnsServer {
  /** UDP port on loopback. */
  readonly port: number;
  close(): Promise<void>;
}

const REVERSE_SUFFIX = ".in-addr.arpa";
/** Response codes of RFC 1035; the library takes them in the lowest four bits of the flags. */
const RCODE = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const MAX_UDP_BYTES = 512;
const TRUNCATED = 1 << 9;

/**
 * Serves the simulated name service over UDP on loopback, to any DNS client. It answers like a resolver without a
 * cache: whole chains, with the time to live that a client may keep them. Which load balancer an address belongs to,
 * a PTR query tells.
 */
export async function startDnsServer(world: World, options: { readonly port?: number } = {}): Promise<DnsServer> {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => reply(world, socket, message, from));
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(options.port ?? 0, "127.0.0.1", () => {
      socket.off("error", reject);
      resolve();
    });
  });
  let closed = false;
  return {
    port: socket.address().port,
    close: () =>
      new Promise((resolve) => {
        if (closed) return resolve();
        closed = true;
        socket.close(() => resolve());
      }),
  };
}

function reply(world: World, socket: Socket, message: Buffer, from: RemoteInfo): void {
  let query: Packet;
  try {
    query = decode(message);
  } catch {
    // Not DNS: nothing to answer to.
    return;
  }
  if (query.type !== "query") return;
  const response = encode(respond(world, query));
  const sent =
    response.length <= MAX_UDP_BYTES ? response : encode({ ...respond(world, query), answers: [], flags: TRUNCATED });
  socket.send(sent, from.port, from.address, () => undefined);
}

function respond(world: World, query: Packet): Packet {
  const [question] = query.questions ?? [];
  const found = question ? lookUp(world, question) : undefined;
  return {
    type: "response",
    id: query.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (found ? RCODE[found.code] : RCODE.FORMERR),
    questions: query.questions ?? [],
    answers: (found?.answers ?? []).flatMap(toAnswer),
    authorities: found?.authority ? toAnswer(found.authority) : [],
  };
}

function lookUp(world: World, { name, type }: Question): QueryAnswer {
  world.clock.settle();
  const plain = name.toLowerCase().replace(/\.$/, "");
  if (!plain.endsWith(REVERSE_SUFFIX)) return answerQuery(world, plain, type);
  const address = plain.slice(0, -REVERSE_SUFFIX.length).split(".").reverse().join(".");
  const data = nameOfAddress(world, address);
  if (data === undefined) return { code: "NXDOMAIN", answers: [], names: [] };
  const pointer = { name: plain, type: "PTR", ttlSeconds: LOAD_BALANCER_TTL_SECONDS, data };
  return { code: "NOERROR", answers: type === "PTR" ? [pointer] : [], names: [] };
}

/** In the library's terms; types that need more than their text is not served. */
function toAnswer({ name, type, ttlSeconds: ttl, data }: DnsRecord): Answer[] {
  const plain = data.replace(/\.$/, "");
  const fields = data.trim().split(/\s+/);
  switch (type) {
    case "A":
    case "AAAA":
      return [{ name, type, ttl, data }];
    case "CNAME":
    case "NS":
    case "PTR":
      return [{ name, type, ttl, data: plain }];
    case "TXT":
      return [{ name, type, ttl, data: (data.match(/"([^"\\]|\\.)*"/g) ?? []).map((text) => text.slice(1, -1)) }];
    case "MX":
      return [
        { name, type, ttl, data: { preference: Number(fields[0]), exchange: (fields[1] ?? "").replace(/\.$/, "") } },
      ];
    case "SRV": {
      const [priority, weight, port] = fields.map(Number);
      const target = (fields[3] ?? "").replace(/\.$/, "");
      return [{ name, type, ttl, data: { priority: priority ?? 0, weight: weight ?? 0, port: port ?? 0, target } }];
    }
    case "SOA": {
      const [mname = "", rname = "", ...numbers] = fields;
      const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers.map(Number);
      const names = { mname: mname.replace(/\.$/, ""), rname: rname.replace(/\.$/, "") };
      return [{ name, type, ttl, data: { ...names, serial, refresh, retry, expire, minimum } }];
    }
    default:
      return [];
  }
}
