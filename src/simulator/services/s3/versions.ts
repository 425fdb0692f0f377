import { createHash } from "node:crypto";

import { hexOf } from "../../identifiers.js";
import { announceReachability } from "../../reachability.js";
import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { findKey } from "../kms/state.js";
import { replicateVersion } from "./replication.js";
import { accessDenied, type Bucket, type ObjectAttributes, type ObjectVersion } from "./state.js";

/** The ETag of an object that was written in one piece. */
export function etagOf(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

/** What a client sent as an object's body, as bytes. */
export function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  throw new ServiceError("NotImplemented", "the simulated s3 takes bodies as strings or bytes", { status: 501 });
}

export interface NewVersion {
  readonly key: string;
  readonly body: Uint8Array;
  readonly etag?: string;
  readonly deleteMarker?: boolean;
  readonly attributes: ObjectAttributes;
  readonly tags?: ReadonlyMap<string, string>;
}

/** Writes a new version of an object, or replaces it in a bucket without versioning, and lets it replicate. */
export function addVersion(world: World, bucket: Bucket, given: NewVersion): ObjectVersion {
  const { key, body, attributes } = given;
  if (key === "" || Buffer.byteLength(key) > 1024)
    throw new ServiceError("KeyTooLongError", "Your key is too long, or empty");
  const version: ObjectVersion = {
    key,
    versionId: bucket.versioning === "Enabled" ? nextId(world, bucket, "version", key) : "null",
    lastModified: world.now(),
    deleteMarker: given.deleteMarker ?? false,
    body,
    etag: given.etag ?? etagOf(body),
    attributes,
    tags: given.tags ?? new Map(),
    replication: undefined,
  };
  insertVersion(bucket, version);
  announceChange(world, bucket);
  replicateVersion(world, bucket, version);
  return version;
}

/** An id that depends on the key and on how many it has had, not on the order of calls for other keys. */
export function nextId(world: World, bucket: Bucket, kind: "version" | "upload", key: string): string {
  const made = (bucket.idsMade.get(`${kind}/${key}`) ?? 0) + 1;
  bucket.idsMade.set(`${kind}/${key}`, made);
  return hexOf(["s3", world.seed, bucket.name, kind, key, made], 32);
}

/** Puts a version among the others of its key, by age; one with the same id is replaced. */
export function insertVersion(bucket: Bucket, version: ObjectVersion): void {
  const others = (bucket.objects.get(version.key) ?? []).filter(({ versionId }) => versionId !== version.versionId);
  const position = others.findIndex(({ lastModified }) => lastModified <= version.lastModified);
  others.splice(position < 0 ? others.length : position, 0, version);
  bucket.objects.set(version.key, others);
}

/** Removes a version for good; it is not replicated. */
export function removeVersion(world: World, bucket: Bucket, key: string, versionId: string): ObjectVersion | undefined {
  const versions = bucket.objects.get(key) ?? [];
  const removed = versions.find((version) => version.versionId === versionId);
  const left = versions.filter((version) => version !== removed);
  if (left.length > 0) bucket.objects.set(key, left);
  else bucket.objects.delete(key);
  announceChange(world, bucket);
  return removed;
}

/** Health checks may look at an object from outside. */
function announceChange(world: World, bucket: Bucket): void {
  announceReachability(world, `${bucket.name}.s3.${bucket.region}.amazonaws.com`);
}

/** The version that a GET without a version id answers, also when it is a delete marker. */
export function currentVersion(bucket: Bucket, key: string): ObjectVersion | undefined {
  return bucket.objects.get(key)?.[0];
}

/**
 * The version to read.
 *
 * @throws ServiceError NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker that is asked for by id
 */
export function readVersion(bucket: Bucket, key: string | undefined, versionId: string | undefined): ObjectVersion {
  const versions = bucket.objects.get(key ?? "") ?? [];
  const version =
    versionId === undefined ? versions[0] : versions.find((candidate) => candidate.versionId === versionId);
  if (version && !version.deleteMarker) return version;
  if (versionId !== undefined && version)
    throw new ServiceError("MethodNotAllowed", "The specified method is not allowed against this resource.", {
      status: 405,
    });
  if (versionId !== undefined)
    throw new ServiceError("NoSuchVersion", "The specified version does not exist.", { status: 404 });
  throw new ServiceError("NoSuchKey", "The specified key does not exist.", { status: 404, fields: { Key: key } });
}

/** A bucket's default encryption, or what the caller asks for instead. */
export function encryptionFor(
  world: World,
  bucket: Bucket,
  algorithm: string | undefined,
  keyReference: string | undefined,
): ObjectAttributes["encryption"] {
  const byDefault = bucket.encryption.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
  const chosen = algorithm ?? byDefault?.SSEAlgorithm ?? "AES256";
  if (!chosen.startsWith("aws:kms")) return { algorithm: chosen, kmsKeyArn: undefined };
  const reference = keyReference ?? (algorithm === undefined ? byDefault?.KMSMasterKeyID : undefined) ?? "alias/aws/s3";
  const key = findKey(world, bucket.region, reference);
  if (!key) throw new ServiceError("KMS.NotFoundException", `Key '${reference}' does not exist`);
  if (key.state !== "Enabled") throw accessDenied();
  return { algorithm: chosen, kmsKeyArn: key.arn };
}
