import assert from "node:assert/strict";

import { getInstance, onInstanceChange } from "../../src/simulator/services/ec2/instances.js";
import { setCapacityShortage, setEc2Quotas } from "../../src/simulator/services/ec2/quotas.js";
import { ec2 } from "../../src/simulator/services/ec2/service.js";
import {
  answersError,
  createComputeWorld,
  createNetwork,
  createTemplate,
  minute,
  named,
  region,
  second,
} from "./compute-services.js";
import type { ComputeWorld, Network } from "./compute-services.js";

describe("simulated EC2: instances", () => {
  let compute: ComputeWorld;
  let network: Network;

  beforeEach(() => {
    compute = createComputeWorld();
    network = createNetwork(compute);
  });

  afterEach(() => compute.clock.stop());

  function runOne(userData = "#!/bin/sh\necho hello\n", token = "one"): string {
    const { Instances } = compute.call(ec2, "RunInstances", {
      ImageId: "ami-0123456789abcdef0",
      InstanceType: "t3.medium",
      MinCount: 1,
      MaxCount: 1,
      SubnetId: network.subnetIds[0],
      SecurityGroupIds: [network.instanceGroup],
      UserData: Buffer.from(userData).toString("base64"),
      ClientToken: token,
      TagSpecifications: named("instance", "one"),
    });
    return Instances?.[0]?.InstanceId ?? "";
  }

  const state = (id: string): string | undefined =>
    compute.call(ec2, "DescribeInstances", { InstanceIds: [id] }).Reservations?.[0]?.Instances?.[0]?.State?.Name;

  it("serves once it has booted and its user data has run, not before", async () => {
    const { clock, world } = compute;
    const id = runOne();
    const launch = 1000 * world.seconds("ec2.launch", `${region}/${id}/`);
    const bootstrap = 1000 * world.seconds("ec2.bootstrap", `${region}/${id}/`);
    assert.equal(state(id), "pending");
    await clock.sleep(launch + second);
    assert.equal(state(id), "running");
    assert.equal(getInstance(world, region, id)?.serving, false);
    await clock.sleep(bootstrap - 2 * second);
    assert.equal(getInstance(world, region, id)?.serving, false);
    await clock.sleep(2 * second);
    assert.equal(getInstance(world, region, id)?.serving, true);
    const [first, then] = world.spans.filter(({ subject }) => subject.resource === id);
    assert.equal(first?.row, "ec2.launch");
    assert.deepEqual(first.cause, { root: "test" });
    assert.deepEqual(then?.cause, { span: first.id });
  });

  it("answers a repeated RunInstances with the same client token with the same instance", () => {
    const id = runOne();
    assert.equal(runOne(), id);
    assert.throws(() => runOne("#!/bin/sh\necho other\n"), answersError("IdempotentParameterMismatch"));
  });

  it("goes through stopping and stopped, and serves again without running its user data again", async () => {
    const { clock, world, call } = compute;
    const id = runOne();
    await clock.sleep(10 * minute);
    call(ec2, "StopInstances", { InstanceIds: [id] });
    assert.equal(state(id), "stopping");
    assert.equal(getInstance(world, region, id)?.serving, false);
    await clock.sleep(2 * minute);
    assert.equal(state(id), "stopped");
    call(ec2, "StartInstances", { InstanceIds: [id] });
    await clock.sleep(30 * second);
    assert.equal(state(id), "running");
    assert.equal(getInstance(world, region, id)?.serving, true);
  });

  it("never serves after a stop that interrupted its user data", async () => {
    const { clock, world, call } = compute;
    const id = runOne();
    await clock.sleep(minute);
    call(ec2, "StopInstances", { InstanceIds: [id] });
    await clock.sleep(2 * minute);
    call(ec2, "StartInstances", { InstanceIds: [id] });
    await clock.sleep(60 * minute);
    assert.equal(state(id), "running");
    assert.equal(getInstance(world, region, id)?.serving, false);
  });

  it("terminates for good, stays visible for about an hour and then does not exist", async () => {
    const { clock, call } = compute;
    const id = runOne();
    await clock.sleep(10 * minute);
    call(ec2, "TerminateInstances", { InstanceIds: [id] });
    assert.equal(state(id), "shutting-down");
    await clock.sleep(5 * minute);
    assert.equal(state(id), "terminated");
    assert.throws(() => call(ec2, "StartInstances", { InstanceIds: [id] }), answersError("IncorrectInstanceState"));
    await clock.sleep(60 * minute);
    assert.throws(() => state(id), answersError("InvalidInstanceID.NotFound"));
  });

  it("keeps running through a reboot during which it does not serve", async () => {
    const { clock, world, call } = compute;
    const id = runOne();
    await clock.sleep(10 * minute);
    const changes: string[] = [];
    onInstanceChange(world, region, (_instance, change) => changes.push(change));
    call(ec2, "RebootInstances", { InstanceIds: [id] });
    assert.equal(state(id), "running");
    assert.equal(getInstance(world, region, id)?.serving, false);
    await clock.sleep(2 * minute);
    assert.deepEqual(changes, ["not serving", "serving"]);
  });

  it("stands still while its Region is impaired and takes what was left afterwards", async () => {
    const { clock, world } = compute;
    const id = runOne();
    await clock.sleep(10 * second);
    world.impair(region, { kind: "lost", since: world.now() });
    await clock.sleep(10 * minute);
    assert.equal(getInstance(world, region, id)?.state, "pending");
    world.impair(region, undefined);
    await clock.sleep(10 * second);
    assert.equal(getInstance(world, region, id)?.state, "pending");
    await clock.sleep(10 * second);
    assert.equal(getInstance(world, region, id)?.state, "running");
  });

  it("does not serve while its Region is impaired, and serves again when it is back", async () => {
    const { clock, world } = compute;
    const id = runOne();
    await clock.sleep(10 * minute);
    world.impair(region, { kind: "lost", since: world.now() });
    assert.equal(getInstance(world, region, id)?.serving, false);
    world.impair(region, undefined);
    assert.equal(getInstance(world, region, id)?.serving, true);
  });

  it("finds instances by tag, state and VPC, and refuses filters that EC2 does not know", async () => {
    const { call, clock } = compute;
    const id = runOne();
    const find = (Name: string, ...Values: string[]): (string | undefined)[] =>
      (call(ec2, "DescribeInstances", { Filters: [{ Name, Values }] }).Reservations ?? []).map(
        (found) => found.Instances?.[0]?.InstanceId,
      );
    assert.deepEqual(find("tag:Name", "o*"), [id]);
    assert.deepEqual(find("instance-state-name", "running"), []);
    await clock.sleep(minute);
    assert.deepEqual(find("instance-state-name", "stopped", "running"), [id]);
    assert.deepEqual(find("vpc-id", network.vpcId), [id]);
    assert.throws(() => find("colour", "red"), answersError("InvalidParameterValue"));
  });

  it("refuses without changing anything when one of several ids is wrong", () => {
    const id = runOne();
    const missing = "i-00000000000000000";
    assert.throws(
      () => compute.call(ec2, "TerminateInstances", { InstanceIds: [id, missing] }),
      answersError("InvalidInstanceID.NotFound"),
    );
    assert.throws(
      () => compute.call(ec2, "TerminateInstances", { InstanceIds: ["web"] }),
      answersError("InvalidInstanceID.Malformed"),
    );
    assert.equal(state(id), "pending");
  });

  it("acts on nothing in a dry run", () => {
    const id = runOne();
    assert.throws(
      () => compute.call(ec2, "TerminateInstances", { InstanceIds: [id], DryRun: true }),
      answersError("DryRunOperation"),
    );
    assert.equal(state(id), "pending");
  });

  it("refuses launches where capacity or quota is short, starts included", async () => {
    const { clock, world, call } = compute;
    const id = runOne();
    setEc2Quotas(world, region, { standardVcpus: 3 });
    assert.throws(() => runOne("", "two"), answersError("VcpuLimitExceeded"));
    setEc2Quotas(world, region, { standardVcpus: 64 });
    await clock.sleep(minute);
    call(ec2, "StopInstances", { InstanceIds: [id] });
    await clock.sleep(2 * minute);
    setCapacityShortage(world, region, `${region}a`);
    assert.throws(() => runOne("", "three"), answersError("InsufficientInstanceCapacity"));
    assert.throws(
      () => call(ec2, "StartInstances", { InstanceIds: [id] }),
      answersError("InsufficientInstanceCapacity"),
    );
    setCapacityShortage(world, region, `${region}a`, 0);
    call(ec2, "StartInstances", { InstanceIds: [id] });
  });

  it("gives the same ids in another world with the same seed, whatever the order of calls", () => {
    const first = runOne("", "x");
    const second = runOne("", "y");
    const other = createComputeWorld();
    assert.equal(createNetwork(other).vpcId, network.vpcId);
    compute.clock.stop();
    compute = other;
    assert.equal(runOne("", "y"), second);
    assert.equal(runOne("", "x"), first);
  });
});

describe("simulated EC2: launch templates", () => {
  it("keeps versions, resolves $Latest and $Default, and launches from the default one", () => {
    const compute = createComputeWorld();
    const { call, clock } = compute;
    const network = createNetwork(compute);
    const LaunchTemplateId = createTemplate(compute, network);
    call(ec2, "CreateLaunchTemplateVersion", {
      LaunchTemplateId,
      SourceVersion: "1",
      LaunchTemplateData: { InstanceType: "m6i.large" },
    });
    const types = (...Versions: string[]): unknown[] =>
      (call(ec2, "DescribeLaunchTemplateVersions", { LaunchTemplateId, Versions }).LaunchTemplateVersions ?? []).map(
        ({ VersionNumber, LaunchTemplateData }) => [
          VersionNumber,
          LaunchTemplateData?.InstanceType,
          LaunchTemplateData?.ImageId,
        ],
      );
    const image = "ami-0123456789abcdef0";
    assert.deepEqual(types("$Latest", "$Default"), [
      [2, "m6i.large", image],
      [1, "t3.medium", image],
    ]);
    const run = { LaunchTemplate: { LaunchTemplateId }, SubnetId: network.subnetIds[1], MinCount: 1, MaxCount: 1 };
    const [launched] = call(ec2, "RunInstances", run).Instances ?? [];
    assert.equal(launched?.InstanceType, "t3.medium");
    assert.equal(launched.Tags?.find(({ Key }) => Key === "tier")?.Value, "web");
    call(ec2, "ModifyLaunchTemplate", { LaunchTemplateId, DefaultVersion: "2" });
    assert.equal(call(ec2, "RunInstances", run).Instances?.[0]?.InstanceType, "m6i.large");
    assert.throws(() => types("7"), answersError("InvalidLaunchTemplateId.VersionNotFound"));
    clock.stop();
  });
});

describe("simulated VPC", () => {
  let compute: ComputeWorld;
  let network: Network;

  beforeEach(() => {
    compute = createComputeWorld();
    network = createNetwork(compute);
  });

  afterEach(() => compute.clock.stop());

  it("comes with a main route table, a default security group and a default network ACL", () => {
    const Filters = [{ Name: "vpc-id", Values: [network.vpcId] }];
    const main = [...Filters, { Name: "association.main", Values: ["true"] }];
    assert.equal(compute.call(ec2, "DescribeRouteTables", { Filters: main }).RouteTables?.length, 1);
    const groups = compute.call(ec2, "DescribeSecurityGroups", { Filters }).SecurityGroups ?? [];
    assert.deepEqual(groups.map(({ GroupName }) => GroupName).sort(), ["default", "instance", "load-balancer"]);
    assert.equal(compute.call(ec2, "DescribeNetworkAcls", { Filters }).NetworkAcls?.length, 1);
  });

  it("names the Region's Availability Zones and their ids", () => {
    const zones = (of: string): unknown =>
      compute.api
        .call(ec2, "DescribeAvailabilityZones", {}, { region: of, cause: "test" })
        .AvailabilityZones?.map(({ ZoneName, ZoneId }) => `${ZoneName ?? ""} ${ZoneId ?? ""}`);
    assert.deepEqual(zones("ap-northeast-2"), [
      "ap-northeast-2a apne2-az1",
      "ap-northeast-2b apne2-az2",
      "ap-northeast-2c apne2-az3",
      "ap-northeast-2d apne2-az4",
    ]);
    assert.deepEqual(zones("eu-west-1"), ["eu-west-1a euw1-az1", "eu-west-1b euw1-az2", "eu-west-1c euw1-az3"]);
  });

  it("refuses subnets that overlap, leave the VPC or name another Region's zone", () => {
    const create =
      (CidrBlock: string, AvailabilityZone = `${region}a`) =>
      () =>
        compute.call(ec2, "CreateSubnet", { VpcId: network.vpcId, CidrBlock, AvailabilityZone });
    assert.throws(create("10.0.0.128/25"), answersError("InvalidSubnet.Conflict"));
    assert.throws(create("10.1.0.0/24"), answersError("InvalidSubnet.Range"));
    assert.throws(create("10.0.9.0/24", "us-east-1a"), answersError("InvalidParameterValue"));
  });

  it("makes a NAT gateway available after its time, and frees address and subnet when it is deleted", async () => {
    const { call, clock } = compute;
    const { InternetGatewayId } = call(ec2, "CreateInternetGateway", {}).InternetGateway ?? {};
    call(ec2, "AttachInternetGateway", { InternetGatewayId, VpcId: network.vpcId });
    const { AllocationId } = call(ec2, "AllocateAddress", {
      Domain: "vpc",
      TagSpecifications: named("elastic-ip", "nat"),
    });
    const SubnetId = network.subnetIds[0];
    const input = { SubnetId, AllocationId, ClientToken: "nat", TagSpecifications: named("natgateway", "nat") };
    const { NatGatewayId = "" } = call(ec2, "CreateNatGateway", input).NatGateway ?? {};
    assert.equal(call(ec2, "CreateNatGateway", input).NatGateway?.NatGatewayId, NatGatewayId);
    const state = (): string | undefined =>
      call(ec2, "DescribeNatGateways", { NatGatewayIds: [NatGatewayId] }).NatGateways?.[0]?.State;
    assert.equal(state(), "pending");
    await clock.sleep(3 * minute);
    assert.equal(state(), "available");
    assert.throws(() => call(ec2, "ReleaseAddress", { AllocationId }), answersError("InvalidIPAddress.InUse"));
    assert.throws(() => call(ec2, "DeleteSubnet", { SubnetId }), answersError("DependencyViolation"));
    call(ec2, "DeleteNatGateway", { NatGatewayId });
    await clock.sleep(3 * minute);
    assert.equal(state(), "deleted");
    call(ec2, "ReleaseAddress", { AllocationId });
    call(ec2, "DeleteSubnet", { SubnetId });
  });

  it("fails a public NAT gateway in a network without an internet gateway", async () => {
    const { call, clock } = compute;
    const { AllocationId } = call(ec2, "AllocateAddress", {});
    call(ec2, "CreateNatGateway", { SubnetId: network.subnetIds[0], AllocationId });
    await clock.sleep(3 * minute);
    const [nat] = call(ec2, "DescribeNatGateways", {}).NatGateways ?? [];
    assert.deepEqual([nat?.State, nat?.FailureCode], ["failed", "Gateway.NotAttached"]);
  });

  it("associates a route table with one subnet at a time and keeps routes by destination", () => {
    const { call } = compute;
    const { InternetGatewayId: GatewayId } = call(ec2, "CreateInternetGateway", {}).InternetGateway ?? {};
    const table = (ClientToken: string): string =>
      call(ec2, "CreateRouteTable", { VpcId: network.vpcId, ClientToken }).RouteTable?.RouteTableId ?? "";
    const [RouteTableId, other] = [table("one"), table("two")];
    assert.notEqual(RouteTableId, other);
    call(ec2, "CreateRoute", { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId });
    const SubnetId = network.subnetIds[0];
    const { AssociationId } = call(ec2, "AssociateRouteTable", { RouteTableId, SubnetId });
    assert.throws(
      () => call(ec2, "AssociateRouteTable", { RouteTableId: other, SubnetId }),
      answersError("Resource.AlreadyAssociated"),
    );
    assert.throws(() => call(ec2, "DeleteRouteTable", { RouteTableId }), answersError("DependencyViolation"));
    const [described] = call(ec2, "DescribeRouteTables", { RouteTableIds: [RouteTableId] }).RouteTables ?? [];
    assert.deepEqual(
      described?.Routes?.map((route) => [route.DestinationCidrBlock, route.GatewayId]),
      [
        ["10.0.0.0/16", "local"],
        ["0.0.0.0/0", GatewayId],
      ],
    );
    call(ec2, "DisassociateRouteTable", { AssociationId });
    call(ec2, "DeleteRoute", { RouteTableId, DestinationCidrBlock: "0.0.0.0/0" });
    call(ec2, "DeleteRouteTable", { RouteTableId });
  });

  it("keeps one rule per peer, refuses duplicates, and lets go of groups that nothing refers to", () => {
    const { call } = compute;
    const GroupId = network.instanceGroup;
    const IpPermissions = [
      {
        IpProtocol: "tcp",
        FromPort: 443,
        ToPort: 443,
        IpRanges: [{ CidrIp: "10.0.0.0/8" }, { CidrIp: "172.16.0.0/12" }],
      },
    ];
    const added = call(ec2, "AuthorizeSecurityGroupIngress", { GroupId, IpPermissions }).SecurityGroupRules ?? [];
    assert.equal(added.length, 2);
    assert.throws(
      () => call(ec2, "AuthorizeSecurityGroupIngress", { GroupId, IpPermissions }),
      answersError("InvalidPermission.Duplicate"),
    );
    call(ec2, "RevokeSecurityGroupIngress", { GroupId, SecurityGroupRuleIds: [added[0]?.SecurityGroupRuleId ?? ""] });
    const [group] = call(ec2, "DescribeSecurityGroups", { GroupIds: [GroupId] }).SecurityGroups ?? [];
    const https = group?.IpPermissions?.find(({ FromPort }) => FromPort === 443);
    assert.deepEqual(
      https?.IpRanges?.map(({ CidrIp }) => CidrIp),
      ["172.16.0.0/12"],
    );
    assert.throws(
      () => call(ec2, "DeleteSecurityGroup", { GroupId: network.loadBalancerGroup }),
      answersError("DependencyViolation"),
    );
    call(ec2, "DeleteSecurityGroup", { GroupId });
    call(ec2, "DeleteSecurityGroup", { GroupId: network.loadBalancerGroup });
  });

  it("stops at its quotas, and is deleted only when nothing is left in it", () => {
    const { call } = compute;
    for (let index = 1; index < 5; index++) call(ec2, "CreateVpc", { CidrBlock: `10.${index}.0.0/16` });
    assert.throws(() => call(ec2, "CreateVpc", { CidrBlock: "10.9.0.0/16" }), answersError("VpcLimitExceeded"));
    assert.throws(() => call(ec2, "DeleteVpc", { VpcId: network.vpcId }), answersError("DependencyViolation"));
    for (const SubnetId of network.subnetIds) call(ec2, "DeleteSubnet", { SubnetId });
    for (const GroupId of [network.instanceGroup, network.loadBalancerGroup])
      call(ec2, "DeleteSecurityGroup", { GroupId });
    call(ec2, "DeleteVpc", { VpcId: network.vpcId });
    assert.throws(() => call(ec2, "DescribeVpcs", { VpcIds: [network.vpcId] }), answersError("InvalidVpcID.NotFound"));
  });

  it("adds, replaces and removes tags of any resource, and answers copies", () => {
    const { call } = compute;
    const [SubnetId = ""] = network.subnetIds;
    const before = call(ec2, "DescribeSubnets", { SubnetIds: [SubnetId] }).Subnets?.[0];
    call(ec2, "CreateTags", {
      Resources: [SubnetId, network.vpcId],
      Tags: [
        { Key: "app", Value: "shop" },
        { Key: "Name", Value: "web" },
      ],
    });
    call(ec2, "DeleteTags", { Resources: [network.vpcId], Tags: [{ Key: "app" }] });
    assert.deepEqual(before?.Tags, []);
    const tagsOf = (Values: string[]): unknown =>
      call(ec2, "DescribeTags", { Filters: [{ Name: "resource-id", Values }] }).Tags?.map(
        ({ Key, Value }) => `${Key ?? ""}=${Value ?? ""}`,
      );
    assert.deepEqual(tagsOf([SubnetId]), ["Name=web", "app=shop"]);
    assert.deepEqual(tagsOf([network.vpcId]), ["Name=web"]);
    assert.throws(
      () => call(ec2, "CreateTags", { Resources: ["vpc-1"], Tags: [] }),
      answersError("InvalidVpcID.NotFound"),
    );
  });
});
