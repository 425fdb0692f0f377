import assert from "node:assert/strict";

import type { ActivationRecord } from "../programs/activation.js";
import type { AppSpec } from "../programs/app.js";
import { regionNames } from "../programs/names.js";
import { standingCost, type DeclaredResource } from "../src/choose/cost.js";
import { standbyUsage } from "../src/choose/usage.js";
import { StackOperationError } from "../src/errors.js";
import type { StackResult } from "../src/run/stack-protocol.js";
import { rds } from "../src/simulator/services/rds/service.js";
import { apps } from "../stacks/apps.js";
import { changesOf, losesSomething, openDeployment, type Deployment } from "./support/deployment.js";
import { withBackend } from "./support/throwaway-backend.js";

const app = apps["food-shop"] as AppSpec;
const { primary: home, standby } = app.regions;
const activationStack = `${app.name}-activation`;
const standbyStack = `${app.name}-${standby}`;

const promoting: ActivationRecord = {
  epoch: 1,
  activeRegion: standby,
  status: "promoting",
  since: "2026-01-01T00:00:00.000Z",
  run: "run-1",
  roles: { [home]: "lost", [standby]: "primary" },
};
const promoted: ActivationRecord = { ...promoting, status: "active" };

describe("the pilot light's programs, run by the real engine", function () {
  this.timeout(300_000);
  let deployment: Deployment;
  let end: () => void = () => undefined;
  let closed: Promise<unknown> = Promise.resolve();

  before(async () => {
    // The backend lives as long as the suite: its work ends when `end` is called.
    await new Promise<void>((ready, failed) => {
      closed = withBackend(async (backend) => {
        deployment = await openDeployment(app, backend);
        try {
          await deployment.deploy();
          const ended = new Promise<void>((resolve) => (end = resolve));
          ready();
          await ended;
        } finally {
          await deployment.close();
        }
      }).catch(failed);
    });
  });

  after(async () => {
    end();
    await closed;
  });

  const change = ({ type, op, keys }: ReturnType<typeof changesOf>[number]): string =>
    `${op} ${type.split(":").at(-1) ?? ""}: ${[...keys].sort().join(" ")}`;

  async function refusal(work: Promise<StackResult>): Promise<string> {
    const error: unknown = await work.then(
      (result) => assert.fail(`not refused: ${changesOf(result).map(change).join(", ")}`),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof StackOperationError, String(error));
    return error.message;
  }

  function databaseIn(region: string): Readonly<Record<string, unknown>> {
    const { DBInstances } = deployment.simulator.api.call(
      rds,
      "DescribeDBInstances",
      { DBInstanceIdentifier: regionNames(app, region).database },
      { region, cause: "test" },
    );
    return (DBInstances?.[0] ?? {}) as Readonly<Record<string, unknown>>;
  }

  it("previews no change after a deployment", async () => {
    for (const { name } of deployment.stacks) {
      assert.deepEqual(changesOf(await deployment.preview(name)).map(change), [], name);
    }
  });

  it("leaves nothing of what it declares unmodelled", () => {
    assert.deepEqual(deployment.simulator.inertTypes(), []);
  });

  it("previews a promotion as an update of the database and the group, and nothing else", async () => {
    const changes = changesOf(await deployment.preview(standbyStack, { activation: promoting }));
    assert.deepEqual(changes.filter(losesSomething), []);
    assert.deepEqual(changes.map(change).sort(), [
      "update Group: desiredCapacity minSize",
      "update Instance: replicateSourceDb",
    ]);
  });

  it("costs at most half of a full copy while it stands by", async () => {
    const place = ({ resources }: StackResult): DeclaredResource[] =>
      resources.map((resource) => ({ ...resource, stack: standbyStack, region: standby }));
    const asItIs = place(await deployment.preview(standbyStack));
    const asPrimary = place(await deployment.preview(standbyStack, { activation: promoted }));
    const cost = standingCost(asItIs, asPrimary, standbyUsage(app));
    assert.deepEqual(cost.unpriced, []);
    assert.ok(cost.ratio <= 0.5, `ratio ${cost.ratio}`);
    assert.ok(cost.ratio > 0.1, "a standby with a database and a load balancer is not free");
    const sum = cost.lines.reduce((total, { perMonth }) => total + perMonth, 0);
    assert.ok(Math.abs(sum - cost.perMonth) < 0.005);
  });

  describe("after the loss of the primary Region", () => {
    let resourceId: unknown;
    let callsBefore = 0;

    before(async () => {
      const { world, api } = deployment.simulator;
      resourceId = databaseIn(standby)["DbiResourceId"];
      world.impair(home, { kind: "lost", since: world.now() });
      callsBefore = api.calls.length;
      await deployment.up(activationStack, { activation: promoting });
      await deployment.up(standbyStack, { activation: promoting });
    });

    it("has promoted the replica in place, without a call to the lost Region", () => {
      const database = databaseIn(standby);
      assert.equal(database["DbiResourceId"], resourceId);
      assert.equal(database["ReadReplicaSourceDBInstanceIdentifier"], undefined);
      assert.equal(database["DBInstanceStatus"], "available");
      const calls = deployment.simulator.api.calls.slice(callsBefore);
      assert.deepEqual(
        calls.filter(({ region }) => region === home),
        [],
      );
    });

    it("goes to Multi-AZ once the activation is confirmed, and then every stack previews unchanged", async () => {
      await deployment.up(activationStack, { activation: promoted });
      const changes = changesOf(await deployment.up(standbyStack));
      assert.deepEqual(changes.map(change), ["update Instance: multiAz"]);
      for (const { name } of deployment.stacks) {
        assert.deepEqual(changesOf(await deployment.preview(name)).map(change), [], name);
      }
      const calls = deployment.simulator.api.calls.slice(callsBefore);
      assert.deepEqual(
        calls.filter(({ region }) => region === home),
        [],
      );
    });

    it("refuses a program that is older than the activation", async () => {
      const stale: ActivationRecord = { ...promoting, epoch: 0, activeRegion: home };
      assert.match(await refusal(deployment.up(activationStack, { activation: stale })), /epoch 0 .* is stale/);
    });

    const mistakes: readonly [what: string, databaseInputs: Readonly<Record<string, unknown>>][] = [
      ["another engine", { engine: "postgres", engineVersion: "15" }],
      ["another key", { kmsKeyId: `arn:aws:kms:${standby}:123456789012:key/11111111-2222-3333-4444-555555555555` }],
      ["no encryption", { storageEncrypted: false }],
      ["another administrator", { username: "root2" }],
      ["another first database", { dbName: "other" }],
    ];
    for (const [what, databaseInputs] of mistakes) {
      it(`refuses to replace the promoted database: ${what}`, async () => {
        assert.match(await refusal(deployment.preview(standbyStack, { databaseInputs })), /protect/);
      });
    }

    it("refuses to delete the promoted database when a program no longer declares it", async () => {
      assert.match(await refusal(deployment.preview(standbyStack, { empty: true })), /food-shop-db.*protect/s);
    });

    it("renames the promoted database in place when its identifier changes", async () => {
      const preview = await deployment.preview(standbyStack, { databaseInputs: { identifier: "food-shop-orders" } });
      const changes = changesOf(preview);
      assert.deepEqual(changes.filter(losesSomething), []);
      assert.deepEqual(changes.map(change), ["update Instance: identifier"]);
    });

    it("does not make the new primary a replica again for a run that missed the failover", async () => {
      const roles = { [home]: "primary", [standby]: "standby" } as const;
      const stale: ActivationRecord = { ...promoting, epoch: 0, activeRegion: home, roles };
      assert.match(await refusal(deployment.up(standbyStack, { activation: stale })), /epoch 0 .* is stale/);
    });
  });
});
