import type { RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { InstanceArgs, InstanceState } from "@pulumi/aws/ec2/instance.js";
import type { LaunchTemplateArgs, LaunchTemplateState } from "@pulumi/aws/ec2/launchTemplate.js";

import { ec2 } from "../../services/ec2/service.js";
import { isNotFound } from "../failures.js";
import { defineResource, sameSet, type Inputs, type ResourceContext } from "../resource-type.js";
import { required, tagMap, tagSpecifications, updateEc2Tags } from "./tags.js";

type TemplateInputs = Inputs<LaunchTemplateArgs>;

/** Inputs that do not make another version of a launch template. */
const noVersion = ["tags", "defaultVersion", "updateDefaultVersion", "name", "namePrefix", "region"];

const launchTemplate = defineResource<LaunchTemplateArgs, LaunchTemplateState>({
  token: "aws:ec2/launchTemplate:LaunchTemplate",
  label: "EC2 Launch Template",
  replaceOn: ["name", "namePrefix"],
  computed: ["defaultVersion", "name", "namePrefix", "metadataOptions"],
  autoName: { property: "name", maxLength: 128, unless: ["namePrefix"] },
  volatile: ["latestVersion"],
  sameValue: { vpcSecurityGroupIds: sameSet },
  create: (aws, inputs) => {
    const { LaunchTemplate } = aws.call(ec2, "CreateLaunchTemplate", {
      ClientToken: aws.token,
      LaunchTemplateName: inputs.name ?? `${inputs.namePrefix ?? "terraform-"}${aws.token.slice(0, 26)}`,
      VersionDescription: inputs.description,
      LaunchTemplateData: templateData(inputs),
      TagSpecifications: tagSpecifications("launch-template", inputs.tags),
    });
    return required(LaunchTemplate?.LaunchTemplateId, "LaunchTemplateId");
  },
  read: (aws, id) => {
    const found = aws.call(ec2, "DescribeLaunchTemplates", { LaunchTemplateIds: [id] }).LaunchTemplates?.[0];
    return (
      found && {
        inputs: { name: found.LaunchTemplateName, tags: tagMap(found.Tags) },
        outputs: {
          arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:launch-template/${id}`,
          latestVersion: found.LatestVersionNumber,
          defaultVersion: found.DefaultVersionNumber,
        },
      }
    );
  },
  update: (aws, id, change) => {
    const { after } = change;
    const changesData = Object.keys({ ...change.before, ...after }).some(
      (name) => !noVersion.includes(name) && change.has(name as keyof TemplateInputs),
    );
    let latest: number | undefined;
    if (changesData) {
      const { LaunchTemplateVersion } = aws.call(ec2, "CreateLaunchTemplateVersion", {
        LaunchTemplateId: id,
        VersionDescription: after.description,
        LaunchTemplateData: templateData(after),
      });
      latest = LaunchTemplateVersion?.VersionNumber;
    }
    const wanted = after.updateDefaultVersion
      ? latest
      : change.has("defaultVersion")
        ? after.defaultVersion
        : undefined;
    if (wanted !== undefined)
      aws.call(ec2, "ModifyLaunchTemplate", { LaunchTemplateId: id, DefaultVersion: String(wanted) });
    updateEc2Tags(aws, id, change);
  },
  delete: (aws, id) => {
    aws.call(ec2, "DeleteLaunchTemplate", { LaunchTemplateId: id });
  },
});

/** The data of a template's version. Terraform writes booleans of block devices as strings. */
function templateData(inputs: TemplateInputs): RequestLaunchTemplateData {
  const { iamInstanceProfile: profile, metadataOptions: metadata, monitoring, placement } = inputs;
  const data = {
    ImageId: inputs.imageId,
    InstanceType: inputs.instanceType,
    KeyName: inputs.keyName,
    UserData: inputs.userData,
    EbsOptimized: flag(inputs.ebsOptimized),
    DisableApiTermination: inputs.disableApiTermination,
    InstanceInitiatedShutdownBehavior: inputs.instanceInitiatedShutdownBehavior,
    SecurityGroupIds: inputs.vpcSecurityGroupIds,
    IamInstanceProfile: profile && { Arn: profile.arn, Name: profile.name },
    Monitoring: monitoring && { Enabled: monitoring.enabled },
    Placement: placement && {
      AvailabilityZone: placement.availabilityZone,
      Tenancy: placement.tenancy,
      GroupName: placement.groupName,
    },
    MetadataOptions: metadata && {
      HttpEndpoint: metadata.httpEndpoint,
      HttpTokens: metadata.httpTokens,
      HttpPutResponseHopLimit: metadata.httpPutResponseHopLimit,
      InstanceMetadataTags: metadata.instanceMetadataTags,
    },
    BlockDeviceMappings: inputs.blockDeviceMappings?.map(({ deviceName, ebs, noDevice, virtualName }) => ({
      DeviceName: deviceName,
      NoDevice: noDevice,
      VirtualName: virtualName,
      Ebs: ebs && {
        VolumeSize: ebs.volumeSize,
        VolumeType: ebs.volumeType,
        Encrypted: flag(ebs.encrypted),
        DeleteOnTermination: flag(ebs.deleteOnTermination),
        Iops: ebs.iops,
        Throughput: ebs.throughput,
        KmsKeyId: ebs.kmsKeyId,
        SnapshotId: ebs.snapshotId,
      },
    })),
    NetworkInterfaces: inputs.networkInterfaces?.map((one) => ({
      AssociatePublicIpAddress: flag(one.associatePublicIpAddress),
      DeleteOnTermination: flag(one.deleteOnTermination),
      Description: one.description,
      DeviceIndex: one.deviceIndex ?? 0,
      Groups: one.securityGroups,
      SubnetId: one.subnetId,
    })),
    TagSpecifications: inputs.tagSpecifications?.map(({ resourceType, tags }) => ({
      ResourceType: resourceType,
      Tags: Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
    })),
  };
  // Terraform's types are plain strings where the SDK's are enumerations; the service checks them.
  return data as RequestLaunchTemplateData;
}

function flag(value: string | boolean | undefined): boolean | undefined {
  return value === undefined || value === "" ? undefined : value === true || value === "true";
}

const instance = defineResource<InstanceArgs, InstanceState>({
  token: "aws:ec2/instance:Instance",
  label: "EC2 Instance",
  // internal/service/ec2/ec2_instance.go: ForceNew.
  replaceOn: [
    "ami",
    "associatePublicIpAddress",
    "availabilityZone",
    "cpuOptions",
    "ebsBlockDevices",
    "enclaveOptions",
    "ephemeralBlockDevices",
    "hibernation",
    "hostResourceGroupArn",
    "keyName",
    "networkInterfaces",
    "privateIp",
    "securityGroups",
    "subnetId",
    "tenancy",
  ],
  computed: [
    "associatePublicIpAddress",
    "availabilityZone",
    "instanceType",
    "keyName",
    "launchTemplate",
    "metadataOptions",
    "privateIp",
    "rootBlockDevice",
    "securityGroups",
    "subnetId",
    "tenancy",
    "userData",
    "userDataBase64",
    "vpcSecurityGroupIds",
  ],
  defaults: { sourceDestCheck: true },
  sameValue: { vpcSecurityGroupIds: sameSet },
  timeouts: { create: 600, update: 600, delete: 1200 },
  create: (aws, inputs) => {
    const { Instances } = aws.call(ec2, "RunInstances", {
      ClientToken: aws.token,
      MinCount: 1,
      MaxCount: 1,
      ImageId: inputs.ami,
      InstanceType: inputs.instanceType as never,
      KeyName: inputs.keyName,
      SubnetId: inputs.subnetId,
      SecurityGroupIds: inputs.vpcSecurityGroupIds,
      PrivateIpAddress: inputs.privateIp,
      UserData:
        inputs.userDataBase64 ??
        (inputs.userData === undefined ? undefined : Buffer.from(inputs.userData).toString("base64")),
      IamInstanceProfile:
        typeof inputs.iamInstanceProfile === "string" ? { Name: inputs.iamInstanceProfile } : undefined,
      Placement: inputs.availabilityZone ? { AvailabilityZone: inputs.availabilityZone } : undefined,
      LaunchTemplate: inputs.launchTemplate && {
        LaunchTemplateId: inputs.launchTemplate.id,
        LaunchTemplateName: inputs.launchTemplate.id ? undefined : inputs.launchTemplate.name,
        Version: inputs.launchTemplate.version,
      },
      TagSpecifications: tagSpecifications("instance", inputs.tags),
    });
    return required(Instances?.[0]?.InstanceId, "InstanceId");
  },
  finishCreate: (aws, id) => waitForInstance(aws, id, "create", "running"),
  read: (aws, id) => {
    const found = instanceOf(aws, id);
    if (!found || found.State?.Name === "terminated") return undefined;
    return {
      inputs: {
        ami: found.ImageId,
        availabilityZone: found.Placement?.AvailabilityZone,
        instanceType: found.InstanceType,
        subnetId: found.SubnetId,
        privateIp: found.PrivateIpAddress,
        vpcSecurityGroupIds: found.SecurityGroups?.map(({ GroupId }) => required(GroupId, "GroupId")),
        tags: tagMap(found.Tags),
      },
      outputs: {
        arn: `arn:aws:ec2:${aws.region}:${aws.accountId}:instance/${id}`,
        instanceState: found.State?.Name,
        publicIp: found.PublicIpAddress,
        publicDns: found.PublicDnsName,
        privateDns: found.PrivateDnsName,
        primaryNetworkInterfaceId: found.NetworkInterfaces?.[0]?.NetworkInterfaceId,
      },
    };
  },
  update: async (aws, id, change) => {
    const { after } = change;
    if (change.has("vpcSecurityGroupIds"))
      aws.call(ec2, "ModifyInstanceAttribute", { InstanceId: id, Groups: after.vpcSecurityGroupIds });
    if (change.has("instanceType", "userData", "userDataBase64")) {
      aws.call(ec2, "StopInstances", { InstanceIds: [id] });
      await waitForInstance(aws, id, "stop", "stopped");
      if (change.has("instanceType"))
        aws.call(ec2, "ModifyInstanceAttribute", { InstanceId: id, InstanceType: { Value: after.instanceType } });
      if (change.has("userData", "userDataBase64")) {
        const data = Buffer.from(
          after.userDataBase64 ?? after.userData ?? "",
          after.userDataBase64 ? "base64" : "utf8",
        );
        aws.call(ec2, "ModifyInstanceAttribute", { InstanceId: id, UserData: { Value: data } });
      }
      aws.call(ec2, "StartInstances", { InstanceIds: [id] });
      await waitForInstance(aws, id, "start", "running");
    }
    updateEc2Tags(aws, id, change);
  },
  delete: async (aws, id) => {
    aws.call(ec2, "TerminateInstances", { InstanceIds: [id] });
    await waitForInstance(aws, id, "termination", "terminated");
  },
});

function instanceOf(aws: ResourceContext, id: string) {
  try {
    return aws.call(ec2, "DescribeInstances", { InstanceIds: [id] }).Reservations?.[0]?.Instances?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** internal/service/ec2/wait.go: waitInstanceCreated and its kin look after 10 seconds, then every 3 at least. */
async function waitForInstance(aws: ResourceContext, id: string, what: string, state: string): Promise<void> {
  await aws.wait({
    label: `waiting for EC2 Instance (${id}) ${what}`,
    state: () => instanceOf(aws, id)?.State?.Name,
    target: state === "terminated" ? [state, undefined] : [state],
    delaySeconds: 10,
    minSeconds: 3,
  });
}

/** Instances and the templates that they are launched from. */
export const ec2InstanceTypes = [launchTemplate, instance];
