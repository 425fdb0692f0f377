import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";

import { describeGroup, resizeGroup } from "../src/aws/auto-scaling.js";
import { AwsCallError } from "../src/aws/aws-error.js";
import { closeAwsClients, type AwsScope } from "../src/aws/aws-service.js";
import { getReplicaLag } from "../src/aws/cloud-watch.js";
import { findLoadBalancerDnsName, findTargetGroup } from "../src/aws/elastic-load-balancing.js";
import { describeDatabase } from "../src/aws/rds.js";
import { checkTarget } from "../src/aws/sts.js";
import { TargetUnavailableError } from "../src/errors.js";
import { putMetric } from "../src/simulator/services/cloud-watch/metrics.js";
import { services } from "../src/simulator/services/registry.js";
import { createAwsTarget } from "../src/target/aws.js";
import { createAwsClock } from "../src/target/aws-clock.js";
import type { Target } from "../src/target/target.js";
import { withWire, type WireFixture } from "./simulator/wire-fixture.js";

const targets: Target[] = [];

function scopeAt(url: string, clock = createAwsClock(), region = "us-east-1"): AwsScope {
  const target: Target = {
    ...createAwsTarget(),
    clock,
    clientConfig: (called, cause) => ({
      region: called,
      endpoint: url,
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "secret" },
      userAgentAppId: cause,
      maxAttempts: 1,
    }),
  };
  targets.push(target);
  return { target, region, cause: "run-1.observe" };
}

const scopeOf = ({ url, world }: WireFixture): AwsScope => scopeAt(url, world.clock);

const ofKind = (kind: AwsCallError["kind"]) => (error: unknown) => {
  assert.ok(error instanceof AwsCallError, String(error));
  assert.equal(error.kind, kind);
  return true;
};

/** A server that answers every call the same. */
async function answering<T>(status: number, body: string, work: (url: string) => Promise<T>): Promise<T> {
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "text/xml" });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe("calls to AWS", () => {
  afterEach(() => {
    for (const target of targets.splice(0)) closeAwsClients(target);
  });

  it("answers undefined for what does not exist", () =>
    withWire(services, async (fixture) => {
      const scope = scopeOf(fixture);
      assert.equal(await describeDatabase(scope, "absent"), undefined);
      assert.equal(await describeGroup(scope, "absent"), undefined);
      assert.equal(await findTargetGroup(scope, "absent"), undefined);
      assert.equal(await findLoadBalancerDnsName(scope, "absent"), undefined);
    }));

  it("says that a call can't succeed rather than that the resource is absent", () =>
    withWire(services, async (fixture) => {
      await assert.rejects(resizeGroup(scopeOf(fixture), "absent", { desired: 1 }), ofKind("invalid"));
    }));

  it("takes an impaired Region as unreachable, and others as before", () =>
    withWire(services, async (fixture) => {
      const { world } = fixture;
      world.impair("us-east-1", { kind: "lost", since: world.now() });
      const scope = scopeOf(fixture);
      await assert.rejects(describeDatabase(scope, "food-shop-db"), ofKind("unreachable"));
      assert.equal(await describeDatabase({ ...scope, region: "ap-northeast-2" }, "food-shop-db"), undefined);
    }));

  it("carries the step that calls to the service", () =>
    withWire(services, async (fixture) => {
      await describeDatabase(scopeOf(fixture), "food-shop-db");
      assert.equal(fixture.api.calls.at(-1)?.cause, "run-1.observe");
    }));

  it("reads a replica's lag as RDS published it, oldest first", () =>
    withWire(services, async (fixture) => {
      const { world } = fixture;
      const dimensions = { DBInstanceIdentifier: "food-shop-db" };
      const publish = (value: number): void =>
        putMetric(world, "us-east-1", { namespace: "AWS/RDS", name: "ReplicaLag", dimensions, value });
      publish(2.5);
      await world.clock.sleep(61_000);
      publish(0.7);
      const now = world.now();
      const lag = await getReplicaLag(scopeOf(fixture), "food-shop-db", now - 900_000, now + 60_000);
      assert.deepEqual(
        lag.map(({ value }) => value),
        [2.5, 0.7],
      );
    }));
});

describe("the check of a target", () => {
  const refusal = (pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof TargetUnavailableError, String(error));
    assert.match(error.message, pattern);
    assert.ok(!error.message.includes("\n"), "one line");
    return true;
  };

  afterEach(() => {
    for (const target of targets.splice(0)) closeAwsClients(target);
  });

  it("answers the account", () =>
    withWire(services, async (fixture) => {
      assert.equal(await checkTarget(scopeOf(fixture)), fixture.world.accountId);
    }));

  it("says that nobody answers", async () => {
    const url = await answering(200, "", (address) => Promise.resolve(address));
    await assert.rejects(checkTarget(scopeAt(url)), refusal(/no answer \(ECONNREFUSED\)/));
  });

  it("says that the credentials have expired", () =>
    answering(
      403,
      "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>",
      async (url) => {
        await assert.rejects(
          checkTarget(scopeAt(url)),
          refusal(/credentials are absent, expired or unknown \(ExpiredToken\)/),
        );
      },
    ));
});

describe("the AWS target", () => {
  it("sees users through a canary, and served ones only", async () => {
    let served = true;
    const target = createAwsTarget({ request: () => Promise.resolve(served) });
    assert.deepEqual(await target.users.sample(60), { requests: 1, failed: 0, writesAccepted: 0 });
    await target.clock.sleep(1_100);
    served = false;
    await target.clock.sleep(1_100);
    const { requests, failed } = await target.users.sample(60);
    assert.ok(requests >= 2 && failed >= 1, `${failed} of ${requests}`);
    await target.close();
    await target.close();
  });

  it("asks over HTTP and takes errors as failures", () =>
    answering(503, "", async (url) => {
      const target = createAwsTarget({ domain: url.replace("http://", "") });
      assert.deepEqual(await target.users.sample(60), { requests: 1, failed: 1, writesAccepted: 0 });
      await target.close();
    }));

  it("answers nothing for a name without an address", async () => {
    const target = createAwsTarget();
    assert.deepEqual(await target.resolve("absent.invalid"), { targets: [], ttlSeconds: 0 });
  }).timeout(30_000);

  it("stops sleeping when aborted", async () => {
    const stop = new AbortController();
    const sleeping = createAwsClock().sleep(60_000, stop.signal);
    stop.abort(new Error("enough"));
    await assert.rejects(sleeping, /enough/);
  });

  it("passes the caller's AWS environment, and who calls, to a stack operation", async () => {
    process.env["AWS_TEST_SETTING"] = "kept";
    try {
      const session = await createAwsTarget().openStackSession({
        stack: "s",
        region: "us-east-1",
        cause: "run-1.promote",
      });
      assert.equal(session.env["AWS_TEST_SETTING"], "kept");
      assert.equal(session.env["AWS_SDK_UA_APP_ID"], "run-1.promote");
    } finally {
      delete process.env["AWS_TEST_SETTING"];
    }
  });
});
