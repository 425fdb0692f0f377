import assert from "node:assert/strict";

import * as autoScalingSdk from "@aws-sdk/client-auto-scaling";
import * as ec2Sdk from "@aws-sdk/client-ec2";
import * as elbSdk from "@aws-sdk/client-elastic-load-balancing-v2";

import type { ServiceDefinition } from "../../src/simulator/service.js";
import { autoScaling } from "../../src/simulator/services/auto-scaling/service.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import { elasticLoadBalancingV2 } from "../../src/simulator/services/elastic-load-balancing-v2/service.js";
import { minute } from "./compute-services.js";
import { withWire } from "./wire-fixture.js";

const services = [ec2, autoScaling, elasticLoadBalancingV2] as readonly unknown[] as readonly ServiceDefinition[];

describe("compute services as the real clients see them", () => {
  it("bring up a group behind a load balancer, lose an instance and replace it", () =>
    withWire(services, async ({ client, world }) => {
      const network = new ec2Sdk.EC2Client(client());
      const scaling = new autoScalingSdk.AutoScalingClient(client());
      const balancing = new elbSdk.ElasticLoadBalancingV2Client(client());

      const zones = await network.send(new ec2Sdk.DescribeAvailabilityZonesCommand({}));
      const TagSpecifications = [{ ResourceType: "vpc" as const, Tags: [{ Key: "Name", Value: "web & more" }] }];
      const { Vpc } = await network.send(new ec2Sdk.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", TagSpecifications }));
      assert.deepEqual(Vpc?.Tags, [{ Key: "Name", Value: "web & more" }]);
      const VpcId = Vpc.VpcId;
      const subnets = await Promise.all(
        [0, 1].map(async (index) => {
          const AvailabilityZone = zones.AvailabilityZones?.[index]?.ZoneName;
          const input = { VpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone };
          return (await network.send(new ec2Sdk.CreateSubnetCommand(input))).Subnet?.SubnetId ?? "";
        }),
      );
      const { GroupId } = await network.send(
        new ec2Sdk.CreateSecurityGroupCommand({ GroupName: "web", Description: "web", VpcId }),
      );
      const IpPermissions = [
        { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "all" }] },
      ];
      await network.send(new ec2Sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
      const described = await network.send(new ec2Sdk.DescribeSecurityGroupsCommand({ GroupIds: [GroupId ?? ""] }));
      assert.deepEqual(described.SecurityGroups?.[0]?.IpPermissions?.[0]?.IpRanges, [
        { CidrIp: "0.0.0.0/0", Description: "all" },
      ]);
      const { LaunchTemplate } = await network.send(
        new ec2Sdk.CreateLaunchTemplateCommand({
          LaunchTemplateName: "web",
          LaunchTemplateData: {
            ImageId: "ami-0123456789abcdef0",
            InstanceType: "t3.medium",
            SecurityGroupIds: [GroupId ?? ""],
            UserData: Buffer.from("#!/bin/sh\n").toString("base64"),
            MetadataOptions: { HttpTokens: "required" },
          },
        }),
      );

      const { LoadBalancers } = await balancing.send(
        new elbSdk.CreateLoadBalancerCommand({ Name: "web", Subnets: subnets, SecurityGroups: [GroupId ?? ""] }),
      );
      const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
      const { TargetGroups } = await balancing.send(
        new elbSdk.CreateTargetGroupCommand({ Name: "web", Protocol: "HTTP", Port: 80, VpcId }),
      );
      const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn;
      assert.deepEqual(
        [
          TargetGroups?.[0]?.HealthCheckIntervalSeconds,
          TargetGroups?.[0]?.HealthyThresholdCount,
          TargetGroups?.[0]?.Matcher?.HttpCode,
        ],
        [30, 5, "200"],
      );
      const DefaultActions = [{ Type: "forward" as const, TargetGroupArn }];
      await balancing.send(
        new elbSdk.CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions }),
      );

      const AutoScalingGroupName = "web";
      await scaling.send(
        new autoScalingSdk.CreateAutoScalingGroupCommand({
          AutoScalingGroupName,
          MinSize: 2,
          MaxSize: 4,
          VPCZoneIdentifier: subnets.join(","),
          LaunchTemplate: { LaunchTemplateId: LaunchTemplate?.LaunchTemplateId, Version: "$Latest" },
          TargetGroupARNs: [TargetGroupArn ?? ""],
          HealthCheckType: "ELB",
          // With the default health check, the application needs five more passed checks after its bootstrap.
          HealthCheckGracePeriod: 600,
          Tags: [{ Key: "Name", Value: "web", PropagateAtLaunch: true }],
        }),
      );
      const states = async (): Promise<(string | undefined)[]> =>
        (
          await balancing.send(new elbSdk.DescribeTargetHealthCommand({ TargetGroupArn }))
        ).TargetHealthDescriptions?.map(({ TargetHealth }) => TargetHealth?.State) ?? [];
      await world.clock.sleep(10 * minute);
      assert.deepEqual(await states(), ["healthy", "healthy"]);
      const balancers = await balancing.send(new elbSdk.DescribeLoadBalancersCommand({ Names: ["web"] }));
      assert.equal(balancers.LoadBalancers?.[0]?.State?.Code, "active");
      assert.equal(balancers.LoadBalancers[0].CanonicalHostedZoneId, "ZWKZPGTI48KDX");

      const find = async (): Promise<string[]> => {
        const Filters = [
          { Name: "tag:aws:autoscaling:groupName", Values: [AutoScalingGroupName] },
          { Name: "instance-state-name", Values: ["running"] },
        ];
        const { Reservations = [] } = await network.send(new ec2Sdk.DescribeInstancesCommand({ Filters }));
        return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = "" }) => InstanceId)).sort();
      };
      const before = await find();
      assert.equal(before.length, 2);
      const ended = await network.send(new ec2Sdk.TerminateInstancesCommand({ InstanceIds: before.slice(0, 1) }));
      assert.equal(ended.TerminatingInstances?.[0]?.CurrentState?.Name, "shutting-down");
      await world.clock.sleep(10 * minute);
      const after = await find();
      assert.equal(after.length, 2);
      assert.ok(!after.includes(before[0] ?? ""));
      assert.deepEqual(await states(), ["healthy", "healthy"]);
      const { Activities = [] } = await scaling.send(
        new autoScalingSdk.DescribeScalingActivitiesCommand({ AutoScalingGroupName }),
      );
      assert.deepEqual(new Set(Activities.map(({ StatusCode }) => StatusCode)), new Set(["Successful"]));
      assert.equal(Activities.length, 4);
      assert.ok(Activities[0]?.StartTime instanceof Date);
    }));

  it("answer errors under the names that the clients know", () =>
    withWire(services, async ({ client }) => {
      const network = new ec2Sdk.EC2Client(client());
      await assert.rejects(
        network.send(new ec2Sdk.DescribeInstancesCommand({ InstanceIds: ["i-0123456789abcdef0"] })),
        {
          name: "InvalidInstanceID.NotFound",
        },
      );
      const balancing = new elbSdk.ElasticLoadBalancingV2Client(client());
      const LoadBalancerArn =
        "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:loadbalancer/app/web/0123456789abcdef";
      await assert.rejects(
        balancing.send(new elbSdk.DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] })),
        elbSdk.LoadBalancerNotFoundException,
      );
      const scaling = new autoScalingSdk.AutoScalingClient(client());
      await assert.rejects(
        scaling.send(
          new autoScalingSdk.SetDesiredCapacityCommand({ AutoScalingGroupName: "none", DesiredCapacity: 1 }),
        ),
        { name: "ValidationError" },
      );
    }));
});
