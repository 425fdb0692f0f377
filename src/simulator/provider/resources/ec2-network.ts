import type { EipArgs, EipState } from "@pulumi/aws/ec2/eip.js";
import type { InternetGatewayArgs, InternetGatewayState } from "@pulumi/aws/ec2/internetGateway.js";
import type { NatGatewayArgs, NatGatewayState } from "@pulumi/aws/ec2/natGateway.js";
import type { SubnetArgs, SubnetState } from "@pulumi/aws/ec2/subnet.js";
import type { VpcArgs, VpcState } from "@pulumi/aws/ec2/vpc.js";

import { ec2 } from "../../services/ec2/service.js";
import { isNotFound } from "../failures.js";
import { defineResource, type ResourceContext } from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { required, tagMap, tagSpecifications, updateEc2Tags } from "./tags.js";

/** What still hangs on a resource may need a moment to go. */
const stillUsed = ["DependencyViolation"];

const vpc = defineResource<VpcArgs, VpcState>({
  token: "aws:ec2/vpc:Vpc",
  label: "EC2 VPC",
  // internal/service/ec2/vpc_.go: ForceNew.
  replaceOn: ["ipv4IpamPoolId", "ipv4NetmaskLength", "cidrBlock"],
  computed: ["cidrBlock", "enableNetworkAddressUsageMetrics", "ipv6CidrBlock", "ipv6CidrBlockNetworkBorderGroup"],
  defaults: { instanceTenancy: "default", enableDnsSupport: true },
  create: (aws, inputs) => {
    const { Vpc } = aws.call(ec2, "CreateVpc", {
      CidrBlock: inputs.cidrBlock,
      AmazonProvidedIpv6CidrBlock: inputs.assignGeneratedIpv6CidrBlock,
      InstanceTenancy: inputs.instanceTenancy === "dedicated" ? "dedicated" : "default",
      TagSpecifications: tagSpecifications("vpc", inputs.tags),
    });
    return required(Vpc?.VpcId, "VpcId");
  },
  finishCreate: async (aws, id, inputs) => {
    await aws.wait({
      label: `waiting for EC2 VPC (${id}) create`,
      state: () => vpcOf(aws, id)?.State,
      target: ["available"],
    });
    if (inputs.enableDnsSupport === false)
      aws.call(ec2, "ModifyVpcAttribute", { VpcId: id, EnableDnsSupport: { Value: false } });
    if (inputs.enableDnsHostnames)
      aws.call(ec2, "ModifyVpcAttribute", { VpcId: id, EnableDnsHostnames: { Value: true } });
  },
  read: (aws, id) => {
    const found = vpcOf(aws, id);
    if (!found) return undefined;
    const filters = (name: string) => [
      { Name: "vpc-id", Values: [id] },
      { Name: name, Values: [name === "group-name" ? "default" : "true"] },
    ];
    const main = aws.call(ec2, "DescribeRouteTables", { Filters: filters("association.main") }).RouteTables?.[0];
    const group = aws.call(ec2, "DescribeSecurityGroups", { Filters: filters("group-name") }).SecurityGroups?.[0];
    const acl = aws.call(ec2, "DescribeNetworkAcls", { Filters: filters("default") }).NetworkAcls?.[0];
    const attribute = (Attribute: "enableDnsHostnames" | "enableDnsSupport") =>
      aws.call(ec2, "DescribeVpcAttribute", { VpcId: id, Attribute });
    return {
      inputs: {
        cidrBlock: found.CidrBlock,
        instanceTenancy: found.InstanceTenancy,
        enableDnsHostnames: attribute("enableDnsHostnames").EnableDnsHostnames?.Value,
        enableDnsSupport: attribute("enableDnsSupport").EnableDnsSupport?.Value,
        tags: tagMap(found.Tags),
      },
      outputs: {
        arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:vpc/${id}`,
        ownerId: found.OwnerId,
        dhcpOptionsId: found.DhcpOptionsId,
        mainRouteTableId: main?.RouteTableId,
        defaultRouteTableId: main?.RouteTableId,
        defaultSecurityGroupId: group?.GroupId,
        defaultNetworkAclId: acl?.NetworkAclId,
      },
    };
  },
  update: (aws, id, change) => {
    const { after } = change;
    if (change.has("enableDnsSupport")) {
      aws.call(ec2, "ModifyVpcAttribute", { VpcId: id, EnableDnsSupport: { Value: after.enableDnsSupport ?? true } });
    }
    if (change.has("enableDnsHostnames")) {
      aws.call(ec2, "ModifyVpcAttribute", {
        VpcId: id,
        EnableDnsHostnames: { Value: after.enableDnsHostnames ?? false },
      });
    }
    updateEc2Tags(aws, id, change);
  },
  delete: (aws, id) =>
    retryWhile(aws, `deleting EC2 VPC (${id})`, stillUsed, () => aws.call(ec2, "DeleteVpc", { VpcId: id })),
});

function vpcOf(aws: ResourceContext, id: string) {
  return aws.call(ec2, "DescribeVpcs", { VpcIds: [id] }).Vpcs?.[0];
}

const subnet = defineResource<SubnetArgs, SubnetState>({
  token: "aws:ec2/subnet:Subnet",
  label: "EC2 Subnet",
  replaceOn: ["availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native", "outpostArn", "vpcId"],
  computed: ["availabilityZone", "availabilityZoneId", "privateDnsHostnameTypeOnLaunch", "cidrBlock"],
  defaults: { assignIpv6AddressOnCreation: false, mapPublicIpOnLaunch: false },
  create: (aws, inputs) => {
    const { Subnet } = aws.call(ec2, "CreateSubnet", {
      VpcId: inputs.vpcId,
      CidrBlock: inputs.cidrBlock,
      AvailabilityZone: inputs.availabilityZone,
      AvailabilityZoneId: inputs.availabilityZoneId,
      TagSpecifications: tagSpecifications("subnet", inputs.tags),
    });
    return required(Subnet?.SubnetId, "SubnetId");
  },
  finishCreate: async (aws, id, inputs) => {
    await aws.wait({
      label: `waiting for EC2 Subnet (${id}) create`,
      state: () => subnetOf(aws, id)?.State,
      target: ["available"],
    });
    if (inputs.mapPublicIpOnLaunch)
      aws.call(ec2, "ModifySubnetAttribute", { SubnetId: id, MapPublicIpOnLaunch: { Value: true } });
  },
  read: (aws, id) => {
    const found = subnetOf(aws, id);
    return (
      found && {
        inputs: {
          vpcId: required(found.VpcId, "VpcId"),
          cidrBlock: found.CidrBlock,
          availabilityZone: found.AvailabilityZone,
          mapPublicIpOnLaunch: found.MapPublicIpOnLaunch,
          tags: tagMap(found.Tags),
        },
        outputs: {
          arn: found.SubnetArn ?? `arn:aws:ec2:${aws.region}:${aws.accountId}:subnet/${id}`,
          availabilityZoneId: found.AvailabilityZoneId,
          ownerId: found.OwnerId,
        },
      }
    );
  },
  update: (aws, id, change) => {
    if (change.has("mapPublicIpOnLaunch")) {
      aws.call(ec2, "ModifySubnetAttribute", {
        SubnetId: id,
        MapPublicIpOnLaunch: { Value: change.after.mapPublicIpOnLaunch ?? false },
      });
    }
    updateEc2Tags(aws, id, change);
  },
  delete: (aws, id) =>
    retryWhile(aws, `deleting EC2 Subnet (${id})`, stillUsed, () => aws.call(ec2, "DeleteSubnet", { SubnetId: id })),
});

function subnetOf(aws: ResourceContext, id: string) {
  return aws.call(ec2, "DescribeSubnets", { SubnetIds: [id] }).Subnets?.[0];
}

const internetGateway = defineResource<InternetGatewayArgs, InternetGatewayState>({
  token: "aws:ec2/internetGateway:InternetGateway",
  label: "EC2 Internet Gateway",
  replaceOn: [],
  computed: ["vpcId"],
  create: (aws, inputs) => {
    const { InternetGateway } = aws.call(ec2, "CreateInternetGateway", {
      TagSpecifications: tagSpecifications("internet-gateway", inputs.tags),
    });
    return required(InternetGateway?.InternetGatewayId, "InternetGatewayId");
  },
  finishCreate: async (aws, id, inputs) => {
    if (!inputs.vpcId || gatewayOf(aws, id)?.Attachments?.some(({ VpcId }) => VpcId === inputs.vpcId)) return;
    const VpcId = inputs.vpcId;
    await retryWhile(aws, `attaching EC2 Internet Gateway (${id})`, ["InvalidInternetGatewayID.NotFound"], () =>
      aws.call(ec2, "AttachInternetGateway", { InternetGatewayId: id, VpcId }),
    );
  },
  read: (aws, id) => {
    const found = gatewayOf(aws, id);
    return (
      found && {
        inputs: { vpcId: found.Attachments?.[0]?.VpcId, tags: tagMap(found.Tags) },
        outputs: { arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:internet-gateway/${id}`, ownerId: found.OwnerId },
      }
    );
  },
  update: (aws, id, change) => {
    const { before, after } = change;
    if (change.has("vpcId")) {
      if (before.vpcId) aws.call(ec2, "DetachInternetGateway", { InternetGatewayId: id, VpcId: before.vpcId });
      if (after.vpcId) aws.call(ec2, "AttachInternetGateway", { InternetGatewayId: id, VpcId: after.vpcId });
    }
    updateEc2Tags(aws, id, change);
  },
  delete: async (aws, id) => {
    const attached = gatewayOf(aws, id)?.Attachments?.[0]?.VpcId;
    if (attached) {
      await retryWhile(aws, `detaching EC2 Internet Gateway (${id})`, stillUsed, () =>
        aws.call(ec2, "DetachInternetGateway", { InternetGatewayId: id, VpcId: attached }),
      );
    }
    await retryWhile(aws, `deleting EC2 Internet Gateway (${id})`, stillUsed, () =>
      aws.call(ec2, "DeleteInternetGateway", { InternetGatewayId: id }),
    );
  },
});

function gatewayOf(aws: ResourceContext, id: string) {
  return aws.call(ec2, "DescribeInternetGateways", { InternetGatewayIds: [id] }).InternetGateways?.[0];
}

const eip = defineResource<EipArgs, EipState>({
  token: "aws:ec2/eip:Eip",
  label: "EC2 EIP",
  replaceOn: ["address", "customerOwnedIpv4Pool", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"],
  computed: ["domain", "instance", "networkBorderGroup", "networkInterface", "publicIpv4Pool"],
  create: (aws, inputs) => {
    const { AllocationId } = aws.call(ec2, "AllocateAddress", {
      Domain: "vpc",
      TagSpecifications: tagSpecifications("elastic-ip", inputs.tags),
    });
    return required(AllocationId, "AllocationId");
  },
  read: (aws, id) => {
    const found = aws.call(ec2, "DescribeAddresses", { AllocationIds: [id] }).Addresses?.[0];
    return (
      found && {
        inputs: { domain: "vpc", tags: tagMap(found.Tags) },
        outputs: {
          allocationId: id,
          arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:elastic-ip/${id}`,
          publicIp: found.PublicIp,
          privateIp: found.PrivateIpAddress,
          networkInterface: found.NetworkInterfaceId,
          associationId: found.AssociationId,
        },
      }
    );
  },
  update: updateEc2Tags,
  delete: (aws, id) =>
    retryWhile(aws, `deleting EC2 EIP (${id})`, ["AuthFailure", "InvalidIPAddress.InUse"], () =>
      aws.call(ec2, "ReleaseAddress", { AllocationId: id }),
    ),
});

const natGateway = defineResource<NatGatewayArgs, NatGatewayState>({
  token: "aws:ec2/natGateway:NatGateway",
  label: "EC2 NAT Gateway",
  replaceOn: ["allocationId", "availabilityMode", "connectivityType", "privateIp", "subnetId", "vpcId"],
  computed: [
    "allocationId",
    "availabilityMode",
    "privateIp",
    "secondaryPrivateIpAddressCount",
    "secondaryPrivateIpAddresses",
    "subnetId",
    "vpcId",
  ],
  defaults: { connectivityType: "public" },
  // internal/service/ec2/vpc_nat_gateway.go: timeouts; no poll interval, so the back-off.
  timeouts: { create: 600, update: 600, delete: 1800 },
  create: (aws, inputs) => {
    const { NatGateway } = aws.call(ec2, "CreateNatGateway", {
      ClientToken: aws.token,
      AllocationId: inputs.allocationId,
      SubnetId: inputs.subnetId,
      ConnectivityType: inputs.connectivityType === "private" ? "private" : "public",
      PrivateIpAddress: inputs.privateIp,
      TagSpecifications: tagSpecifications("natgateway", inputs.tags),
    });
    return required(NatGateway?.NatGatewayId, "NatGatewayId");
  },
  finishCreate: (aws, id) =>
    aws.wait({
      label: `waiting for EC2 NAT Gateway (${id}) create`,
      state: () => natGatewayOf(aws, id)?.State,
      target: ["available"],
    }),
  read: (aws, id) => {
    const found = natGatewayOf(aws, id);
    if (!found || found.State === "deleted") return undefined;
    const address = found.NatGatewayAddresses?.[0];
    return {
      inputs: {
        subnetId: found.SubnetId,
        connectivityType: found.ConnectivityType,
        allocationId: address?.AllocationId,
        tags: tagMap(found.Tags),
      },
      outputs: {
        networkInterfaceId: address?.NetworkInterfaceId,
        privateIp: address?.PrivateIp,
        publicIp: address?.PublicIp,
        vpcId: found.VpcId,
      },
    };
  },
  update: updateEc2Tags,
  delete: async (aws, id) => {
    aws.call(ec2, "DeleteNatGateway", { NatGatewayId: id });
    await aws.wait({
      label: `waiting for EC2 NAT Gateway (${id}) delete`,
      state: () => {
        const state = natGatewayOf(aws, id)?.State;
        return state === "deleted" ? undefined : state;
      },
      target: [undefined],
    });
  },
});

function natGatewayOf(aws: ResourceContext, id: string) {
  try {
    return aws.call(ec2, "DescribeNatGateways", { NatGatewayIds: [id] }).NatGateways?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Networks: what awsx.ec2.Vpc is made of, but for routes. */
export const ec2NetworkTypes = [vpc, subnet, internetGateway, eip, natGateway];
