import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { requireInstance, invalidValue, rdsSlot, tagsOf, type RdsHandlers } from "./state.js";

export function tagHandlers(world: World) {
  function requireTags(region: string, arn: string | undefined): Map<string, string> {
    const [, type = "", name = ""] = /^arn:aws[a-z-]*:rds:[^:]*:[^:]*:([a-z]+):(.+)$/.exec(arn ?? "") ?? [];
    if (!arn || !arn.startsWith(`arn:aws:rds:${region}:`)) throw invalidValue(`Invalid resource name: ${arn ?? ""}`);
    const state = world.state(rdsSlot, region);
    switch (type) {
      case "db":
        requireInstance(world, region, name);
        break;
      case "subgrp":
        if (!state.subnetGroups.has(name))
          throw new ServiceError("DBSubnetGroupNotFoundFault", `${arn} not found.`, { status: 404 });
        break;
      case "pg":
        if (!state.parameterGroups.has(name) && !name.startsWith("default."))
          throw new ServiceError("DBParameterGroupNotFoundFault", `${arn} not found.`, { status: 404 });
        break;
      case "snapshot":
        if (!state.snapshots.has(name))
          throw new ServiceError("DBSnapshotNotFoundFault", `${arn} not found.`, { status: 404 });
        break;
      default:
        throw invalidValue(`Invalid resource name: ${arn}`);
    }
    return tagsOf(world, region, arn);
  }

  return {
    AddTagsToResource: (input, { region }) => {
      const tags = requireTags(region, input.ResourceName);
      for (const { Key, Value } of input.Tags ?? []) tags.set(Key ?? "", Value ?? "");
      return {};
    },
    RemoveTagsFromResource: (input, { region }) => {
      const tags = requireTags(region, input.ResourceName);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },
    ListTagsForResource: (input, { region }) => ({
      TagList: [...requireTags(region, input.ResourceName)].map(([Key, Value]) => ({ Key, Value })),
    }),
  } satisfies RdsHandlers;
}
