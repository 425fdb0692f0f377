import type { ReplicationRule, ServerSideEncryption } from "@aws-sdk/client-s3";

import { workFor } from "../../region-outages.js";
import type { World } from "../../world.js";
import { findKey } from "../kms/state.js";
import { findBucket, type Bucket, type ObjectVersion } from "./state.js";
import { insertVersion } from "./versions.js";

/**
 * Replication of versions to other buckets, each some time after it was written. While either Region is impaired it
 * stands still: what was on the way is not in the other Region. Replicas are not replicated again, so that two buckets
 * may replicate to each other.
 */

/** Lets a new version replicate as the bucket's rules say. */
export function replicateVersion(world: World, bucket: Bucket, version: ObjectVersion): void {
  const rules = rulesFor(bucket, version);
  if (rules.length === 0) return;
  const destinations = new Map<string, "PENDING" | "COMPLETED" | "FAILED">();
  version.replication = { kind: "source", destinations };
  for (const rule of rules) {
    const name = destinationName(rule);
    destinations.set(name, "PENDING");
    const destinationRegion = findBucket(world, name)?.region ?? bucket.region;
    const row =
      rule.Destination?.ReplicationTime?.Status === "Enabled" ? "s3.replication-time-control" : "s3.replication";
    const subject = {
      region: destinationRegion,
      resource: `${bucket.name}/${version.key}`,
      occurrence: `${version.versionId}/${name}`,
    };
    workFor(world, row, subject, () => deliver(world, bucket, version, rule, destinations), [
      ...new Set([bucket.region, destinationRegion]),
    ]);
  }
}

function deliver(
  world: World,
  bucket: Bucket,
  version: ObjectVersion,
  rule: ReplicationRule,
  destinations: Map<string, "PENDING" | "COMPLETED" | "FAILED">,
): void {
  const name = destinationName(rule);
  const destination = findBucket(world, name);
  const isStillThere = bucket.objects.get(version.key)?.includes(version);
  if (!isStillThere || findBucket(world, bucket.name) !== bucket) return;
  const encryption = destination && replicaEncryption(world, destination, version, rule);
  if (destination?.versioning !== "Enabled" || !encryption) {
    destinations.set(name, "FAILED");
    return;
  }
  const storageClass = rule.Destination?.StorageClass ?? version.attributes.storageClass;
  insertVersion(destination, {
    ...version,
    attributes: { ...version.attributes, encryption, storageClass },
    replication: { kind: "replica" },
  });
  destinations.set(name, "COMPLETED");
}

function replicaEncryption(
  world: World,
  destination: Bucket,
  { attributes }: ObjectVersion,
  rule: ReplicationRule,
): ObjectVersion["attributes"]["encryption"] | undefined {
  const { algorithm } = attributes.encryption;
  if (!algorithm.startsWith("aws:kms")) return attributes.encryption;
  const key = findKey(world, destination.region, rule.Destination?.EncryptionConfiguration?.ReplicaKmsKeyID ?? "");
  return key?.state === "Enabled" ? { algorithm, kmsKeyArn: key.arn } : undefined;
}

/** The rules that apply to a version: per destination the one of highest priority. */
function rulesFor(bucket: Bucket, version: ObjectVersion): readonly ReplicationRule[] {
  if (bucket.versioning !== "Enabled") return [];
  const chosen = new Map<string, ReplicationRule>();
  const rules = [...(bucket.replication?.Rules ?? [])].sort((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0));
  for (const rule of rules) {
    const destination = destinationName(rule);
    if (rule.Status === "Enabled" && !chosen.has(destination) && applies(rule, version)) chosen.set(destination, rule);
  }
  return [...chosen.values()];
}

function applies(rule: ReplicationRule, version: ObjectVersion): boolean {
  const { Filter } = rule;
  const prefix = Filter?.And?.Prefix ?? Filter?.Prefix ?? rule.Prefix ?? "";
  if (!version.key.startsWith(prefix)) return false;
  if (version.deleteMarker) {
    // Rules without a filter (the first version of the format) replicate delete markers, those with one only if told.
    return Filter === undefined || rule.DeleteMarkerReplication?.Status === "Enabled";
  }
  const tags = [...(Filter?.And?.Tags ?? []), ...(Filter?.Tag ? [Filter.Tag] : [])];
  if (!tags.every(({ Key, Value }) => version.tags.get(Key ?? "") === Value)) return false;
  const encryptedWithKms = version.attributes.encryption.algorithm.startsWith("aws:kms" satisfies ServerSideEncryption);
  return !encryptedWithKms || rule.SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status === "Enabled";
}

/** The name of a rule's destination bucket, which it gives as an ARN. */
export function destinationName(rule: ReplicationRule): string {
  return (rule.Destination?.Bucket ?? "").replace(/^arn:aws[a-z-]*:s3:::/, "");
}

/** A version's x-amz-replication-status. */
export function replicationStatus({
  replication,
}: ObjectVersion): "PENDING" | "COMPLETED" | "FAILED" | "REPLICA" | undefined {
  if (!replication) return undefined;
  if (replication.kind === "replica") return "REPLICA";
  const states = [...replication.destinations.values()];
  if (states.includes("FAILED")) return "FAILED";
  return states.includes("PENDING") ? "PENDING" : "COMPLETED";
}

/** A version that is not at all of its destinations. */
export interface UnreplicatedObject {
  readonly key: string;
  readonly versionId: string;
  /** When it was written. Milliseconds since the epoch. */
  readonly writtenAt: number;
}

/**
 * What would be lost if the bucket's Region never came back: versions under replication rules that have not arrived.
 *
 * @param prefix - only keys that start with it. @default all
 */
export function unreplicatedObjects(world: World, bucketName: string, prefix = ""): readonly UnreplicatedObject[] {
  const versions = [...(findBucket(world, bucketName)?.objects.values() ?? [])].flat();
  return versions
    .filter(
      (version) => version.key.startsWith(prefix) && ["PENDING", "FAILED"].includes(replicationStatus(version) ?? ""),
    )
    .map(({ key, versionId, lastModified }) => ({ key, versionId, writtenAt: lastModified }))
    .sort((a, b) => a.writtenAt - b.writtenAt);
}

/** Seconds since the oldest version that has not arrived was written; 0 when all have. */
export function replicationLag(world: World, bucketName: string, prefix = ""): number {
  const [oldest] = unreplicatedObjects(world, bucketName, prefix);
  return oldest ? (world.now() - oldest.writtenAt) / 1000 : 0;
}
