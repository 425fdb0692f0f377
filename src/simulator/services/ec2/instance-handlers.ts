import type { ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { applyFilters, page, type FilterFields } from "./filters.js";
import type { InstanceRecord, InstanceState } from "./instance-record.js";
import { launchInstance, rebootInstance, startInstance, stopInstance, terminateInstance } from "./instances.js";
import { resolveLaunchTemplate } from "./launch-templates.js";
import { invalidParameter, securityGroupOf } from "./lookup.js";
import { announceNetworkChange } from "./network-changes.js";
import { ec2Slot, nameOf, newEc2Id, sortTags, tagsFor, withClientToken, type Ec2Handlers } from "./state.js";
import { vcpusOf } from "./quotas.js";
import { zoneId } from "./zones.js";

const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const stateOf = (state: InstanceState) => ({ Code: stateCodes[state], Name: state });

const instanceFields: FilterFields<InstanceRecord> = {
  "instance-id": ({ InstanceId }) => InstanceId,
  "instance-state-name": ({ state }) => state,
  "instance-state-code": ({ state }) => stateCodes[state],
  "instance-type": ({ instanceType }) => instanceType,
  "image-id": ({ data }) => data.ImageId,
  "availability-zone": ({ az }) => az,
  "availability-zone-id": ({ az }) => zoneId(az),
  "subnet-id": ({ subnetId }) => subnetId,
  "network-interface.subnet-id": ({ subnetId }) => subnetId,
  "vpc-id": ({ vpcId }) => vpcId,
  "private-ip-address": ({ privateIp }) => privateIp,
  "ip-address": ({ publicIp }) => publicIp,
  "client-token": ({ clientToken }) => clientToken,
  "instance.group-id": ({ securityGroupIds }) => securityGroupIds,
  "network-interface.group-id": ({ securityGroupIds }) => securityGroupIds,
  "reservation-id": ({ ReservationId }) => ReservationId,
  "launch-time": ({ launchTime }) => new Date(launchTime).toISOString(),
};

/** Instances: run, describe, start, stop, reboot, terminate. */
export function instanceHandlers(world: World) {
  const recordsOf = (region: string, ids: readonly string[] | undefined): InstanceRecord[] => {
    if (!ids || ids.length === 0)
      throw new ServiceError("MissingParameter", "The request must contain the parameter InstanceId");
    return findInstances(world, region, ids);
  };

  const change = (
    region: string,
    ids: readonly string[] | undefined,
    act: (world: World, region: string, record: InstanceRecord) => void,
  ) =>
    recordsOf(region, ids).map((record) => {
      const PreviousState = stateOf(record.state);
      act(world, region, record);
      return { InstanceId: record.InstanceId, PreviousState, CurrentState: stateOf(record.state) };
    });

  const answer = (region: string, record: InstanceRecord) => {
    const { securityGroups } = world.state(ec2Slot, region);
    const groups = record.securityGroupIds.map((GroupId) => ({
      GroupId,
      GroupName: securityGroups.get(GroupId)?.GroupName,
    }));
    const dns = `ip-${record.privateIp.replaceAll(".", "-")}.${region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`}`;
    const gone = record.state === "terminated";
    return {
      InstanceId: record.InstanceId,
      ImageId: record.data.ImageId,
      InstanceType: record.instanceType as ResponseLaunchTemplateData["InstanceType"],
      KeyName: record.data.KeyName,
      LaunchTime: new Date(record.launchTime),
      State: stateOf(record.state),
      StateReason: record.stateReason,
      StateTransitionReason: record.transitionReason,
      AmiLaunchIndex: 0,
      Architecture: /^[a-z]+\d+g/.test(record.instanceType) ? ("arm64" as const) : ("x86_64" as const),
      Placement: { AvailabilityZone: record.az, Tenancy: "default" as const, GroupName: "" },
      Monitoring: { State: record.data.Monitoring?.Enabled ? ("enabled" as const) : ("disabled" as const) },
      PrivateDnsName: gone ? "" : dns,
      PublicDnsName: "",
      ...(gone ? {} : { PrivateIpAddress: record.privateIp, SubnetId: record.subnetId, VpcId: record.vpcId }),
      ...(record.publicIp && record.state === "running" ? { PublicIpAddress: record.publicIp } : {}),
      SecurityGroups: gone ? [] : groups,
      SourceDestCheck: record.sourceDestCheck,
      EbsOptimized: record.data.EbsOptimized ?? false,
      EnaSupport: true,
      Hypervisor: "xen" as const,
      VirtualizationType: "hvm" as const,
      RootDeviceName: "/dev/xvda",
      RootDeviceType: "ebs" as const,
      BlockDeviceMappings: [],
      NetworkInterfaces: record.interfaceId
        ? [
            {
              NetworkInterfaceId: record.interfaceId,
              SubnetId: record.subnetId,
              VpcId: record.vpcId,
              PrivateIpAddress: record.privateIp,
              Groups: groups,
              Status: "in-use" as const,
              Attachment: { DeviceIndex: 0, Status: "attached" as const },
            },
          ]
        : [],
      CpuOptions: { CoreCount: Math.max(1, vcpusOf(record.instanceType) / 2), ThreadsPerCore: 2 },
      MetadataOptions: { State: "applied" as const, HttpTokens: record.data.MetadataOptions?.HttpTokens ?? "optional" },
      ClientToken: record.clientToken ?? "",
      Tags: record.Tags,
    };
  };

  const reservations = (region: string, records: readonly InstanceRecord[]) => {
    const byId = new Map<string, InstanceRecord[]>();
    for (const record of records) byId.set(record.ReservationId, [...(byId.get(record.ReservationId) ?? []), record]);
    return [...byId].map(([ReservationId, members]) => ({
      ReservationId,
      OwnerId: world.accountId,
      Groups: [],
      Instances: members.map((record) => answer(region, record)),
    }));
  };

  return {
    RunInstances: (input, { region }) => {
      const count = input.MaxCount ?? 0;
      if (count < 1 || (input.MinCount ?? 0) < 1 || (input.MinCount ?? 0) > count) {
        throw invalidParameter("Invalid value for min/max instances count");
      }
      const existing = (id: string): string | undefined => id;
      const reservationId = withClientToken(world, region, "RunInstances", input, existing, () => {
        const template = input.LaunchTemplate ? resolveLaunchTemplate(world, region, input.LaunchTemplate) : undefined;
        const { InstanceType, ImageId, KeyName, UserData, SecurityGroupIds, NetworkInterfaces, DisableApiTermination } =
          input;
        const given = {
          InstanceType,
          ImageId,
          KeyName,
          UserData,
          SecurityGroupIds,
          NetworkInterfaces,
          DisableApiTermination,
        };
        const overrides = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        const data = { ...template?.data, ...overrides };
        const subnetId = input.SubnetId ?? data.NetworkInterfaces?.[0]?.SubnetId;
        if (!subnetId)
          throw new ServiceError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.");
        const tags = sortTags([
          ...tagsFor(input.TagSpecifications, "instance"),
          ...tagsFor(template?.data.TagSpecifications, "instance").filter(
            ({ Key }) => !tagsFor(input.TagSpecifications, "instance").some((tag) => tag.Key === Key),
          ),
          ...(template
            ? [
                { Key: "aws:ec2launchtemplate:id", Value: template.id },
                { Key: "aws:ec2launchtemplate:version", Value: String(template.version) },
              ]
            : []),
        ]);
        const key = input.ClientToken ?? nameOf(tags);
        const id = newEc2Id(world, region, "r-", [subnetId, key]);
        for (let index = 0; index < count; index++) {
          const spec = {
            key: [key, String(index)],
            subnetId,
            data,
            tags,
            reservationId: id,
            clientToken: input.ClientToken,
          };
          try {
            launchInstance(world, region, spec);
          } catch (error) {
            if (index < (input.MinCount ?? 1)) {
              for (const record of instancesOfReservation(world, region, id)) terminateInstance(world, region, record);
              throw error;
            }
            break;
          }
        }
        return { id, resource: id };
      });
      const [reservation] = reservations(region, instancesOfReservation(world, region, reservationId));
      return reservation ?? { ReservationId: reservationId, OwnerId: world.accountId, Groups: [], Instances: [] };
    },

    DescribeInstances: (input, { region }) => {
      const { instances } = world.state(ec2Slot, region);
      const selected = input.InstanceIds?.length ? findInstances(world, region, input.InstanceIds) : instances.values();
      const { items, nextToken } = page(applyFilters(selected, input.Filters, instanceFields), input);
      return { Reservations: reservations(region, items), NextToken: nextToken };
    },

    DescribeInstanceStatus: (input, { region }) => {
      const { instances } = world.state(ec2Slot, region);
      const selected = input.InstanceIds?.length
        ? findInstances(world, region, input.InstanceIds)
        : [...instances.values()];
      const shown = selected.filter(({ state }) => input.IncludeAllInstances ?? state === "running");
      const { items, nextToken } = page(applyFilters(shown, input.Filters, instanceFields), input);
      return {
        NextToken: nextToken,
        InstanceStatuses: items.map((record) => {
          const Status = record.state === "running" ? ("ok" as const) : ("not-applicable" as const);
          const InstanceState = stateOf(record.state);
          return {
            InstanceId: record.InstanceId,
            AvailabilityZone: record.az,
            InstanceState,
            InstanceStatus: { Status },
            SystemStatus: { Status },
          };
        }),
      };
    },

    StartInstances: (input, { region }) => ({ StartingInstances: change(region, input.InstanceIds, startInstance) }),

    StopInstances: (input, { region }) => ({ StoppingInstances: change(region, input.InstanceIds, stopInstance) }),

    RebootInstances: (input, { region }) => {
      change(region, input.InstanceIds, rebootInstance);
      return {};
    },

    TerminateInstances: (input, { region }) => {
      const kept = recordsOf(region, input.InstanceIds).find(({ terminationProtected }) => terminationProtected);
      if (kept) {
        throw new ServiceError(
          "OperationNotPermitted",
          `The instance '${kept.InstanceId}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
      }
      return { TerminatingInstances: change(region, input.InstanceIds, terminateInstance) };
    },

    DescribeInstanceAttribute: ({ InstanceId, Attribute }, { region }) => {
      const [record] = recordsOf(region, InstanceId ? [InstanceId] : []);
      if (!record) return {};
      switch (Attribute) {
        case "userData":
          return { InstanceId, UserData: { Value: record.userDataBase64 || undefined } };
        case "instanceType":
          return { InstanceId, InstanceType: { Value: record.instanceType } };
        case "disableApiTermination":
          return { InstanceId, DisableApiTermination: { Value: record.terminationProtected } };
        case "disableApiStop":
          return { InstanceId, DisableApiStop: { Value: record.stopProtected } };
        case "sourceDestCheck":
          return { InstanceId, SourceDestCheck: { Value: record.sourceDestCheck } };
        case "instanceInitiatedShutdownBehavior":
          return {
            InstanceId,
            InstanceInitiatedShutdownBehavior: { Value: record.data.InstanceInitiatedShutdownBehavior ?? "stop" },
          };
        case "groupSet":
          return { InstanceId, Groups: record.securityGroupIds.map((GroupId) => ({ GroupId })) };
        default:
          throw invalidParameter(`Value (${String(Attribute)}) for parameter attribute is invalid. Unknown attribute.`);
      }
    },

    ModifyInstanceAttribute: (input, { region }) => {
      const [record] = recordsOf(region, input.InstanceId ? [input.InstanceId] : []);
      if (!record) return {};
      const needsStop = input.InstanceType?.Value !== undefined || input.UserData !== undefined;
      if (needsStop && record.state !== "stopped") {
        throw new ServiceError(
          "IncorrectInstanceState",
          `The instance '${record.InstanceId}' is not in the 'stopped' state.`,
        );
      }
      record.terminationProtected = input.DisableApiTermination?.Value ?? record.terminationProtected;
      record.stopProtected = input.DisableApiStop?.Value ?? record.stopProtected;
      record.sourceDestCheck = input.SourceDestCheck?.Value ?? record.sourceDestCheck;
      record.instanceType = input.InstanceType?.Value ?? record.instanceType;
      if (input.UserData?.Value) record.userDataBase64 = Buffer.from(input.UserData.Value).toString("base64");
      if (input.Groups?.length) {
        record.securityGroupIds = input.Groups.map((id) => securityGroupOf(world, region, id).GroupId);
        const networkInterface = world.state(ec2Slot, region).interfaces.get(record.interfaceId ?? "");
        if (networkInterface) networkInterface.groupIds = record.securityGroupIds;
        announceNetworkChange(world, region);
      }
      return {};
    },
  } satisfies Ec2Handlers;
}

function instancesOfReservation(world: World, region: string, id: string): InstanceRecord[] {
  return [...world.state(ec2Slot, region).instances.values()].filter(({ ReservationId }) => ReservationId === id);
}

/** @throws ServiceError InvalidInstanceID.Malformed or InvalidInstanceID.NotFound; nothing was changed then */
function findInstances(world: World, region: string, ids: readonly string[]): InstanceRecord[] {
  const { instances } = world.state(ec2Slot, region);
  const malformed = ids.find((id) => !/^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id));
  if (malformed !== undefined) throw new ServiceError("InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  const missing = ids.filter((id) => !instances.has(id));
  if (missing.length > 0) {
    const [noun, verb] = missing.length > 1 ? ["IDs", "do"] : ["ID", "does"];
    throw new ServiceError(
      "InvalidInstanceID.NotFound",
      `The instance ${noun} '${missing.join(", ")}' ${verb} not exist`,
    );
  }
  return ids.flatMap((id) => instances.get(id) ?? []);
}
