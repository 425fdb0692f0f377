import type { World } from "../../world.js";
import { requireCustomerKey } from "./keys.js";
import { requireKey, tagMap, type KmsHandlers } from "./state.js";

export function tagHandlers(world: World) {
  return {
    ListResourceTags: (input, { region }) => ({
      Tags: [...requireKey(world, region, input.KeyId).tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
      Truncated: false,
    }),
    TagResource: (input, { region }) => {
      const key = requireCustomerKey(world, region, input.KeyId);
      for (const [name, value] of tagMap(input.Tags)) key.tags.set(name, value);
      return {};
    },
    UntagResource: (input, { region }) => {
      const key = requireCustomerKey(world, region, input.KeyId);
      for (const name of input.TagKeys ?? []) key.tags.delete(name);
      return {};
    },
  } satisfies KmsHandlers;
}
