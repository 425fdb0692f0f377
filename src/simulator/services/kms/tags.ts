import type { Tag } from "@aws-sdk/client-kms";

import type { Handlers } from "../../service.js";
import type { World } from "../../world.js";
import { requireCustomerKey } from "./keys.js";
import { requireKey } from "./state.js";

/** KMS's tags as a map; KMS calls the members TagKey and TagValue. */
export function tagMap(tags: readonly Tag[] | undefined): Map<string, string> {
  return new Map((tags ?? []).map(({ TagKey, TagValue }) => [TagKey ?? "", TagValue ?? ""]));
}

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
  } satisfies Handlers<typeof import("@aws-sdk/client-kms")>;
}
