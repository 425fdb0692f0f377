import type { World } from "../../world.js";
import { optionsOf, toTemplate, toTemplateSummary } from "./answers.js";
import { notFound, quotaExceeded, validation } from "./errors.js";
import { once, page, parseTags } from "./requests.js";
import { fisSlot, newId, type FisHandlers, type TemplateRecord } from "./state.js";
import { parseTemplate } from "./template-input.js";

/** Default quota of an account and Region (FIS user guide, fis-quotas.md). */
const MAX_TEMPLATES = 500;

/** Experiment templates. */
export function templateHandlers(world: World) {
  return {
    CreateExperimentTemplate: (input, { region, accountId }) => {
      const content = parseTemplate(input);
      const tags = parseTags(input.tags);
      const { templates } = world.state(fisSlot, region);
      return once(
        world,
        region,
        "CreateExperimentTemplate",
        input,
        templates,
        () => {
          if (templates.size >= MAX_TEMPLATES)
            throw quotaExceeded(`There are already ${MAX_TEMPLATES} experiment templates.`);
          const id = newId(world, region, "EXT");
          const arn = `arn:aws:fis:${region}:${accountId}:experiment-template/${id}`;
          const now = world.now();
          return { id, arn, region, createdAt: now, updatedAt: now, content, tags };
        },
        (template) => ({ experimentTemplate: toTemplate(template) }),
      );
    },

    GetExperimentTemplate: ({ id }, { region }) => ({
      experimentTemplate: toTemplate(requireTemplate(world, region, id)),
    }),

    UpdateExperimentTemplate: (input, { region }) => {
      const template = requireTemplate(world, region, input.id);
      const { accountTargeting } = (input.experimentOptions ?? {}) as { readonly accountTargeting?: unknown };
      if (accountTargeting !== undefined) throw validation("accountTargeting can't be changed.");
      const changes = Object.entries(input).filter(([name, value]) => name !== "id" && value !== undefined);
      const experimentOptions = { ...optionsOf(template.content), ...input.experimentOptions };
      template.content = parseTemplate({ ...template.content, ...Object.fromEntries(changes), experimentOptions });
      template.updatedAt = world.now();
      return { experimentTemplate: toTemplate(template) };
    },

    DeleteExperimentTemplate: ({ id }, { region }) => {
      const template = requireTemplate(world, region, id);
      world.state(fisSlot, region).templates.delete(template.id);
      return { experimentTemplate: toTemplate(template) };
    },

    ListExperimentTemplates: (input, { region }) => {
      const { items, next } = page([...world.state(fisSlot, region).templates.values()], input);
      return { experimentTemplates: items.map(toTemplateSummary), ...next };
    },
  } satisfies FisHandlers;
}

/** @throws ServiceError ResourceNotFoundException */
export function requireTemplate(world: World, region: string, id: string | undefined): TemplateRecord {
  const template = world.state(fisSlot, region).templates.get(id ?? "");
  if (!template) throw notFound(`Experiment template ${id} could not be found.`);
  return template;
}
