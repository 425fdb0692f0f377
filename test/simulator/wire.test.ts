import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";

import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetRoleCommand, IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient, NotFoundException } from "@aws-sdk/client-kms";
import { DBInstanceNotFoundFault, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  ListResourceRecordSetsCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { cbor } from "@smithy/core/cbor";

import { defineService, ServiceError, type ServiceDefinition } from "../../src/simulator/service.js";
import { sts } from "../../src/simulator/services/sts.js";
import { withWire } from "./wire-fixture.js";

/** Small services with one typical operation each: the wire is tested here, not what services do. */
const ec2 = defineService({
  id: "ec2",
  signingName: "ec2",
  loadClient: () => import("@aws-sdk/client-ec2"),
  handlers: () => ({
    DescribeInstances: ({ Filters, InstanceIds }, { region }) => ({
      Reservations: [
        {
          ReservationId: "r-1",
          Instances: (InstanceIds ?? []).map((InstanceId, index) => ({
            InstanceId,
            AmiLaunchIndex: index,
            LaunchTime: new Date(1_700_000_000_123),
            Placement: { AvailabilityZone: `${region}a` },
            Tags: (Filters ?? []).map(({ Name, Values }) => ({ Key: Name, Value: Values?.join("|") })),
          })),
        },
      ],
    }),
    RunInstances: ({ MinCount, UserData, TagSpecifications }) => ({
      ReservationId: `r-${MinCount}`,
      RequesterId: UserData,
      OwnerId: TagSpecifications?.[0]?.Tags?.map(({ Key, Value }) => `${Key}=${Value}`).join(","),
    }),
    TerminateInstances: ({ InstanceIds }) => {
      throw new ServiceError("InvalidInstanceID.NotFound", `The instance ID '${InstanceIds?.[0]}' does not exist`);
    },
  }),
});

const rds = defineService({
  id: "rds",
  signingName: "rds",
  loadClient: () => import("@aws-sdk/client-rds"),
  handlers: () => ({
    DescribeDBInstances: ({ DBInstanceIdentifier }) => {
      if (DBInstanceIdentifier === "lost")
        throw new ServiceError("DBInstanceNotFoundFault", "DBInstance lost not found.");
      return {
        DBInstances: [
          {
            DBInstanceIdentifier,
            Endpoint: { Address: "db.example", Port: 3306 },
            MultiAZ: false,
            AllocatedStorage: 20,
            LatestRestorableTime: new Date(1_700_000_000_000),
            VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-1", Status: "active" }],
            TagList: [{ Key: "app", Value: "<food & shop>" }],
          },
        ],
      };
    },
  }),
});

const autoScaling = defineService({
  id: "auto-scaling",
  signingName: "autoscaling",
  loadClient: () => import("@aws-sdk/client-auto-scaling"),
  handlers: () => ({
    DescribeAutoScalingGroups: ({ AutoScalingGroupNames }) => ({
      AutoScalingGroups: (AutoScalingGroupNames ?? []).map((AutoScalingGroupName) => ({
        AutoScalingGroupName,
        MinSize: 0,
        MaxSize: 4,
        DesiredCapacity: 2,
        DefaultCooldown: 300,
        AvailabilityZones: ["us-east-1a", "us-east-1b"],
        HealthCheckType: "ELB",
        CreatedTime: new Date(1_700_000_000_000),
      })),
    }),
  }),
});

const elasticLoadBalancingV2 = defineService({
  id: "elastic-load-balancing-v2",
  signingName: "elasticloadbalancing",
  loadClient: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  handlers: () => ({
    DescribeTargetHealth: ({ TargetGroupArn }) => {
      if (TargetGroupArn === "none")
        throw new ServiceError("TargetGroupNotFoundException", "One or more target groups not found");
      return { TargetHealthDescriptions: [{ Target: { Id: "i-1", Port: 80 }, TargetHealth: { State: "healthy" } }] };
    },
  }),
});

const iam = defineService({
  id: "iam",
  signingName: "iam",
  global: true,
  loadClient: () => import("@aws-sdk/client-iam"),
  handlers: () => ({
    GetRole: ({ RoleName }, { region }) => {
      if (RoleName === "none")
        throw new ServiceError("NoSuchEntityException", "The role with name none cannot be found.");
      return {
        Role: {
          Path: `/${region}/`,
          RoleName,
          RoleId: "AROA",
          Arn: "arn:aws:iam::1:role/x",
          CreateDate: new Date(0),
          MaxSessionDuration: 3600,
        },
      };
    },
  }),
});

const kms = defineService({
  id: "kms",
  signingName: "kms",
  loadClient: () => import("@aws-sdk/client-kms"),
  handlers: () => ({
    DescribeKey: ({ KeyId }) => {
      if (KeyId === "none") throw new ServiceError("NotFoundException", "Key none does not exist");
      return { KeyMetadata: { KeyId, Enabled: true, CreationDate: new Date(1_700_000_000_500) } };
    },
  }),
});

const cloudWatch = defineService({
  id: "cloudwatch",
  signingName: "monitoring",
  loadClient: () => import("@aws-sdk/client-cloudwatch"),
  handlers: () => ({
    PutMetricData: ({ Namespace, MetricData }) => {
      if (MetricData?.length !== 300)
        throw new ServiceError("InvalidParameterValueException", `${Namespace} has ${MetricData?.length}`);
      return {};
    },
    DescribeAlarms: ({ AlarmNames, StateValue }) => ({
      MetricAlarms: (AlarmNames ?? []).map((AlarmName) => ({
        AlarmName,
        StateValue: StateValue ?? "OK",
        Threshold: 2.5,
        Statistic: "Average",
        StateUpdatedTimestamp: new Date(1_700_000_000_000),
        Dimensions: [{ Name: "DBInstanceIdentifier", Value: "orders" }],
      })),
    }),
  }),
});

const route53 = defineService({
  id: "route53",
  signingName: "route53",
  global: true,
  loadClient: () => import("@aws-sdk/client-route-53"),
  handlers: () => ({
    ChangeResourceRecordSets: ({ HostedZoneId, ChangeBatch }) => {
      const name = ChangeBatch?.Changes?.[0]?.ResourceRecordSet?.Name;
      if (name === "bad.example.") {
        throw new ServiceError("InvalidChangeBatch", "Tried to create bad.example.", {
          fields: { messages: ["one <problem>", "another"] },
        });
      }
      return {
        ChangeInfo: {
          Id: `/change/${HostedZoneId}`,
          Status: "PENDING",
          SubmittedAt: new Date(1_700_000_000_000),
          Comment: name,
        },
      };
    },
    ListResourceRecordSets: ({ HostedZoneId, MaxItems, StartRecordName }, { region }) => ({
      ResourceRecordSets: [
        {
          Name: StartRecordName ?? "shop.example.com.",
          Type: "A",
          SetIdentifier: `${HostedZoneId}/${region}`,
          Failover: "PRIMARY",
          AliasTarget: { HostedZoneId: "Z1", DNSName: "alb.example.", EvaluateTargetHealth: true },
        },
      ],
      IsTruncated: false,
      MaxItems: MaxItems ?? 300,
    }),
  }),
});

const services = [
  sts,
  ec2,
  rds,
  autoScaling,
  elasticLoadBalancingV2,
  iam,
  kms,
  cloudWatch,
  route53,
] as readonly ServiceDefinition[];

/** Sends bytes as they are; answers status and body, or the error's code when the connection broke. */
function raw(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: string } | { broke: string }> {
  return new Promise((resolve) => {
    const request = httpRequest(
      { host: "127.0.0.1", port, path, method: options.method ?? "POST", headers: options.headers ?? {} },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    request.on("error", (error: NodeJS.ErrnoException) => resolve({ broke: error.code ?? error.message }));
    request.end(options.body);
  });
}

const signed = (service: string, region = "us-east-1", accessKeyId = "AKIATEST"): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});
const FORM = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };

describe("the wire", () => {
  it("tells STS's caller who they are, and records the call with its Region and cause", () =>
    withWire(services, async ({ client, api, world }) => {
      const identity = await new STSClient(client("eu-west-1")).send(new GetCallerIdentityCommand({}));
      assert.equal(identity.Account, world.accountId);
      assert.deepEqual(
        api.calls.map(({ region, service, operation, cause }) => ({ region, service, operation, cause })),
        [{ region: "eu-west-1", service: "sts", operation: "GetCallerIdentity", cause: "test-run" }],
      );
    }));

  it("decodes a percent-encoded application id, and calls a caller without one external", () =>
    withWire(services, async ({ client, api }) => {
      await new STSClient({ ...client(), userAgentAppId: encodeURIComponent("run/promote standby") }).send(
        new GetCallerIdentityCommand({}),
      );
      const { userAgentAppId: _none, ...anonymous } = client();
      await new STSClient(anonymous).send(new GetCallerIdentityCommand({}));
      assert.deepEqual(
        api.calls.map(({ cause }) => cause),
        ["run/promote standby", "external"],
      );
    }));

  it("speaks EC2's query protocol: flat lists, filters, tags, and errors of its own envelope", () =>
    withWire(services, async ({ client }) => {
      const ec2Client = new EC2Client(client());
      const { Reservations } = await ec2Client.send(
        new DescribeInstancesCommand({
          InstanceIds: ["i-1", "i-2"],
          Filters: [{ Name: "tag:app", Values: ["a", "b & c"] }],
        }),
      );
      const [first, second] = Reservations?.[0]?.Instances ?? [];
      assert.deepEqual([first?.InstanceId, second?.InstanceId, second?.AmiLaunchIndex], ["i-1", "i-2", 1]);
      assert.equal(first?.LaunchTime?.getTime(), 1_700_000_000_123);
      assert.equal(first.Placement?.AvailabilityZone, "ap-northeast-2a");
      assert.deepEqual(first.Tags, [{ Key: "tag:app", Value: "a|b & c" }]);
      const run = await ec2Client.send(
        new RunInstancesCommand({
          MinCount: 3,
          MaxCount: 3,
          UserData: "YQ==",
          TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "k", Value: "v" }] }],
        }),
      );
      assert.deepEqual([run.ReservationId, run.RequesterId, run.OwnerId], ["r-3", "YQ==", "k=v"]);
      await assert.rejects(ec2Client.send(new TerminateInstancesCommand({ InstanceIds: ["i-9"] })), {
        name: "InvalidInstanceID.NotFound",
        message: "The instance ID 'i-9' does not exist",
      });
    }));

  it("speaks the query protocol, and answers a modelled error with its query code and status", () =>
    withWire(services, async ({ client, port }) => {
      const rdsClient = new RDSClient(client());
      const { DBInstances } = await rdsClient.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "orders" }));
      assert.deepEqual(DBInstances?.[0]?.TagList, [{ Key: "app", Value: "<food & shop>" }]);
      assert.deepEqual(DBInstances[0].Endpoint, { Address: "db.example", Port: 3306 });
      assert.equal(DBInstances[0].MultiAZ, false);
      await assert.rejects(
        rdsClient.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "lost" })),
        (error) => {
          assert.ok(error instanceof DBInstanceNotFoundFault);
          assert.equal(error.$metadata.httpStatusCode, 404);
          return true;
        },
      );
      const body = "Action=DescribeDBInstances&Version=2014-10-31&DBInstanceIdentifier=lost";
      const answer = await raw(port, "/", { headers: { ...signed("rds"), ...FORM }, body });
      assert.match("body" in answer ? answer.body : "", /<Code>DBInstanceNotFound<\/Code>/);
    }));

  it("serves Auto Scaling, load balancing and IAM by the query protocol", () =>
    withWire(services, async ({ client }) => {
      const { AutoScalingGroups } = await new AutoScalingClient(client()).send(
        new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ["web"] }),
      );
      assert.deepEqual(AutoScalingGroups?.[0]?.AvailabilityZones, ["us-east-1a", "us-east-1b"]);
      const elb = new ElasticLoadBalancingV2Client(client());
      const health = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: "arn" }));
      assert.equal(health.TargetHealthDescriptions?.[0]?.TargetHealth?.State, "healthy");
      await assert.rejects(elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: "none" })), {
        name: "TargetGroupNotFoundException",
      });
      const iamClient = new IAMClient(client("eu-central-1"));
      assert.equal((await iamClient.send(new GetRoleCommand({ RoleName: "x" }))).Role?.Path, "/global/");
      await assert.rejects(iamClient.send(new GetRoleCommand({ RoleName: "none" })), NoSuchEntityException);
    }));

  it("speaks JSON with KMS and CloudWatch, also with a gzipped body", () =>
    withWire(services, async ({ client }) => {
      const kmsClient = new KMSClient(client());
      const { KeyMetadata } = await kmsClient.send(new DescribeKeyCommand({ KeyId: "k" }));
      assert.equal(KeyMetadata?.CreationDate?.getTime(), 1_700_000_000_500);
      await assert.rejects(kmsClient.send(new DescribeKeyCommand({ KeyId: "none" })), NotFoundException);
      const metrics = new CloudWatchClient(client());
      const datum = {
        MetricName: "ReplicaLag",
        Value: 0.5,
        Timestamp: new Date(),
        Dimensions: [{ Name: "DBInstanceIdentifier", Value: "x".repeat(60) }],
      };
      await metrics.send(
        new PutMetricDataCommand({ Namespace: "App", MetricData: Array.from({ length: 300 }, () => datum) }),
      );
      await assert.rejects(metrics.send(new PutMetricDataCommand({ Namespace: "App", MetricData: [datum] })), {
        name: "InvalidParameterValueException",
        message: "App has 1",
      });
      const { MetricAlarms } = await metrics.send(
        new DescribeAlarmsCommand({ AlarmNames: ["a", "b"], StateValue: "ALARM" }),
      );
      assert.deepEqual(
        MetricAlarms?.map(({ AlarmName, StateValue, Threshold }) => [AlarmName, StateValue, Threshold]),
        [
          ["a", "ALARM", 2.5],
          ["b", "ALARM", 2.5],
        ],
      );
    }));

  it("serves CloudWatch also by queries, as older clients call it", () =>
    withWire(services, async ({ port }) => {
      const body = "Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=lag";
      const answer = await raw(port, "/", { headers: { ...signed("monitoring"), ...FORM }, body });
      assert.ok("body" in answer);
      assert.match(answer.body, /<DescribeAlarmsResult>.*<AlarmName>lag<\/AlarmName>/s);
    }));

  it("serves CloudWatch also in CBOR", () =>
    withWire(services, async ({ url }) => {
      const response = await fetch(`${url}/service/GraniteServiceVersion20100801/operation/DescribeAlarms`, {
        method: "POST",
        headers: { ...signed("monitoring"), "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" },
        body: cbor.serialize({ AlarmNames: ["lag"] }),
      });
      assert.equal(response.headers.get("content-type"), "application/cbor");
      const { MetricAlarms } = cbor.deserialize(new Uint8Array(await response.arrayBuffer())) as {
        MetricAlarms: { AlarmName: string; Threshold: number }[];
      };
      assert.deepEqual([MetricAlarms[0]?.AlarmName, MetricAlarms[0]?.Threshold], ["lag", 2.5]);
    }));

  it("speaks Route 53's XML, whatever Region signed the call", () =>
    withWire(services, async ({ client }) => {
      const dns = new Route53Client(client("us-west-2"));
      const change = (Name: string): ChangeResourceRecordSetsCommand =>
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: "/hostedzone/Z9",
          ChangeBatch: {
            Changes: [
              {
                Action: "UPSERT",
                ResourceRecordSet: { Name, Type: "A", TTL: 60, ResourceRecords: [{ Value: "10.0.0.1" }] },
              },
            ],
          },
        });
      const { ChangeInfo } = await dns.send(change("shop.example."));
      assert.deepEqual([ChangeInfo?.Id, ChangeInfo?.Comment], ["/change/Z9", "shop.example."]);
      await assert.rejects(dns.send(change("bad.example.")), (error) => {
        assert.ok(error instanceof InvalidChangeBatch);
        assert.equal(error.message, "Tried to create bad.example.");
        assert.deepEqual(error.messages, ["one <problem>", "another"]);
        return true;
      });
      const list = await dns.send(
        new ListResourceRecordSetsCommand({ HostedZoneId: "Z9", MaxItems: 5, StartRecordName: "a.example." }),
      );
      assert.deepEqual(list.ResourceRecordSets?.[0]?.AliasTarget, {
        HostedZoneId: "Z1",
        DNSName: "alb.example.",
        EvaluateTargetHealth: true,
      });
      assert.deepEqual([list.MaxItems, list.ResourceRecordSets[0].SetIdentifier], [5, "Z9/global"]);
    }));

  it("finds Route 53's operations behind the trailing slash that botocore sends", () =>
    withWire(services, async ({ port }) => {
      const answer = await raw(port, "/2013-04-01/hostedzone/Z9/rrset/?maxitems=7", {
        method: "GET",
        headers: signed("route53"),
      });
      assert.ok("body" in answer);
      assert.equal(answer.status, 200);
      assert.match(answer.body, /<MaxItems>7<\/MaxItems>/);
    }));

  it("breaks the connection of every call to an impaired Region, and answers the others", () =>
    withWire(services, async ({ client, world, api, port }) => {
      world.impair("ap-northeast-2", { kind: "lost", since: world.now() });
      await assert.rejects(new RDSClient(client()).send(new DescribeDBInstancesCommand({})), { code: "ECONNRESET" });
      // Not even a malformed request or an expired credential gets an answer.
      assert.deepEqual(
        await raw(port, "/", {
          headers: { ...signed("rds", "ap-northeast-2", "EXPIRED"), ...FORM },
          body: "Action=Nothing",
        }),
        { broke: "ECONNRESET" },
      );
      assert.deepEqual(
        api.calls.map(({ error }) => error),
        ["unreachable", "unreachable"],
      );
      await new RDSClient(client("us-east-1")).send(new DescribeDBInstancesCommand({}));
      await new Route53Client(client()).send(new ListResourceRecordSetsCommand({ HostedZoneId: "Z9" }));
      world.impair("ap-northeast-2", undefined);
      await new RDSClient(client()).send(new DescribeDBInstancesCommand({}));
    }));

  it("refuses expired credentials as each protocol does", () =>
    withWire(services, async ({ client }) => {
      const expired = client("us-east-1", "EXPIRED");
      await assert.rejects(new STSClient(expired).send(new GetCallerIdentityCommand({})), {
        name: "ExpiredToken",
      });
      await assert.rejects(new EC2Client(expired).send(new DescribeInstancesCommand({})), { name: "RequestExpired" });
      await assert.rejects(new KMSClient(expired).send(new DescribeKeyCommand({ KeyId: "k" })), {
        name: "ExpiredTokenException",
      });
      await assert.rejects(new Route53Client(expired).send(new ListResourceRecordSetsCommand({ HostedZoneId: "Z9" })), {
        name: "ExpiredToken",
      });
    }));

  const malformed: readonly (readonly [string, string, string, string, Record<string, string>, number, RegExp])[] = [
    ["an unsigned request", "POST", "/", "Action=GetCallerIdentity", FORM, 403, /MissingAuthenticationToken/],
    ["an unknown service", "POST", "/", "Action=X", { ...signed("bedrock"), ...FORM }, 501, /NotImplemented/],
    [
      "an unknown operation",
      "POST",
      "/",
      "Action=Explode&Version=2014-10-31",
      { ...signed("rds"), ...FORM },
      400,
      /InvalidAction/,
    ],
    [
      "another generation of an API",
      "POST",
      "/",
      "Action=DescribeLoadBalancers&Version=2012-06-01",
      { ...signed("elasticloadbalancing"), ...FORM },
      400,
      /InvalidAction/,
    ],
    [
      "an operation that is not modelled",
      "POST",
      "/",
      "Action=DescribeRegions&Version=2016-11-15",
      { ...signed("ec2"), ...FORM },
      501,
      /does not model DescribeRegions/,
    ],
    [
      "a number that is none",
      "POST",
      "/",
      "Action=RunInstances&Version=2016-11-15&MinCount=many&MaxCount=1",
      { ...signed("ec2"), ...FORM },
      400,
      /MinCount is not a number/,
    ],
    [
      "a missing parameter",
      "POST",
      "/",
      "Action=RunInstances&Version=2016-11-15&MinCount=1",
      { ...signed("ec2"), ...FORM },
      400,
      /MaxCount/,
    ],
    [
      "a boolean that is none",
      "POST",
      "/",
      "Action=DescribeInstances&Version=2016-11-15&DryRun=perhaps",
      { ...signed("ec2"), ...FORM },
      400,
      /DryRun/,
    ],
    [
      "malformed JSON",
      "POST",
      "/",
      "{",
      { ...signed("kms"), "content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.DescribeKey" },
      400,
      /SerializationException/,
    ],
    [
      "JSON of a wrong type",
      "POST",
      "/",
      `{"KeyId":7}`,
      { ...signed("kms"), "content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.DescribeKey" },
      400,
      /KeyId is not a string/,
    ],
    [
      "malformed XML",
      "POST",
      "/2013-04-01/hostedzone/Z9/rrset",
      "<ChangeBatch",
      signed("route53"),
      400,
      /MalformedInput/,
    ],
    ["text where XML is due", "POST", "/2013-04-01/hostedzone/Z9/rrset", "hello", signed("route53"), 400, /<Code>/],
    ["a path that means nothing", "GET", "/2013-04-01/nothing", "", signed("route53"), 400, /UnknownOperation/],
    [
      "a path that can't be decoded",
      "GET",
      "/2013-04-01/hostedzone/%ZZ/rrset",
      "",
      signed("route53"),
      400,
      /percent-encoding/,
    ],
    [
      "a body that is not gzip",
      "POST",
      "/",
      "xx",
      { ...signed("monitoring"), "content-encoding": "gzip", ...FORM },
      400,
      /not valid gzip/,
    ],
    [
      "malformed CBOR",
      "POST",
      "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
      "\u007f\u007f",
      { ...signed("monitoring"), "smithy-protocol": "rpc-v2-cbor" },
      400,
      /SerializationException/,
    ],
    [
      "keys that reach for prototypes",
      "POST",
      "/",
      "Action=DescribeInstances&Version=2016-11-15&__proto__.x=1&constructor.1=2&Filter.1.Name=a&Filter.x=1",
      { ...signed("ec2"), ...FORM },
      200,
      /reservationSet/,
    ],
  ];
  for (const [what, method, path, body, headers, status, expected] of malformed) {
    it(`answers ${what} with ${status}`, () =>
      withWire(services, async ({ port }) => {
        const answer = await raw(port, path, { method, headers, body });
        assert.ok("body" in answer, JSON.stringify(answer));
        assert.equal(answer.status, status, answer.body);
        assert.match(answer.body, expected);
      }));
  }

  it("answers a handler's own mistake with 500 and what it was", () =>
    withWire(
      [
        defineService({
          ...sts,
          id: "sts",
          handlers: () => ({
            GetCallerIdentity: () => {
              throw new TypeError("x is undefined");
            },
          }),
        }),
      ] as readonly ServiceDefinition[],
      async ({ client }) => {
        await assert.rejects(new STSClient(client()).send(new GetCallerIdentityCommand({})), {
          name: "InternalFailure",
          message: /x is undefined/,
        });
      },
    ));

  it("tells its health without credentials", () =>
    withWire(services, async ({ url, world }) => {
      const health = (await (await fetch(`${url}/_simulator/health`)).json()) as { status: string; accountId: string };
      assert.deepEqual([health.status, health.accountId], ["ok", world.accountId]);
    }));

  it("closes with connections still open, and refuses calls from then on", async () => {
    const settings = await withWire(services, async ({ client }) => {
      await new STSClient(client()).send(new GetCallerIdentityCommand({}));
      return client();
    });
    await assert.rejects(new STSClient(settings).send(new GetCallerIdentityCommand({})), { code: "ECONNREFUSED" });
  });

  it("takes less than 3 ms of the server's time per call", () =>
    withWire(services, async ({ port }) => {
      const body = "Action=DescribeDBInstances&Version=2014-10-31&DBInstanceIdentifier=orders";
      const call = (): ReturnType<typeof raw> => raw(port, "/", { headers: { ...signed("rds"), ...FORM }, body });
      for (let warm = 0; warm < 50; warm++) await call();
      const before = process.cpuUsage();
      for (let count = 0; count < 200; count++) await call();
      const { user, system } = process.cpuUsage(before);
      // Client and server share this process, so the server's own share is smaller still.
      assert.ok((user + system) / 1000 / 200 < 3, `${(user + system) / 1000 / 200} ms of CPU per call`);
    }));
});
