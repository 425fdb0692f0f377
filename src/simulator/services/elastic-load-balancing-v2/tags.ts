import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";

import type { World } from "../../world.js";
import { elbSlot, listenerOf, loadBalancerOf, targetGroupOf, validationError, type ElbHandlers } from "./state.js";

/** Tags of load balancers, target groups, listeners and rules, by ARN. */
export function tagHandlers(world: World) {
  const taggable = (region: string, arn: string): { tags: Tag[] } => {
    if (arn.includes(":loadbalancer/")) return loadBalancerOf(world, region, arn);
    if (arn.includes(":targetgroup/")) return targetGroupOf(world, region, arn);
    if (arn.includes(":listener/")) return listenerOf(world, region, arn);
    for (const { rules } of world.state(elbSlot, region).listeners.values()) {
      const rule = rules.get(arn);
      if (rule) return rule;
    }
    throw validationError(`'${arn}' is not a valid resource ARN`);
  };

  return {
    AddTags: ({ ResourceArns = [], Tags = [] }, { region }) => {
      for (const resource of ResourceArns.map((arn) => taggable(region, arn))) {
        resource.tags = [...resource.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)), ...Tags];
      }
      return {};
    },

    RemoveTags: ({ ResourceArns = [], TagKeys = [] }, { region }) => {
      for (const resource of ResourceArns.map((arn) => taggable(region, arn))) {
        resource.tags = resource.tags.filter(({ Key }) => !TagKeys.includes(Key ?? ""));
      }
      return {};
    },

    DescribeTags: ({ ResourceArns = [] }, { region }) => ({
      TagDescriptions: ResourceArns.map((ResourceArn) => ({ ResourceArn, Tags: taggable(region, ResourceArn).tags })),
    }),
  } satisfies ElbHandlers;
}
