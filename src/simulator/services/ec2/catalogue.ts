import type { Image } from "@aws-sdk/client-ec2";

import { hexOf } from "../../identifiers.js";
import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { applyFilters, page } from "./filters.js";
import { vcpusOf } from "./quotas.js";
import type { Ec2Handlers } from "./state.js";
import { availabilityZones, zoneId } from "./zones.js";

/** What the service offers: Regions' zones, images, instance types, account attributes. */
export function catalogueHandlers(world: World) {
  return {
    DescribeAvailabilityZones: (input, { region }) => {
      const all = availabilityZones(region).map((ZoneName) => ({
        ZoneName,
        ZoneId: zoneId(ZoneName),
        RegionName: region,
        GroupName: `${region}-zg-1`,
        NetworkBorderGroup: region,
        ZoneType: "availability-zone",
        State: "available" as const,
        OptInStatus: "opt-in-not-required" as const,
        Messages: [],
        Tags: [],
      }));
      const unknown = input.ZoneNames?.find((name) => !all.some(({ ZoneName }) => ZoneName === name));
      if (unknown) throw new ServiceError("InvalidParameterValue", `Invalid availability zone: [${unknown}]`);
      const named = all.filter(
        ({ ZoneName, ZoneId }) =>
          (!input.ZoneNames?.length || input.ZoneNames.includes(ZoneName)) &&
          (!input.ZoneIds?.length || input.ZoneIds.includes(ZoneId)),
      );
      const zones = applyFilters(named, input.Filters, {
        "zone-name": ({ ZoneName }) => ZoneName,
        "zone-id": ({ ZoneId }) => ZoneId,
        "zone-type": ({ ZoneType }) => ZoneType,
        "region-name": ({ RegionName }) => RegionName,
        "group-name": ({ GroupName }) => GroupName,
        "opt-in-status": ({ OptInStatus }) => OptInStatus,
        state: ({ State }) => State,
      });
      return { AvailabilityZones: zones.map(({ Tags: _tags, ...zone }) => zone) };
    },

    DescribeAccountAttributes: () => ({
      AccountAttributes: [
        { AttributeName: "supported-platforms", AttributeValues: [{ AttributeValue: "VPC" }] },
        { AttributeName: "default-vpc", AttributeValues: [{ AttributeValue: "none" }] },
      ],
    }),

    DescribeImages: (input, { region }) => {
      const all = amazonLinuxImages(world, region);
      const unknown = input.ImageIds?.find((id) => !all.some(({ ImageId }) => ImageId === id));
      if (unknown) throw new ServiceError("InvalidAMIID.NotFound", `The image id '[${unknown}]' does not exist`);
      const owned = (image: Image): boolean =>
        !input.Owners?.length ||
        [image.OwnerId, image.ImageOwnerAlias].some((owner) => owner && input.Owners?.includes(owner));
      const selected = all
        .filter(({ ImageId = "" }) => !input.ImageIds?.length || input.ImageIds.includes(ImageId))
        .filter(owned);
      const images = applyFilters(selected, input.Filters, {
        name: ({ Name }) => Name,
        "image-id": ({ ImageId }) => ImageId,
        architecture: ({ Architecture }) => Architecture,
        "owner-alias": ({ ImageOwnerAlias }) => ImageOwnerAlias,
        "owner-id": ({ OwnerId }) => OwnerId,
        state: ({ State }) => State,
        "virtualization-type": ({ VirtualizationType }) => VirtualizationType,
        "root-device-type": ({ RootDeviceType }) => RootDeviceType,
        "image-type": ({ ImageType }) => ImageType,
        "is-public": ({ Public }) => Public,
      });
      return { Images: images };
    },

    DescribeInstanceTypes: (input) => {
      // Which types exist is not modelled: those that are asked for count as existing.
      const types = (input.InstanceTypes ?? []).map((InstanceType) => ({
        InstanceType,
        CurrentGeneration: true,
        Hypervisor: "nitro" as const,
        SupportedUsageClasses: ["on-demand" as const],
        VCpuInfo: {
          DefaultVCpus: vcpusOf(InstanceType),
          DefaultCores: Math.max(1, vcpusOf(InstanceType) / 2),
          DefaultThreadsPerCore: 2,
        },
        ProcessorInfo: {
          SupportedArchitectures: [/^[a-z]+\d+g/.test(InstanceType) ? ("arm64" as const) : ("x86_64" as const)],
        },
      }));
      const { items, nextToken } = page(types, input);
      return { InstanceTypes: items, NextToken: nextToken };
    },
  } satisfies Ec2Handlers;
}

/** Amazon Linux 2023 in this Region. */
export function amazonLinuxImageId(world: World, region: string, architecture: "x86_64" | "arm64"): string {
  return `ami-${hexOf([world.seed, region, "al2023", architecture], 17)}`;
}

/** The images that programs look up; their ids differ by Region, as real ones do. */
function amazonLinuxImages(world: World, region: string): (Image & { Tags: [] })[] {
  return (["x86_64", "arm64"] as const).map((Architecture) => ({
    ImageId: amazonLinuxImageId(world, region, Architecture),
    Name: `al2023-ami-2023.9.20251117.1-kernel-6.1-${Architecture}`,
    Description: "Amazon Linux 2023",
    Architecture,
    OwnerId: "137112412989",
    ImageOwnerAlias: "amazon",
    ImageType: "machine" as const,
    State: "available" as const,
    Public: true,
    Hypervisor: "xen" as const,
    VirtualizationType: "hvm" as const,
    RootDeviceType: "ebs" as const,
    RootDeviceName: "/dev/xvda",
    CreationDate: "2025-11-18T00:00:00.000Z",
    EnaSupport: true,
    BlockDeviceMappings: [],
    Tags: [],
  }));
}
