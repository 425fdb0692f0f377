import type * as client from "@aws-sdk/client-route-53";

import type { Handlers } from "../../service.js";
import type { World } from "../../world.js";
import { bareId, findCheck, findZone } from "./lookup.js";
import { route53State, type HealthCheckRecord, type Zone } from "./state.js";

type Client = typeof client;

/** Operations on the tags of hosted zones and health checks. */
export function tagHandlers(world: World) {
  const state = route53State(world);
  const find = (type: client.TagResourceType | undefined, id: string | undefined): Zone | HealthCheckRecord =>
    type === "hostedzone" ? findZone(state, id) : findCheck(state, id);
  const describe = (type: client.TagResourceType | undefined, id: string | undefined): client.ResourceTagSet => ({
    ResourceType: type,
    ResourceId: bareId(id ?? ""),
    Tags: find(type, id).tags,
  });
  return {
    ChangeTagsForResource: ({ ResourceType, ResourceId, AddTags = [], RemoveTagKeys = [] }) => {
      const resource = find(ResourceType, ResourceId);
      const replaced = [...RemoveTagKeys, ...AddTags.map(({ Key }) => Key)];
      resource.tags = [...resource.tags.filter(({ Key }) => !replaced.includes(Key)), ...AddTags];
      return {};
    },
    ListTagsForResource: ({ ResourceType, ResourceId }) => ({ ResourceTagSet: describe(ResourceType, ResourceId) }),
    ListTagsForResources: ({ ResourceType, ResourceIds = [] }) => ({
      ResourceTagSets: ResourceIds.map((id) => describe(ResourceType, id)),
    }),
  } satisfies Handlers<Client>;
}
