import assert from "node:assert/strict";

import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { ServiceError } from "../../src/simulator/service.js";
import { injectRegionLoss, healRegion } from "../../src/simulator/fault.js";
import { answerQuery } from "../../src/simulator/services/route-53/resolve.js";
import { resolveName, route53 } from "../../src/simulator/services/route-53/service.js";
import { createSimulation, refusal, type Simulation } from "./data-services.js";
import { addressRecord, changeRecords, createZone, zoneContext as context } from "./zone-fixture.js";

describe("Route 53", () => {
  let simulation: Simulation;
  let zoneId: string;

  beforeEach(() => {
    simulation = createSimulation();
    zoneId = createZone(simulation);
  });
  afterEach(() => simulation.clock.stop());

  const a = addressRecord;
  const change = (...changes: Change[]): string => changeRecords(simulation, zoneId, changes);
  const create = (...sets: ResourceRecordSet[]): string =>
    change(...sets.map((ResourceRecordSet) => ({ Action: "CREATE" as const, ResourceRecordSet })));
  const list = (input: object = {}) =>
    simulation.api.call(route53, "ListResourceRecordSets", { HostedZoneId: zoneId, ...input }, context);
  const resolved = (name: string, chance = 0): readonly string[] =>
    resolveName(simulation.world, name, { chance })?.targets ?? [];

  it("answers with the old records until the change is INSYNC, and the API with the new ones at once", async () => {
    await simulation.pass(60);
    const id = create(a("www.example.com"));
    const status = (): string | undefined =>
      simulation.api.call(route53, "GetChange", { Id: id }, context).ChangeInfo?.Status;
    assert.equal(status(), "PENDING");
    assert.equal(list().ResourceRecordSets?.length, 3);
    assert.equal(answerQuery(simulation.world, "www.example.com", "A").code, "NXDOMAIN");
    await simulation.pass(simulation.world.latencies["route53.change"].typical + 0.1);
    assert.equal(status(), "INSYNC");
    assert.deepEqual(resolveName(simulation.world, "WWW.example.com."), { targets: ["192.0.2.1"], ttlSeconds: 60 });
  });

  it("propagates changes in their order, also where a later one would be faster", async () => {
    const drawn = createSimulation({ profile: "drawn", seed: 3 });
    const { HostedZone } = drawn.api.call(
      route53,
      "CreateHostedZone",
      { Name: "example.com", CallerReference: "1" },
      context,
    );
    for (let index = 0; index < 30; index++) {
      const Changes = [{ Action: "UPSERT" as const, ResourceRecordSet: a("www.example.com", `192.0.2.${index}`) }];
      drawn.api.call(
        route53,
        "ChangeResourceRecordSets",
        { HostedZoneId: HostedZone?.Id, ChangeBatch: { Changes } },
        context,
      );
    }
    const seen: number[] = [];
    drawn.world.every(50, () => {
      const last = Number(resolveName(drawn.world, "www.example.com")?.targets[0]?.split(".")[3] ?? -1);
      if (last !== seen.at(-1)) seen.push(last);
    });
    await drawn.pass(61);
    assert.equal(seen.at(-1), 29);
    assert.deepEqual(
      seen,
      [...seen].sort((x, y) => x - y),
    );
    drawn.clock.stop();
  });

  it("leaves a pending change standing while us-east-1 is lost, and goes on answering", async () => {
    await simulation.pass(60);
    create(a("www.example.com"));
    injectRegionLoss(simulation.world, "us-east-1", simulation.world.now() + 1);
    await simulation.pass(600);
    assert.equal(answerQuery(simulation.world, "www.example.com", "A").code, "NXDOMAIN");
    assert.equal(answerQuery(simulation.world, "example.com", "NS").answers.length, 4);
    healRegion(simulation.world, "us-east-1", simulation.world.now());
    await simulation.pass(61);
    assert.deepEqual(resolved("www.example.com"), ["192.0.2.1"]);
  });

  it("lists records by reversed name, type and identifier, page by page", () => {
    create(
      a("b.example.com"),
      a("a.b.example.com"),
      a("*.example.com"),
      a("w.example.com", "192.0.2.2", { SetIdentifier: "two", Weight: 1 }),
      a("w.example.com", "192.0.2.1", { SetIdentifier: "one", Weight: 1 }),
      { Name: "b.example.com", Type: "TXT", TTL: 5, ResourceRecords: [{ Value: '"x"' }] },
    );
    const describe = ({ Name, Type, SetIdentifier }: ResourceRecordSet): string =>
      [Name, Type, SetIdentifier].filter(Boolean).join(" ");
    const all = (list().ResourceRecordSets ?? []).map(describe);
    assert.deepEqual(all, [
      "example.com. NS",
      "example.com. SOA",
      "\\052.example.com. A",
      "b.example.com. A",
      "b.example.com. TXT",
      "a.b.example.com. A",
      "w.example.com. A one",
      "w.example.com. A two",
    ]);
    const paged: string[] = [];
    let next: object = {};
    for (;;) {
      const page = list({ MaxItems: 3, ...next });
      paged.push(...(page.ResourceRecordSets ?? []).map(describe));
      if (!page.IsTruncated) break;
      next = {
        StartRecordName: page.NextRecordName,
        StartRecordType: page.NextRecordType,
        StartRecordIdentifier: page.NextRecordIdentifier,
      };
    }
    assert.deepEqual(paged, all);
    assert.throws(() => list({ StartRecordType: "A" }), refusal("InvalidInput"));
  });

  const upsert = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: "UPSERT", ResourceRecordSet });
  const remove = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: "DELETE", ResourceRecordSet });
  const standing = a("old.example.com");
  const refused: readonly (readonly [what: string, message: string, changes: readonly Change[]])[] = [
    [
      "the creation of what exists",
      "[Tried to create resource record set [name='old.example.com.', type='A'] but it already exists]",
      [{ Action: "CREATE", ResourceRecordSet: standing }],
    ],
    [
      "the deletion of what does not exist",
      "[Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found]",
      [remove(a("no.example.com"))],
    ],
    [
      "a deletion with other values",
      "[Tried to delete resource record set [name='old.example.com.', type='A'] but the values provided do not match the current values]",
      [remove(a("old.example.com", "192.0.2.9"))],
    ],
    [
      "a name of another zone",
      "[RRSet with DNS name example.org. is not permitted in zone example.com.]",
      [upsert(a("example.org"))],
    ],
    [
      "a CNAME at the apex",
      "[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com., RRSet of type CNAME",
      [upsert({ Name: "example.com", Type: "CNAME", TTL: 1, ResourceRecords: [{ Value: "x" }] })],
    ],
    [
      "a CNAME beside another record",
      "[RRSet of type CNAME with DNS name old.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]",
      [upsert({ Name: "old.example.com", Type: "CNAME", TTL: 1, ResourceRecords: [{ Value: "x" }] })],
    ],
    [
      "a simple record beside a weighted one",
      "[RRSet with DNS name old.example.com., type A, SetIdentifier w cannot be created as other RRSets exist with the same name and type.",
      [upsert(a("old.example.com", "192.0.2.2", { SetIdentifier: "w", Weight: 1 }))],
    ],
    [
      "two primaries",
      "[RRSet with DNS name f.example.com., type A, SetIdentifier",
      [
        upsert(a("f.example.com", "192.0.2.1", { SetIdentifier: "1", Failover: "PRIMARY" })),
        upsert(a("f.example.com", "192.0.2.2", { SetIdentifier: "2", Failover: "PRIMARY" })),
      ],
    ],
    [
      "an address that is none",
      "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2.300'']",
      [upsert(a("x.example.com", "192.0.2.300"))],
    ],
    [
      "a text without quotation marks",
      "[Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'x'']",
      [upsert({ Name: "t.example.com", Type: "TXT", TTL: 1, ResourceRecords: [{ Value: "x" }] })],
    ],
    [
      "the same record twice",
      "[The request contains an invalid set of changes for a resource record set 'A x.example.com.']",
      [upsert(a("x.example.com")), upsert(a("x.example.com", "192.0.2.3"))],
    ],
    [
      "an alias to a load balancer that is not there",
      "[Tried to create an alias that targets gone-1.us-east-1.elb.amazonaws.com., type A in zone Z35SXDOTRQ7X7K, but that target was not found]",
      [
        upsert({
          Name: "l.example.com",
          Type: "A",
          AliasTarget: {
            HostedZoneId: "Z35SXDOTRQ7X7K",
            DNSName: "gone-1.us-east-1.elb.amazonaws.com",
            EvaluateTargetHealth: false,
          },
        }),
      ],
    ],
    [
      "more than a thousand records",
      "[Number of records limit of 1000 exceeded.]",
      Array.from({ length: 501 }, (_, index) => upsert(a(`r${index}.example.com`))),
    ],
  ];
  for (const [what, message, changes] of refused) {
    it(`refuses ${what}, and changes nothing of the batch`, () => {
      create(standing);
      const before = list({ MaxItems: 300 }).ResourceRecordSets;
      assert.throws(
        () => change(upsert(a("first.example.com")), ...changes),
        (error) => {
          assert.ok(error instanceof ServiceError);
          assert.equal(error.code, "InvalidChangeBatch");
          assert.ok(error.message.startsWith(message), error.message);
          return true;
        },
      );
      assert.deepEqual(list({ MaxItems: 300 }).ResourceRecordSets, before);
    });
  }

  it("refuses to leave a zone without its own records", () => {
    const [ns, soa] = list().ResourceRecordSets ?? [];
    assert.throws(
      () => change(remove(ns as ResourceRecordSet)),
      refusal("InvalidChangeBatch", /must contain at least one NS record for the zone itself/),
    );
    assert.throws(
      () => change(remove(soa as ResourceRecordSet)),
      refusal("InvalidChangeBatch", /must contain exactly one SOA record/),
    );
  });

  for (const [what, record] of Object.entries({
    "neither values nor alias": { Name: "x.example.com", Type: "A" },
    "a routing policy without an identifier": a("x.example.com", "192.0.2.1", { Weight: 1 }),
    "an identifier without a routing policy": a("x.example.com", "192.0.2.1", { SetIdentifier: "x" }),
    "two routing policies": a("x.example.com", "192.0.2.1", { SetIdentifier: "x", Weight: 1, Failover: "PRIMARY" }),
    "a weight of 256": a("x.example.com", "192.0.2.1", { SetIdentifier: "x", Weight: 256 }),
  })) {
    it(`refuses a record with ${what} as invalid input`, () => {
      assert.throws(() => create(record as ResourceRecordSet), refusal("InvalidInput", /^Invalid request: /));
    });
  }

  it("refuses a record with a health check that does not exist, and zones, changes and checks that do not", () => {
    assert.throws(
      () => create(a("x.example.com", "192.0.2.1", { HealthCheckId: "none" })),
      refusal("NoSuchHealthCheck"),
    );
    assert.throws(
      () => simulation.api.call(route53, "GetHostedZone", { Id: "ZNONE" }, context),
      refusal("NoSuchHostedZone"),
    );
    assert.throws(() => simulation.api.call(route53, "GetChange", { Id: "CNONE" }, context), refusal("NoSuchChange"));
    assert.throws(
      () => simulation.api.call(route53, "GetHealthCheck", { HealthCheckId: "none" }, context),
      refusal("NoSuchHealthCheck"),
    );
  });

  it("deletes a zone only once it is empty", () => {
    create(standing);
    assert.throws(
      () => simulation.api.call(route53, "DeleteHostedZone", { Id: zoneId }, context),
      refusal("HostedZoneNotEmpty"),
    );
    change(remove(standing));
    simulation.api.call(route53, "DeleteHostedZone", { Id: zoneId }, context);
    assert.deepEqual(simulation.api.call(route53, "ListHostedZones", {}, context).HostedZones, []);
  });
});
