import type { RequestContext } from "../../service.js";
import type { World } from "../../world.js";
import { toExperiment, toExperimentSummary } from "./answers.js";
import { notFound, quotaExceeded, validation } from "./errors.js";
import { launch, stop, watchAlarms } from "./experiments.js";
import { once, page, parseTags } from "./requests.js";
import {
  fisSlot,
  hasEnded,
  newId,
  type ActionsMode,
  type ExperimentRecord,
  type FisHandlers,
  type TemplateRecord,
} from "./state.js";
import { requireTemplate } from "./template-handlers.js";

/** Default quota of an account and Region (FIS user guide, fis-quotas.md). */
const MAX_ACTIVE_EXPERIMENTS = 5;

/** Experiments. */
export function experimentHandlers(world: World) {
  const watched = new Set<string>();

  return {
    StartExperiment: (input, context) => {
      const { region } = context;
      const template = requireTemplate(world, region, input.experimentTemplateId);
      const actionsMode = parseActionsMode(input);
      const tags = parseTags(input.tags);
      const { experiments } = world.state(fisSlot, region);
      return once(
        world,
        region,
        "StartExperiment",
        input,
        experiments,
        () => {
          const active = [...experiments.values()].filter(({ status }) => !hasEnded(status));
          if (active.length >= MAX_ACTIVE_EXPERIMENTS) {
            throw quotaExceeded(`There are already ${MAX_ACTIVE_EXPERIMENTS} active experiments.`);
          }
          if (!watched.has(region)) watchAlarms(world, region);
          watched.add(region);
          const experiment = newExperiment(world, template, actionsMode, tags, context);
          launch(world, experiment);
          return experiment;
        },
        (experiment) => ({ experiment: toExperiment(experiment) }),
      );
    },

    GetExperiment: ({ id }, { region }) => ({ experiment: toExperiment(requireExperiment(world, region, id)) }),

    StopExperiment: ({ id }, { region }) => {
      const experiment = requireExperiment(world, region, id);
      if (hasEnded(experiment.status)) throw validation(`Experiment ${experiment.id} has already ended.`);
      stop(world, experiment, "stopped", "Experiment was stopped by user.");
      return { experiment: toExperiment(experiment) };
    },

    ListExperiments: (input, { region }) => {
      const { experimentTemplateId } = input as { readonly experimentTemplateId?: string };
      const all = [...world.state(fisSlot, region).experiments.values()].reverse();
      const chosen =
        experimentTemplateId === undefined ? all : all.filter(({ templateId }) => templateId === experimentTemplateId);
      const { items, next } = page(chosen, input);
      return { experiments: items.map(toExperimentSummary), ...next };
    },

    ListExperimentResolvedTargets: (input, { region }) => {
      const experiment = requireExperiment(world, region, input.experimentId);
      const all = [...experiment.resolved].flatMap(([targetName, arns]) =>
        arns.map((arn) => ({
          targetName,
          resourceType: experiment.content.targets?.[targetName]?.resourceType ?? "",
          targetInformation: { arn },
        })),
      );
      const { items, next } = page(
        input.targetName === undefined ? all : all.filter(({ targetName }) => targetName === input.targetName),
        input,
      );
      return { resolvedTargets: [...items], ...next };
    },
  } satisfies FisHandlers;
}

function newExperiment(
  world: World,
  { id: templateId, region, content }: TemplateRecord,
  actionsMode: ActionsMode,
  tags: Map<string, string>,
  { accountId, api, cause }: RequestContext,
): ExperimentRecord {
  const id = newId(world, region, "EXP");
  const actions = Object.keys(content.actions).map((name) => ({
    name,
    status: "pending" as const,
    reason: "Initial state",
    startedAt: undefined,
    endedAt: undefined,
    stop: undefined,
  }));
  return {
    id,
    arn: `arn:aws:fis:${region}:${accountId}:experiment/${id}`,
    region,
    templateId,
    content,
    actionsMode,
    tags,
    createdAt: world.now(),
    actions: new Map(actions.map((action) => [action.name, action])),
    resolved: new Map(),
    status: "pending",
    reason: "Experiment is pending.",
    startedAt: undefined,
    endedAt: undefined,
    cause,
    api,
  };
}

function requireExperiment(world: World, region: string, id: string | undefined): ExperimentRecord {
  const experiment = world.state(fisSlot, region).experiments.get(id ?? "");
  if (!experiment) throw notFound(`Experiment ${id} could not be found.`);
  return experiment;
}

/** Old clients drop the option on sending; what reaches the service is what counts. */
function parseActionsMode(input: object): ActionsMode {
  const { experimentOptions } = input as { readonly experimentOptions?: { readonly actionsMode?: unknown } | null };
  const mode = experimentOptions?.actionsMode ?? "run-all";
  if (mode === "run-all" || mode === "skip-all") return mode;
  throw validation("actionsMode must be run-all or skip-all.");
}
