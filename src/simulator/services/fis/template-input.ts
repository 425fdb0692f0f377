import { z } from "zod";

import { actionTypeOf, notModelled, requireTargetType } from "./catalogue.js";
import { parseDuration } from "./duration.js";
import { validation } from "./errors.js";
import { parseSelection } from "./selection.js";

/**
 * What a template says, checked. Limits are those of the service model of 2020-12-01; a description longer than 512
 * characters is refused as the model says, although some of AWS's own samples have one. White space around values of
 * parameters is accepted and cut off, since templates in the wild have it.
 */
const text = (max: number) => z.string().min(1).max(max);
const texts = z.record(z.string(), z.string());
const parameters = z.record(
  text(64),
  z
    .string()
    .max(1024)
    .transform((value) => value.trim()),
);

const target = z.object({
  resourceType: text(128),
  resourceArns: z.array(text(2048).min(20)).max(5).optional(),
  resourceTags: texts.optional(),
  filters: z.array(z.object({ path: text(256), values: z.array(text(128)).min(1) })).optional(),
  selectionMode: text(64),
  parameters: parameters.optional(),
});

const action = z.object({
  actionId: text(128),
  description: text(512).optional(),
  parameters: parameters.optional(),
  targets: z.record(text(64), text(64)).optional(),
  startAfter: z.array(text(64)).optional(),
});

const stopCondition = z.object({ source: text(64), value: z.string().min(20).max(2048).optional() });

const template = z.object({
  description: text(512),
  roleArn: text(2048).min(20),
  stopConditions: z.array(stopCondition).min(1).max(5),
  targets: z.record(text(64), target).optional(),
  actions: z
    .record(text(64), action)
    .refine((actions) => Object.keys(actions).length > 0, "must have an action")
    .refine((actions) => Object.keys(actions).length <= 20, "must have at most 20 actions"),
  logConfiguration: z.record(z.string(), z.unknown()).optional(),
  experimentOptions: z
    .object({
      accountTargeting: z.enum(["single-account", "multi-account"]).optional(),
      emptyTargetResolutionMode: z.enum(["fail", "skip"]).optional(),
    })
    .optional(),
  experimentReportConfiguration: z.record(z.string(), z.unknown()).optional(),
});

/** A template's content; what is absent has its default when it is used. */
export type TemplateInput = z.infer<typeof template>;
export type TargetInput = z.infer<typeof target>;
export type ActionInput = z.infer<typeof action>;

/**
 * Checks a template's content, also that each action is paired with targets of the type that it works on.
 *
 * @throws ServiceError ValidationException naming the first thing that is wrong
 */
export function parseTemplate(input: unknown): TemplateInput {
  const parsed = template.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw validation(`Invalid value for ${issue?.path.join(".") || "the template"}: ${issue?.message ?? "malformed"}.`);
  }
  const content = parsed.data;
  const targets = content.targets ?? {};
  if (content.experimentOptions?.accountTargeting === "multi-account") throw notModelled("multi-account experiments");
  for (const { source, value } of content.stopConditions) checkStopCondition(source, value);
  for (const [name, given] of Object.entries(targets)) checkTarget(name, given);
  for (const [name, given] of Object.entries(content.actions)) checkAction(name, given, targets, content.actions);
  checkOrder(content.actions);
  return content;
}

function checkStopCondition(source: string, value: string | undefined): void {
  if (source === "none" && value === undefined) return;
  if (source === "aws:cloudwatch:alarm" && /^arn:aws[a-z-]*:cloudwatch:[^:]+:[^:]+:alarm:.+$/.test(value ?? "")) return;
  throw validation(
    `Stop condition ${source} must be "none", or "aws:cloudwatch:alarm" with an alarm's ARN as its value.`,
  );
}

function checkTarget(
  name: string,
  { resourceType, resourceArns, resourceTags, filters, selectionMode, parameters }: TargetInput,
): void {
  requireKnownType(name, resourceType);
  const hasArns = (resourceArns?.length ?? 0) > 0;
  const hasTags = Object.keys(resourceTags ?? {}).length > 0;
  if (hasArns && (hasTags || (filters?.length ?? 0) > 0)) {
    throw validation(`Target ${name} can't have resource ARNs together with tags or filters.`);
  }
  if (!hasArns && !hasTags) throw validation(`Target ${name} must have at least one resource ARN or one resource tag.`);
  if (!parseSelection(selectionMode))
    throw validation(`Target ${name} has an invalid selection mode ${selectionMode}.`);
  const [parameter] = Object.keys(parameters ?? {});
  if (parameter !== undefined)
    throw validation(`Target ${name} has an invalid parameter ${parameter} for ${resourceType}.`);
}

function requireKnownType(name: string, resourceType: string): void {
  try {
    requireTargetType(resourceType);
  } catch {
    if (/^aws:[a-z0-9-]+:[a-z0-9-]+$/.test(resourceType)) throw notModelled(`targets of type ${resourceType}`);
    throw validation(`Target ${name} has an invalid resource type ${resourceType}.`);
  }
}

function checkAction(
  name: string,
  given: ActionInput,
  targets: Readonly<Record<string, TargetInput>>,
  actions: Readonly<Record<string, ActionInput>>,
): void {
  const type = actionTypeOf(name, given.actionId);
  for (const [key, targetName] of Object.entries(given.targets ?? {})) {
    const wanted = type.targets[key];
    if (wanted === undefined) throw validation(`Action ${name} (${type.id}) has no target named ${key}.`);
    const found = targets[targetName]?.resourceType;
    if (found === undefined)
      throw validation(`Action ${name} references the target ${targetName}, which does not exist.`);
    if (found !== wanted) {
      throw validation(
        `Action ${name} (${type.id}) needs targets of type ${wanted} as ${key}, but ${targetName} is of type ${found}.`,
      );
    }
  }
  for (const key of Object.keys(type.targets)) {
    if (given.targets?.[key] === undefined)
      throw validation(`Action ${name} (${type.id}) must have a target named ${key}.`);
  }
  checkParameters(name, given, type.parameters);
  for (const other of given.startAfter ?? []) {
    if (actions[other] === undefined) throw validation(`Action ${name} starts after ${other}, which does not exist.`);
  }
}

/** FIS accepts from one minute to twelve hours. */
const MIN_DURATION_MS = 60_000;
const MAX_DURATION_MS = 12 * 60 * 60 * 1000;

function checkParameters(
  name: string,
  given: ActionInput,
  known: Readonly<Record<string, { readonly required: boolean; readonly kind: "duration" | "boolean" }>>,
): void {
  for (const [parameter, value] of Object.entries(given.parameters ?? {})) {
    const kind = known[parameter]?.kind;
    if (kind === undefined) throw validation(`Action ${name} (${given.actionId}) has no parameter ${parameter}.`);
    const duration = kind === "duration" ? parseDuration(value) : undefined;
    const isValid =
      kind === "boolean"
        ? value === "true" || value === "false"
        : duration !== undefined && duration >= MIN_DURATION_MS && duration <= MAX_DURATION_MS;
    if (!isValid) {
      const allowed = kind === "boolean" ? "true or false" : "a duration from PT1M to PT12H";
      throw validation(`Parameter ${parameter} of action ${name} must be ${allowed}.`);
    }
  }
  for (const [parameter, { required }] of Object.entries(known)) {
    if (required && given.parameters?.[parameter] === undefined) {
      throw validation(`Action ${name} (${given.actionId}) must have the parameter ${parameter}.`);
    }
  }
}

/** Actions that wait for each other would never start. */
function checkOrder(actions: Readonly<Record<string, ActionInput>>): void {
  const settled = new Set<string>();
  for (let before = -1; before !== settled.size;) {
    before = settled.size;
    for (const [name, { startAfter }] of Object.entries(actions)) {
      if ((startAfter ?? []).every((other) => settled.has(other))) settled.add(name);
    }
  }
  const waiting = Object.keys(actions).find((name) => !settled.has(name));
  if (waiting !== undefined) throw validation(`Action ${waiting} is in a cycle of startAfter.`);
}
