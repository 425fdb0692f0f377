import type { Api } from "../../service.js";
import type { World } from "../../world.js";
import { ec2 } from "../ec2/service.js";
import { rds } from "../rds/service.js";
import type { ExperimentRecord } from "./state.js";
import { parseSelection, select } from "./selection.js";
import type { TargetInput } from "./template-input.js";

/** A resource that a target may choose: what its Describe operation answers, with its tags. */
interface Candidate {
  readonly arn: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly description: object;
}

/** Targets could not be resolved: the experiment fails before any action. */
export interface ResolutionFailure {
  readonly failed: string;
}

/** What each target resolves to. An empty list is allowed where the template says `skip`. */
export function resolveTargets(
  world: World,
  experiment: ExperimentRecord,
): { readonly resolved: ReadonlyMap<string, readonly string[]> } | ResolutionFailure {
  const resolved = new Map<string, readonly string[]>();
  const maySkip = experiment.content.experimentOptions?.emptyTargetResolutionMode === "skip";
  for (const [name, target] of Object.entries(experiment.content.targets ?? {})) {
    const candidates = describe(world, experiment, target.resourceType);
    const matching = target.resourceArns?.length
      ? candidates.filter(({ arn }) => target.resourceArns?.includes(arn))
      : candidates.filter((candidate) => matches(candidate, target));
    const missing = target.resourceArns?.find((arn) => !matching.some((candidate) => candidate.arn === arn));
    // Named resources that are missing fail the experiment, whatever the mode.
    if (missing !== undefined) return { failed: `Target ${name}: ${missing} could not be found.` };
    const selection = parseSelection(target.selectionMode) ?? { kind: "all" };
    const arns = matching.map(({ arn }) => arn).sort();
    const chosen = select(arns, selection, world.draw, `fis/${experiment.id}/${name}`);
    if (chosen.length === 0 && !maySkip) return { failed: `Target resolution returned empty set for target ${name}.` };
    resolved.set(name, chosen);
  }
  return { resolved };
}

/** Tags AND, filters AND, the values of a filter OR. */
function matches({ tags, description }: Candidate, { resourceTags, filters }: TargetInput): boolean {
  return (
    Object.entries(resourceTags ?? {}).every(([key, value]) => tags.get(key) === value) &&
    (filters ?? []).every(({ path, values }) =>
      valuesAt(description, path.split(".")).some((value) => values.includes(value)),
    )
  );
}

/** The values at a path such as Placement.AvailabilityZone; lists on the way stand for each of their items. */
function valuesAt(node: unknown, path: readonly string[]): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => valuesAt(item, path));
  const [head, ...rest] = path;
  if (head === undefined) {
    return typeof node === "string" || typeof node === "number" || typeof node === "boolean" ? [String(node)] : [];
  }
  if (typeof node !== "object" || node === null || !Object.hasOwn(node, head)) return [];
  return valuesAt((node as Readonly<Record<string, unknown>>)[head], rest);
}

function describe(world: World, { api, region, cause }: ExperimentRecord, resourceType: string): Candidate[] {
  switch (resourceType) {
    case "aws:ec2:instance":
      return describeInstances(world, api, region, cause);
    case "aws:rds:db":
      return describeDatabases(api, region, cause);
    default:
      return [];
  }
}

function describeInstances(world: World, api: Api, region: string, cause: string): Candidate[] {
  const { Reservations = [] } = api.call(ec2, "DescribeInstances", {}, { region, cause });
  return (
    Reservations.flatMap(({ Instances = [] }) => Instances)
      // What has been terminated stays in descriptions for an hour, and can't be acted on.
      .filter(({ State }) => State?.Name !== "terminated")
      .map((instance) => ({
        arn: `arn:aws:ec2:${region}:${world.accountId}:instance/${instance.InstanceId}`,
        tags: new Map((instance.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
        description: instance,
      }))
  );
}

function describeDatabases(api: Api, region: string, cause: string): Candidate[] {
  const candidates: Candidate[] = [];
  let marker: string | undefined;
  do {
    const input = marker === undefined ? {} : { Marker: marker };
    const { DBInstances = [], Marker } = api.call(rds, "DescribeDBInstances", input, { region, cause });
    for (const instance of DBInstances) {
      const tags = new Map((instance.TagList ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
      candidates.push({ arn: instance.DBInstanceArn ?? "", tags, description: instance });
    }
    marker = Marker;
  } while (marker !== undefined);
  return candidates;
}
