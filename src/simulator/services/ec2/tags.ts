import type { Tag } from "@aws-sdk/client-ec2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { applyFilters, page } from "./filters.js";
import { ec2Slot, sortTags, type Ec2Handlers, type Ec2State } from "./state.js";

interface Taggable {
  Tags: Tag[];
}

/** Tags of any EC2 resource, by id. */
export function tagHandlers(world: World) {
  return {
    CreateTags: ({ Resources = [], Tags = [] }, { region }) => {
      const state = world.state(ec2Slot, region);
      for (const { Key = "" } of Tags) {
        if (Key.startsWith("aws:")) {
          throw new ServiceError(
            "InvalidParameterValue",
            "Tag keys starting with 'aws:' are reserved for internal use",
          );
        }
      }
      for (const resource of Resources.map((id) => taggable(state, id))) {
        const kept = resource.Tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
        resource.Tags = sortTags([...kept, ...Tags.map(({ Key, Value }) => ({ Key, Value: Value ?? "" }))]);
      }
      return {};
    },

    DeleteTags: ({ Resources = [], Tags }, { region }) => {
      const state = world.state(ec2Slot, region);
      for (const resource of Resources.map((id) => taggable(state, id))) {
        resource.Tags = resource.Tags.filter(({ Key, Value }) =>
          Tags
            ? !Tags.some((tag) => tag.Key === Key && (tag.Value === undefined || tag.Value === Value))
            : Key?.startsWith("aws:"),
        );
      }
      return {};
    },

    DescribeTags: (input, { region }) => {
      const all = [...taggables(world.state(ec2Slot, region))].flatMap(([ResourceId, resource]) =>
        resource.Tags.map(({ Key, Value }) => ({ ResourceId, ResourceType: typeOf(ResourceId), Key, Value })),
      );
      const { items, nextToken } = page(
        applyFilters(all, input.Filters, {
          "resource-id": ({ ResourceId }) => ResourceId,
          "resource-type": ({ ResourceType }) => ResourceType,
          key: ({ Key }) => Key,
          value: ({ Value }) => Value,
        }),
        input,
      );
      return { Tags: items, NextToken: nextToken };
    },
  } satisfies Ec2Handlers;
}

function* taggables(state: Ec2State): Generator<[string, Taggable]> {
  yield* state.vpcs;
  yield* state.subnets;
  yield* state.routeTables;
  yield* state.internetGateways;
  yield* state.natGateways;
  yield* state.addresses;
  yield* state.securityGroups;
  yield* state.securityGroupRules;
  yield* state.launchTemplates;
  yield* state.interfaces;
  yield* state.instances;
}

const typeByPrefix = {
  vpc: "vpc",
  subnet: "subnet",
  rtb: "route-table",
  igw: "internet-gateway",
  nat: "natgateway",
  eipalloc: "elastic-ip",
  sg: "security-group",
  sgr: "security-group-rule",
  lt: "launch-template",
  eni: "network-interface",
  i: "instance",
} as const;

type Prefix = keyof typeof typeByPrefix;

function typeOf(id: string): (typeof typeByPrefix)[Prefix] {
  return typeByPrefix[id.slice(0, id.indexOf("-")) as Prefix];
}

const notFoundByPrefix: Readonly<Record<Prefix, string>> = {
  vpc: "InvalidVpcID.NotFound",
  subnet: "InvalidSubnetID.NotFound",
  rtb: "InvalidRouteTableID.NotFound",
  igw: "InvalidInternetGatewayID.NotFound",
  nat: "NatGatewayNotFound",
  eipalloc: "InvalidAllocationID.NotFound",
  sg: "InvalidGroup.NotFound",
  sgr: "InvalidSecurityGroupRuleId.NotFound",
  lt: "InvalidLaunchTemplateId.NotFound",
  eni: "InvalidNetworkInterfaceID.NotFound",
  i: "InvalidInstanceID.NotFound",
};

function taggable(state: Ec2State, id: string): Taggable {
  for (const [candidate, resource] of taggables(state)) if (candidate === id) return resource;
  const code = notFoundByPrefix[id.slice(0, id.indexOf("-")) as Prefix] as string | undefined;
  throw new ServiceError(code ?? "InvalidID", `The ID '${id}' is not valid`);
}
