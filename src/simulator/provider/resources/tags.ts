import type { ResourceType as Ec2TaggedType } from "@aws-sdk/client-ec2";

import { ec2 } from "../../services/ec2/service.js";
import type { Change, ResourceContext } from "../resource-type.js";

/** Tags as programs write them. */
export type Tags = Readonly<Record<string, string>>;

interface Tagged {
  readonly tags?: Tags | undefined;
}

/** Tags as most services take them. */
export function tagList(tags: Tags | undefined): { Key: string; Value: string }[] {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags as programs write them, from what a service answers; AWS's own are left out. */
export function tagMap(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Tags {
  return Object.fromEntries(
    (tags ?? []).filter(({ Key }) => !Key?.startsWith("aws:")).map(({ Key = "", Value = "" }) => [Key, Value]),
  );
}

/** Which tags have to be set and which removed. */
export function tagChange<In extends Tagged>({
  before,
  after,
}: Change<In>): { readonly set: Tags; readonly remove: readonly string[] } {
  const old: Tags = before.tags ?? {};
  const now: Tags = after.tags ?? {};
  return {
    set: Object.fromEntries(Object.entries(now).filter(([key, value]) => old[key] !== value)),
    remove: Object.keys(old).filter((key) => !(key in now)),
  };
}

/** The TagSpecifications of EC2's creating calls. */
export function tagSpecifications(type: Ec2TaggedType, tags: Tags | undefined) {
  return tags && Object.keys(tags).length > 0 ? [{ ResourceType: type, Tags: tagList(tags) }] : undefined;
}

/** Brings the tags of an EC2 resource in line. */
export function updateEc2Tags<In extends Tagged>(aws: ResourceContext, id: string, change: Change<In>): void {
  const { set, remove } = tagChange(change);
  if (remove.length > 0) aws.call(ec2, "DeleteTags", { Resources: [id], Tags: remove.map((Key) => ({ Key })) });
  if (Object.keys(set).length > 0) aws.call(ec2, "CreateTags", { Resources: [id], Tags: tagList(set) });
}

/** Asserts that a service answered what its contract promises. */
export function required<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`the service answered no ${what}`);
  return value;
}
