import assert from "node:assert/strict";

import * as cloudWatchSdk from "@aws-sdk/client-cloudwatch";
import * as route53Sdk from "@aws-sdk/client-route-53";

import type { ServiceDefinition } from "../../src/simulator/service.js";
import { cloudWatch } from "../../src/simulator/services/cloud-watch/service.js";
import { route53 } from "../../src/simulator/services/route-53/service.js";
import { withWire } from "./wire-fixture.js";

const services = [route53, cloudWatch] as readonly unknown[] as readonly ServiceDefinition[];

describe("Route 53 and CloudWatch as the real clients see them", () => {
  it("make a zone, a health check and records, wait for INSYNC and test the answer", () =>
    withWire(services, async ({ client, world }) => {
      const dns = new route53Sdk.Route53Client(client("us-west-2"));
      const { HostedZone, DelegationSet } = await dns.send(
        new route53Sdk.CreateHostedZoneCommand({ Name: "shop.example.com", CallerReference: "1" }),
      );
      const HostedZoneId = HostedZone?.Id ?? "";
      assert.equal(DelegationSet?.NameServers?.length, 4);
      const { HealthCheck } = await dns.send(
        new route53Sdk.CreateHealthCheckCommand({
          CallerReference: "1",
          HealthCheckConfig: { Type: "HTTP", FullyQualifiedDomainName: "x.example.org", RequestInterval: 10 },
        }),
      );
      assert.equal(HealthCheck?.HealthCheckConfig?.FailureThreshold, 3);
      const record = (Value: string, Failover: "PRIMARY" | "SECONDARY") => ({
        Action: "UPSERT" as const,
        ResourceRecordSet: {
          Name: "shop.example.com",
          Type: "A" as const,
          TTL: 60,
          SetIdentifier: Failover,
          Failover,
          ResourceRecords: [{ Value }],
          ...(Failover === "PRIMARY" ? { HealthCheckId: HealthCheck.Id } : {}),
        },
      });
      const Changes = [record("192.0.2.1", "PRIMARY"), record("192.0.2.2", "SECONDARY")];
      const { ChangeInfo } = await dns.send(
        new route53Sdk.ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
      );
      const status = async (): Promise<string | undefined> =>
        (await dns.send(new route53Sdk.GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status;
      assert.equal(await status(), "PENDING");
      await world.clock.sleep(1000 * world.latencies["route53.change"].typical + 10);
      assert.equal(await status(), "INSYNC");
      const answer = await dns.send(
        new route53Sdk.TestDNSAnswerCommand({ HostedZoneId, RecordName: "shop.example.com", RecordType: "A" }),
      );
      assert.deepEqual([answer.ResponseCode, answer.RecordData], ["NOERROR", ["192.0.2.1"]]);
      const listed = await dns.send(new route53Sdk.ListResourceRecordSetsCommand({ HostedZoneId }));
      assert.deepEqual(
        listed.ResourceRecordSets?.map(({ Type, Failover }) => [Type, Failover].filter(Boolean).join(" ")),
        ["A PRIMARY", "A SECONDARY", "NS", "SOA"],
      );
      const tags = { ResourceType: "hostedzone" as const, ResourceId: HostedZoneId.replace("/hostedzone/", "") };
      await dns.send(
        new route53Sdk.ChangeTagsForResourceCommand({ ...tags, AddTags: [{ Key: "app", Value: "shop" }] }),
      );
      const { ResourceTagSet } = await dns.send(new route53Sdk.ListTagsForResourceCommand(tags));
      assert.deepEqual(ResourceTagSet?.Tags, [{ Key: "app", Value: "shop" }]);
    }));

  it("refuse a batch with the exception that the client models, and its message", () =>
    withWire(services, async ({ client }) => {
      const dns = new route53Sdk.Route53Client(client());
      const { HostedZone } = await dns.send(
        new route53Sdk.CreateHostedZoneCommand({ Name: "shop.example.com", CallerReference: "1" }),
      );
      const ResourceRecordSet = {
        Name: "x.shop.example.com",
        Type: "A" as const,
        TTL: 1,
        ResourceRecords: [{ Value: "192.0.2.1" }],
      };
      const deletion = new route53Sdk.ChangeResourceRecordSetsCommand({
        HostedZoneId: HostedZone?.Id,
        ChangeBatch: { Changes: [{ Action: "DELETE", ResourceRecordSet }] },
      });
      await assert.rejects(dns.send(deletion), (error) => {
        assert.ok(error instanceof route53Sdk.InvalidChangeBatch);
        assert.equal(
          error.message,
          "[Tried to delete resource record set [name='x.shop.example.com.', type='A'] but it was not found]",
        );
        return true;
      });
      await assert.rejects(dns.send(new route53Sdk.GetHostedZoneCommand({ Id: "ZNONE" })), {
        name: "NoSuchHostedZone",
      });
    }));

  it("break off when us-east-1 is lost, whichever Region signs", () =>
    withWire(services, async ({ client, world }) => {
      const dns = new route53Sdk.Route53Client(client("ap-northeast-2"));
      await dns.send(new route53Sdk.ListHostedZonesCommand({}));
      world.impair("us-east-1", { kind: "lost", since: world.now() });
      // No HTTP answer at all: the connection breaks.
      await assert.rejects(dns.send(new route53Sdk.ListHostedZonesCommand({})), (error) => {
        const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
        assert.equal(httpStatusCode, undefined);
        return true;
      });
    }));

  it("put metrics and an alarm, and read both back", () =>
    withWire(services, async ({ client, world }) => {
      const metrics = new cloudWatchSdk.CloudWatchClient(client());
      const MetricData = [
        { MetricName: "Orders", Value: 3, Unit: "Count" as const, Dimensions: [{ Name: "Shop", Value: "food" }] },
      ];
      await metrics.send(new cloudWatchSdk.PutMetricDataCommand({ Namespace: "Shop", MetricData }));
      const Dimensions = [{ Name: "Shop", Value: "food" }];
      await metrics.send(
        new cloudWatchSdk.PutMetricAlarmCommand({
          AlarmName: "no-orders",
          Namespace: "Shop",
          MetricName: "Orders",
          Dimensions,
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: "LessThanThreshold",
          TreatMissingData: "breaching",
          Tags: [{ Key: "app", Value: "shop" }],
        }),
      );
      await world.clock.sleep(600_000);
      const { MetricAlarms } = await metrics.send(new cloudWatchSdk.DescribeAlarmsCommand({ AlarmNamePrefix: "no-" }));
      assert.equal(MetricAlarms?.[0]?.StateValue, "ALARM");
      assert.deepEqual(MetricAlarms[0].Dimensions, Dimensions);
      const statistics = await metrics.send(
        new cloudWatchSdk.GetMetricStatisticsCommand({
          Namespace: "Shop",
          MetricName: "Orders",
          Dimensions,
          Period: 3600,
          Statistics: ["Sum"],
          StartTime: new Date(world.now() - 3_600_000),
          EndTime: new Date(world.now()),
        }),
      );
      assert.equal(statistics.Datapoints?.[0]?.Sum, 3);
      await assert.rejects(metrics.send(new cloudWatchSdk.PutMetricDataCommand({ Namespace: "AWS/EC2", MetricData })), {
        name: "InvalidParameterValueException",
      });
      const missing = new cloudWatchSdk.SetAlarmStateCommand({ AlarmName: "none", StateValue: "OK", StateReason: "x" });
      await assert.rejects(metrics.send(missing), { name: /^ResourceNotFound/ });
    }));
});
