import type { CreateDBInstanceMessage, DBInstance, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";

import { createSimulatedClock, type SimulatedClock } from "../../src/simulator/clock.js";
import { createApi, ServiceError, type Api } from "../../src/simulator/service.js";
import { createWorld, type World, type WorldOptions } from "../../src/simulator/world.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import { kms } from "../../src/simulator/services/kms/service.js";
import { rds } from "../../src/simulator/services/rds/service.js";

/** The home and the standby Region of these tests. */
export const HOME = "ap-northeast-2";
export const AWAY = "us-east-1";

/** 2026-01-05, a Monday, at noon. */
export const ORIGIN = Date.UTC(2026, 0, 5, 12);

/** An empty simulated AWS on a clock that skips idle time. */
export interface Simulation {
  readonly clock: SimulatedClock;
  readonly world: World;
  readonly api: Api;
  /** Lets simulated seconds pass. */
  pass(seconds: number): Promise<void>;
  lose(region: string): void;
  heal(region: string): void;
}

export function createSimulation(options: Omit<WorldOptions, "clock"> = {}): Simulation {
  const clock = createSimulatedClock({ origin: ORIGIN });
  const world = createWorld({ clock, ...options });
  return {
    clock,
    world,
    api: createApi(world),
    pass: (seconds) => clock.sleep(1000 * seconds),
    lose: (region) => world.impair(region, { kind: "lost", since: world.now() }),
    heal: (region) => world.impair(region, undefined),
  };
}

/** Runs a test with a simulation of its own and stops its clock afterwards. */
export function withSimulation(
  test: (simulation: Simulation) => Promise<void>,
  options: Omit<WorldOptions, "clock"> = {},
): () => Promise<void> {
  return async () => {
    const simulation = createSimulation(options);
    try {
      await test(simulation);
    } finally {
      simulation.clock.stop();
    }
  };
}

/** What `assert.throws` compares a refused call with. */
export function refusal(code: string, message?: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code !== code || (message && !message.test(error.message)))
      throw new Error(`expected ${code} ${String(message ?? "")}, got ${error.code}: ${error.message}`);
    return true;
  };
}

/** A subnet group of two subnets in a new VPC. */
export function createSubnetGroup({ api }: Simulation, region: string, name = "data"): void {
  const context = { region, cause: "test" };
  const { Vpc } = api.call(ec2, "CreateVpc", { CidrBlock: "10.0.0.0/16" }, context);
  const SubnetIds = ["a", "b"].map((letter, index) => {
    const input = { VpcId: Vpc?.VpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${region}${letter}` };
    return api.call(ec2, "CreateSubnet", input, context).Subnet?.SubnetId ?? "";
  });
  api.call(
    rds,
    "CreateDBSubnetGroup",
    { DBSubnetGroupName: name, DBSubnetGroupDescription: "two zones", SubnetIds },
    context,
  );
}

/** An available, encrypted primary with backups in HOME and its available replica, with backups, in AWAY. */
export async function createReplicatedDatabase({ api, clock }: Simulation, identifier = "orders"): Promise<void> {
  const home = { region: HOME, cause: "test" };
  const away = { region: AWAY, cause: "test" };
  const available = (region: string) => () =>
    api.call(rds, "DescribeDBInstances", { DBInstanceIdentifier: identifier }, { region, cause: "test" })
      .DBInstances?.[0]?.DBInstanceStatus === "available";
  api.call(
    rds,
    "CreateDBInstance",
    {
      DBInstanceIdentifier: identifier,
      Engine: "mysql",
      EngineVersion: "8.0.39",
      DBInstanceClass: "db.r6g.large",
      AllocatedStorage: 100,
      MasterUsername: "admin",
      MasterUserPassword: "correct-horse",
      StorageEncrypted: true,
      BackupRetentionPeriod: 7,
    },
    home,
  );
  await clock.pollUntil(available(HOME), { intervalMs: 1000 });
  const source = api.call(rds, "DescribeDBInstances", { DBInstanceIdentifier: identifier }, home).DBInstances?.[0];
  const key = api.call(kms, "CreateKey", { Description: "orders" }, away).KeyMetadata?.Arn;
  api.call(
    rds,
    "CreateDBInstanceReadReplica",
    { DBInstanceIdentifier: identifier, SourceDBInstanceIdentifier: source?.DBInstanceArn, KmsKeyId: key },
    away,
  );
  await clock.pollUntil(available(AWAY), { intervalMs: 1000 });
  api.call(
    rds,
    "ModifyDBInstance",
    { DBInstanceIdentifier: identifier, BackupRetentionPeriod: 7, ApplyImmediately: true },
    away,
  );
  await clock.pollUntil(available(AWAY), { intervalMs: 1000 });
}

/** The least that CreateDBInstance needs, for an instance "orders". */
export const order: CreateDBInstanceMessage = {
  DBInstanceIdentifier: "orders",
  Engine: "mysql",
  DBInstanceClass: "db.r6g.large",
  AllocatedStorage: 100,
  MasterUsername: "admin",
  MasterUserPassword: "correct-horse",
};

export function describeOne({ api }: Simulation, region: string, identifier = "orders"): DBInstance {
  const found = api.call(rds, "DescribeDBInstances", { DBInstanceIdentifier: identifier }, { region, cause: "test" });
  return found.DBInstances?.[0] ?? {};
}

export function modify({ api }: Simulation, region: string, changes: Partial<ModifyDBInstanceMessage>): void {
  api.call(rds, "ModifyDBInstance", { DBInstanceIdentifier: "orders", ...changes }, { region, cause: "test" });
}
