import assert from "node:assert/strict";

import * as iamSdk from "@aws-sdk/client-iam";
import * as kmsSdk from "@aws-sdk/client-kms";
import * as rdsSdk from "@aws-sdk/client-rds";
import * as s3Sdk from "@aws-sdk/client-s3";

import type { ServiceDefinition } from "../../src/simulator/service.js";
import { iam } from "../../src/simulator/services/iam/service.js";
import { kms } from "../../src/simulator/services/kms/service.js";
import { isWritable, rds } from "../../src/simulator/services/rds/service.js";
import { s3 } from "../../src/simulator/services/s3/service.js";
import { AWAY, HOME } from "./data-services.js";
import { withWire } from "./wire-fixture.js";

const services = [rds, kms, iam, s3] as readonly unknown[] as readonly ServiceDefinition[];

describe("data services as the real clients see them", () => {
  it("replicate a database to another Region and promote it when the first is lost", () =>
    withWire(services, async ({ client, world }) => {
      const home = new rdsSdk.RDSClient({ ...client(), region: HOME });
      const away = new rdsSdk.RDSClient({ ...client(), region: AWAY });
      const keys = new kmsSdk.KMSClient({ ...client(), region: AWAY });
      const DBInstanceIdentifier = "orders";
      const describeOne = async (from: rdsSdk.RDSClient): Promise<rdsSdk.DBInstance> =>
        (await from.send(new rdsSdk.DescribeDBInstancesCommand({ DBInstanceIdentifier }))).DBInstances?.[0] ?? {};
      const pass = (seconds: number) => world.clock.sleep(1000 * seconds);

      await assert.rejects(describeOne(home), rdsSdk.DBInstanceNotFoundFault);
      await home.send(
        new rdsSdk.CreateDBInstanceCommand({
          DBInstanceIdentifier,
          Engine: "mysql",
          EngineVersion: "8.0.39",
          DBInstanceClass: "db.t3.medium",
          AllocatedStorage: 20,
          MasterUsername: "admin",
          MasterUserPassword: "correct-horse",
          StorageEncrypted: true,
          BackupRetentionPeriod: 7,
          Tags: [{ Key: "app", Value: "food & drink" }],
        }),
      );
      await pass(600);
      const source = await describeOne(home);
      assert.equal(source.DBInstanceStatus, "available");
      assert.deepEqual(source.TagList, [{ Key: "app", Value: "food & drink" }]);
      assert.ok(source.InstanceCreateTime instanceof Date);

      const { KeyMetadata } = await keys.send(new kmsSdk.CreateKeyCommand({}));
      const replicate = (KmsKeyId?: string) =>
        away.send(
          new rdsSdk.CreateDBInstanceReadReplicaCommand({
            DBInstanceIdentifier,
            SourceDBInstanceIdentifier: source.DBInstanceArn,
            ...(KmsKeyId ? { KmsKeyId } : {}),
          }),
        );
      await assert.rejects(replicate(), { name: "InvalidParameterCombination" });
      await replicate(KeyMetadata?.Arn);
      await pass(2000);
      const promote = () => away.send(new rdsSdk.PromoteReadReplicaCommand({ DBInstanceIdentifier }));
      await assert.rejects(promote(), rdsSdk.InvalidDBInstanceStateFault);
      await away.send(
        new rdsSdk.ModifyDBInstanceCommand({ DBInstanceIdentifier, BackupRetentionPeriod: 7, ApplyImmediately: true }),
      );
      await pass(600);
      assert.equal((await describeOne(away)).StatusInfos?.[0]?.Status, "replicating");

      world.impair(HOME, { kind: "lost", since: world.now() });
      await assert.rejects(describeOne(home));
      await promote();
      await pass(600);
      const promoted = await describeOne(away);
      assert.equal(promoted.ReadReplicaSourceDBInstanceIdentifier, undefined);
      assert.equal(promoted.DBInstanceStatus, "available");
      assert.equal(isWritable(world, AWAY, DBInstanceIdentifier), true);
    }));

  it("replicate objects, and answer S3's errors as the client models them", () =>
    withWire(services, async ({ client, world }) => {
      const home = new s3Sdk.S3Client({ ...client(), region: HOME });
      const away = new s3Sdk.S3Client({ ...client(), region: AWAY });
      const create = {
        Bucket: "images-home",
        CreateBucketConfiguration: { LocationConstraint: HOME as "ap-northeast-2" },
      };
      await home.send(new s3Sdk.CreateBucketCommand(create));
      await assert.rejects(home.send(new s3Sdk.CreateBucketCommand(create)), s3Sdk.BucketAlreadyOwnedByYou);
      await away.send(new s3Sdk.CreateBucketCommand({ Bucket: "images-away" }));
      assert.equal(
        (await home.send(new s3Sdk.GetBucketLocationCommand({ Bucket: "images-home" }))).LocationConstraint,
        HOME,
      );
      assert.equal(
        (await away.send(new s3Sdk.GetBucketLocationCommand({ Bucket: "images-away" }))).LocationConstraint,
        undefined,
      );
      for (const [Bucket, s3Client] of [
        ["images-home", home],
        ["images-away", away],
      ] as const)
        await s3Client.send(
          new s3Sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
        );
      const Rules: s3Sdk.ReplicationRule[] = [
        {
          Status: "Enabled",
          Priority: 1,
          Filter: { Prefix: "images/" },
          DeleteMarkerReplication: { Status: "Disabled" },
          Destination: { Bucket: "arn:aws:s3:::images-away" },
        },
      ];
      const ReplicationConfiguration = { Role: "arn:aws:iam::123456789012:role/replication", Rules };
      await home.send(new s3Sdk.PutBucketReplicationCommand({ Bucket: "images-home", ReplicationConfiguration }));
      await home.send(
        new s3Sdk.PutObjectCommand({
          Bucket: "images-home",
          Key: "images/ü 1.png",
          Body: "pixels",
          ContentType: "image/png",
        }),
      );
      const head = (from: s3Sdk.S3Client, Bucket: string) =>
        from.send(new s3Sdk.HeadObjectCommand({ Bucket, Key: "images/ü 1.png" }));
      assert.equal((await head(home, "images-home")).ReplicationStatus, "PENDING");
      await assert.rejects(head(away, "images-away"), s3Sdk.NotFound);
      await world.clock.sleep(60_000);
      assert.equal((await head(away, "images-away")).ReplicationStatus, "REPLICA");
      const { Body, ContentType } = await away.send(
        new s3Sdk.GetObjectCommand({ Bucket: "images-away", Key: "images/ü 1.png" }),
      );
      assert.equal(await Body?.transformToString(), "pixels");
      assert.equal(ContentType, "image/png");
      await assert.rejects(away.send(new s3Sdk.GetBucketPolicyCommand({ Bucket: "images-away" })), {
        name: "NoSuchBucketPolicy",
      });
      const versions = await away.send(new s3Sdk.ListObjectVersionsCommand({ Bucket: "images-away" }));
      assert.deepEqual(
        versions.Versions?.map(({ Key }) => Key),
        ["images/ü 1.png"],
      );
    }));

  it("keep roles and keys, and answer their errors as the clients model them", () =>
    withWire(services, async ({ client }) => {
      const roles = new iamSdk.IAMClient({ ...client(), region: HOME });
      await assert.rejects(roles.send(new iamSdk.GetRoleCommand({ RoleName: "web" })), iamSdk.NoSuchEntityException);
      const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
      await roles.send(new iamSdk.CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument }));
      const { Role } = await roles.send(new iamSdk.GetRoleCommand({ RoleName: "web" }));
      assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""), AssumeRolePolicyDocument);
      const keys = new kmsSdk.KMSClient({ ...client(), region: HOME });
      await assert.rejects(keys.send(new kmsSdk.DescribeKeyCommand({ KeyId: "alias/none" })), kmsSdk.NotFoundException);
      const { KeyMetadata } = await keys.send(new kmsSdk.DescribeKeyCommand({ KeyId: "alias/aws/s3" }));
      assert.equal(KeyMetadata?.KeyManager, "AWS");
    }));
});
