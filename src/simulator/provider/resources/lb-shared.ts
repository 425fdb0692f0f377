import { elasticLoadBalancingV2 as elb } from "../../services/elastic-load-balancing-v2/service.js";
import type { Change, ResourceContext } from "../resource-type.js";
import { tagChange, tagList, tagMap, type Tags } from "./tags.js";

/** Names of load balancers and target groups are short. */
export const MAX_NAME = 32;

export type Attributes = readonly { readonly Key: string; readonly Value: string }[];

/** Attributes that have a value, as text. */
export function pairs(values: Readonly<Record<string, string | number | boolean | undefined>>): Attributes {
  return Object.entries(values).flatMap(([Key, value]) => (value === undefined ? [] : [{ Key, Value: String(value) }]));
}

/** The attributes that are new or different. */
export function changedAttributes(before: Attributes, after: Attributes): Attributes {
  return after.filter(({ Key, Value }) => !before.some((one) => one.Key === Key && one.Value === Value));
}

/** ELB refuses an empty list of tags. */
export function tagsOrNone(tags: Tags | undefined) {
  return tags && Object.keys(tags).length > 0 ? tagList(tags) : undefined;
}

/** The tags of a resource of ELB. */
export function tagsOf(aws: ResourceContext, arn: string): Tags {
  return tagMap(aws.call(elb, "DescribeTags", { ResourceArns: [arn] }).TagDescriptions?.[0]?.Tags);
}

/** Brings the tags of a resource of ELB in line. */
export function updateTags<In extends { readonly tags?: Tags | undefined }>(
  aws: ResourceContext,
  arn: string,
  change: Change<In>,
): void {
  const { set, remove } = tagChange(change);
  if (remove.length > 0) aws.call(elb, "RemoveTags", { ResourceArns: [arn], TagKeys: [...remove] });
  if (Object.keys(set).length > 0) aws.call(elb, "AddTags", { ResourceArns: [arn], Tags: tagList(set) });
}
