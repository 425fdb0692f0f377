import type { GetObjectCommandOutput, PutObjectRequest, ServerSideEncryption } from "@aws-sdk/client-s3";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { replicationStatus } from "./replication.js";
import {
  findBucket,
  requireBucket,
  type Bucket,
  type ObjectAttributes,
  type ObjectVersion,
  type S3Handlers,
} from "./state.js";
import { addVersion, bytesOf, currentVersion, encryptionFor, readVersion, removeVersion } from "./versions.js";

export function objectHandlers(world: World) {
  return {
    PutObject: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      checkConditions(bucket, input.Key, input);
      const version = addVersion(world, bucket, {
        key: input.Key ?? "",
        body: bytesOf(input.Body),
        attributes: attributesFrom(world, bucket, input),
        tags: parseTagging(input.Tagging),
      });
      return { ETag: version.etag, ...written(bucket, version) };
    },

    GetObject: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const version = readVersion(bucket, input.Key, input.VersionId);
      checkReadConditions(version, input);
      const range = input.Range === undefined ? undefined : parseRange(input.Range, version.body.length);
      const body = range ? version.body.subarray(range.first, range.last + 1) : version.body;
      return {
        ...head(bucket, version),
        ContentLength: body.length,
        ...(range ? { ContentRange: `bytes ${range.first}-${range.last}/${version.body.length}` } : {}),
        Body: asBody(body),
      };
    },

    HeadObject: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const version = asHead(() => readVersion(bucket, input.Key, input.VersionId));
      checkReadConditions(version, input);
      return head(bucket, version);
    },

    DeleteObject: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const { deleteMarker, versionId } = deleteObject(world, bucket, input.Key ?? "", input.VersionId);
      return {
        ...(deleteMarker ? { DeleteMarker: true } : {}),
        ...(versionId === undefined ? {} : { VersionId: versionId }),
      };
    },

    DeleteObjects: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const objects = input.Delete?.Objects ?? [];
      if (objects.length === 0 || objects.length > 1000)
        throw new ServiceError(
          "MalformedXML",
          "The XML you provided was not well-formed: 1 to 1000 objects are allowed",
        );
      const Deleted = objects.map(({ Key, VersionId }) => {
        const { deleteMarker, versionId } = deleteObject(world, bucket, Key ?? "", VersionId);
        return {
          Key,
          ...(VersionId === undefined ? {} : { VersionId }),
          ...(deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: versionId } : {}),
        };
      });
      return input.Delete?.Quiet ? {} : { Deleted };
    },

    CopyObject: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const { bucket: from, version: source } = readCopySource(world, input.CopySource);
      const replaces = input.MetadataDirective === "REPLACE";
      if (
        from === bucket &&
        source.key === input.Key &&
        !replaces &&
        !input.StorageClass &&
        !input.ServerSideEncryption
      )
        throw new ServiceError(
          "InvalidRequest",
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        );
      const given = attributesFrom(world, bucket, input);
      const version = addVersion(world, bucket, {
        key: input.Key ?? "",
        body: source.body,
        attributes: replaces
          ? given
          : {
              ...source.attributes,
              storageClass: input.StorageClass ?? source.attributes.storageClass,
              encryption: given.encryption,
            },
        tags: input.TaggingDirective === "REPLACE" ? parseTagging(input.Tagging) : source.tags,
      });
      return {
        CopyObjectResult: { ETag: version.etag, LastModified: toDate(version) },
        ...(from.versioning ? { CopySourceVersionId: source.versionId } : {}),
        ...written(bucket, version),
      };
    },

    PutObjectTagging: (input, { region }) => {
      const version = readVersion(requireBucket(world, region, input.Bucket), input.Key, input.VersionId);
      version.tags = new Map((input.Tagging?.TagSet ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
      return { VersionId: version.versionId };
    },

    GetObjectTagging: (input, { region }) => {
      const version = readVersion(requireBucket(world, region, input.Bucket), input.Key, input.VersionId);
      return { VersionId: version.versionId, TagSet: [...version.tags].map(([Key, Value]) => ({ Key, Value })) };
    },

    DeleteObjectTagging: (input, { region }) => {
      const version = readVersion(requireBucket(world, region, input.Bucket), input.Key, input.VersionId);
      version.tags = new Map();
      return { VersionId: version.versionId };
    },
  } satisfies S3Handlers;
}

/** Deletes as S3 does: with versioning by a marker, without it or by version id for good. */
function deleteObject(
  world: World,
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
): { readonly deleteMarker: boolean; readonly versionId: string | undefined } {
  if (versionId !== undefined) {
    const removed = removeVersion(world, bucket, key, versionId);
    return { deleteMarker: removed?.deleteMarker ?? false, versionId };
  }
  if (bucket.versioning === undefined) {
    removeVersion(world, bucket, key, "null");
    return { deleteMarker: false, versionId: undefined };
  }
  const encryption = { algorithm: "AES256", kmsKeyArn: undefined };
  const marker = addVersion(world, bucket, {
    key,
    body: new Uint8Array(),
    deleteMarker: true,
    attributes: { encryption },
  });
  return { deleteMarker: true, versionId: marker.versionId };
}

/** The object that a copy reads, in whichever Region: that one has to answer. */
export function readCopySource(
  world: World,
  copySource: string | undefined,
): { readonly bucket: Bucket; readonly version: ObjectVersion } {
  const [path = "", query = ""] = (copySource ?? "").split("?versionId=");
  const [, name = "", key = ""] = /^\/?([^/]+)\/(.+)$/.exec(decodeURIComponent(path)) ?? [];
  const region = findBucket(world, name)?.region;
  if (region !== undefined && world.impairment(region))
    throw new ServiceError("ServiceUnavailable", `The service in ${region} is unavailable.`, { status: 503 });
  const bucket = requireBucket(world, region ?? "", name);
  return { bucket, version: readVersion(bucket, key, query === "" ? undefined : query) };
}

/** Headers of a stored object that a caller gives. */
export function attributesFrom(
  world: World,
  bucket: Bucket,
  input: Pick<
    PutObjectRequest,
    | "ContentType"
    | "CacheControl"
    | "ContentDisposition"
    | "ContentEncoding"
    | "ContentLanguage"
    | "Metadata"
    | "StorageClass"
    | "ServerSideEncryption"
    | "SSEKMSKeyId"
  >,
): ObjectAttributes {
  return {
    contentType: input.ContentType,
    cacheControl: input.CacheControl,
    contentDisposition: input.ContentDisposition,
    contentEncoding: input.ContentEncoding,
    contentLanguage: input.ContentLanguage,
    metadata: input.Metadata,
    storageClass: input.StorageClass,
    encryption: encryptionFor(world, bucket, input.ServerSideEncryption, input.SSEKMSKeyId),
  };
}

/** Tags as a query string, the form of the x-amz-tagging header. */
export function parseTagging(tagging: string | undefined): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(tagging ?? ""));
}

/** What every call that wrote a version answers. */
export function written(bucket: Bucket, version: ObjectVersion) {
  return {
    ServerSideEncryption: version.attributes.encryption.algorithm as ServerSideEncryption,
    ...(version.attributes.encryption.kmsKeyArn ? { SSEKMSKeyId: version.attributes.encryption.kmsKeyArn } : {}),
    ...(bucket.versioning ? { VersionId: version.versionId } : {}),
  };
}

/** Headers that GET and HEAD answer alike. */
function head(bucket: Bucket, version: ObjectVersion) {
  const { attributes } = version;
  return {
    AcceptRanges: "bytes",
    ContentLength: version.body.length,
    ETag: version.etag,
    LastModified: toDate(version),
    ContentType: attributes.contentType ?? "binary/octet-stream",
    CacheControl: attributes.cacheControl,
    ContentDisposition: attributes.contentDisposition,
    ContentEncoding: attributes.contentEncoding,
    ContentLanguage: attributes.contentLanguage,
    Metadata: { ...attributes.metadata },
    ReplicationStatus: replicationStatus(version),
    ...written(bucket, version),
  };
}

/** HTTP dates have whole seconds, and so have S3's. */
function toDate({ lastModified }: ObjectVersion): Date {
  return new Date(Math.floor(lastModified / 1000) * 1000);
}

/** A HEAD has no body to say more in. */
function asHead<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404)
      throw new ServiceError("NotFound", "Not Found", { status: 404 });
    throw error;
  }
}

interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

/**
 * Conditions of a write.
 *
 * @throws ServiceError PreconditionFailed, NoSuchKey for an ETag of an object that is not there
 */
export function checkConditions(bucket: Bucket, key: string | undefined, { IfMatch, IfNoneMatch }: Conditions): void {
  const latest = currentVersion(bucket, key ?? "");
  const current = latest?.deleteMarker ? undefined : latest;
  if (IfNoneMatch === "*" && current) throw preconditionFailed("If-None-Match");
  if (IfMatch === undefined) return;
  if (!current)
    throw new ServiceError("NoSuchKey", "The specified key does not exist.", { status: 404, fields: { Key: key } });
  if (!sameEtag(IfMatch, current.etag)) throw preconditionFailed("If-Match");
}

function checkReadConditions(version: ObjectVersion, { IfMatch, IfNoneMatch }: Conditions): void {
  if (IfMatch !== undefined && !sameEtag(IfMatch, version.etag)) throw preconditionFailed("If-Match");
  if (IfNoneMatch !== undefined && (IfNoneMatch === "*" || sameEtag(IfNoneMatch, version.etag)))
    throw new ServiceError("NotModified", "Not Modified", { status: 304 });
}

function sameEtag(a: string, b: string): boolean {
  return a.replaceAll('"', "") === b.replaceAll('"', "");
}

function preconditionFailed(condition: string): ServiceError {
  return new ServiceError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    status: 412,
    fields: { Condition: condition },
  });
}

function parseRange(range: string, size: number): { readonly first: number; readonly last: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range);
  // A range of another form is ignored, as HTTP says.
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const first = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (first >= size || last < first)
    throw new ServiceError("InvalidRange", "The requested range is not satisfiable", { status: 416 });
  return { first, last };
}

/** Handlers answer bytes; the HTTP endpoint turns them into the stream that the client's type promises. */
function asBody(bytes: Uint8Array): NonNullable<GetObjectCommandOutput["Body"]> {
  return bytes as unknown as NonNullable<GetObjectCommandOutput["Body"]>;
}
