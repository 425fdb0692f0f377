import type { RequestContext } from "../../service.js";
import type { World } from "../../world.js";
import {
  listActionTypes,
  listTargetTypes,
  requireActionType,
  requireTargetType,
  type ActionType,
} from "./catalogue.js";
import { notFound, validation } from "./errors.js";
import { MAX_TAGS, page, parseTags } from "./requests.js";
import { fisSlot, type FisHandlers } from "./state.js";

/** Actions, types of targets, and tags. */
export function catalogueHandlers(world: World) {
  return {
    ListActions: (input, context) => {
      const { items, next } = page(listActionTypes(), input);
      return { actions: items.map((type) => ({ ...summaryOf(type, context), tags: {} })), ...next };
    },
    GetAction: ({ id }, context) => {
      const type = requireActionType(id ?? "");
      const parameters = Object.fromEntries(
        Object.entries(type.parameters).map(([name, { description, required }]) => [name, { description, required }]),
      );
      return { action: { ...summaryOf(type, context), parameters, tags: {} } };
    },
    ListTargetResourceTypes: (input) => {
      const { items, next } = page(listTargetTypes(), input);
      return { targetResourceTypes: items.map((type) => ({ ...type })), ...next };
    },
    GetTargetResourceType: ({ resourceType }) => ({
      targetResourceType: { ...requireTargetType(resourceType ?? ""), parameters: {} },
    }),

    TagResource: ({ resourceArn, tags }, { region }) => {
      const owned = requireTags(world, region, resourceArn);
      const given = parseTags(tags);
      if (new Set([...owned.keys(), ...given.keys()]).size > MAX_TAGS)
        throw validation(`A resource can have ${MAX_TAGS} tags at most.`);
      for (const [key, value] of given) owned.set(key, value);
      return {};
    },
    UntagResource: ({ resourceArn, tagKeys }, { region }) => {
      const owned = requireTags(world, region, resourceArn);
      for (const key of tagKeys ?? []) owned.delete(key);
      return {};
    },
    ListTagsForResource: ({ resourceArn }, { region }) => ({
      tags: Object.fromEntries(requireTags(world, region, resourceArn)),
    }),
  } satisfies FisHandlers;
}

function summaryOf({ id, description, targets }: ActionType, { region, accountId }: RequestContext) {
  return {
    id,
    arn: `arn:aws:fis:${region}:${accountId}:action/${id}`,
    description,
    targets: Object.fromEntries(Object.entries(targets).map(([name, resourceType]) => [name, { resourceType }])),
  };
}

function requireTags(world: World, region: string, arn: string | undefined): Map<string, string> {
  const { templates, experiments } = world.state(fisSlot, region);
  const found = [...templates.values(), ...experiments.values()].find((resource) => resource.arn === arn);
  if (!found) throw notFound(`Resource ${arn} could not be found.`);
  return found.tags;
}
