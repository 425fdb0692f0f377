import type { CommonPrefix, ObjectStorageClass } from "@aws-sdk/client-s3";

import type { World } from "../../world.js";
import { ownerId, requireBucket, type Bucket, type ObjectVersion, type S3Handlers } from "./state.js";

/** Entries that one answer holds at most, and by default. */
const MAX_KEYS = 1000;

type Entry = { readonly name: string } & (
  { readonly prefix: true } | { readonly prefix: false; readonly version: ObjectVersion }
);

export function listingHandlers(world: World) {
  return {
    ListObjectsV2: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const after = input.ContinuationToken === undefined ? input.StartAfter : decodeToken(input.ContinuationToken);
      const { shown, next } = slice(currentEntries(bucket, input.Prefix, input.Delimiter), after, input.MaxKeys);
      const encode = encoder(input.EncodingType);
      const Contents = shown.flatMap((entry) => (entry.prefix ? [] : [toObject(entry.version, encode)]));
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ""),
        MaxKeys: input.MaxKeys ?? MAX_KEYS,
        KeyCount: shown.length,
        IsTruncated: next !== undefined,
        ...(input.Delimiter === undefined ? {} : { Delimiter: encode(input.Delimiter) }),
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
        ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
        ...(next === undefined ? {} : { NextContinuationToken: encodeToken(next) }),
        ...(Contents.length > 0 ? { Contents } : {}),
        ...commonPrefixes(shown, encode),
      };
    },

    ListObjects: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const { shown, next } = slice(currentEntries(bucket, input.Prefix, input.Delimiter), input.Marker, input.MaxKeys);
      const encode = encoder(input.EncodingType);
      const Contents = shown.flatMap((entry) => (entry.prefix ? [] : [toObject(entry.version, encode)]));
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ""),
        Marker: encode(input.Marker ?? ""),
        MaxKeys: input.MaxKeys ?? MAX_KEYS,
        IsTruncated: next !== undefined,
        ...(input.Delimiter === undefined ? {} : { Delimiter: encode(input.Delimiter) }),
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        ...(next === undefined ? {} : { NextMarker: encode(next) }),
        ...(Contents.length > 0 ? { Contents } : {}),
        ...commonPrefixes(shown, encode),
      };
    },

    ListObjectVersions: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const all = group(allVersions(bucket), input.Prefix, input.Delimiter);
      const start =
        input.KeyMarker === undefined
          ? 0
          : all.findIndex((entry) => isAfter(entry, input.KeyMarker ?? "", input.VersionIdMarker, all));
      const rest = start < 0 ? [] : all.slice(start);
      const shown = rest.slice(0, limit(input.MaxKeys));
      const last = rest.length > shown.length ? shown.at(-1) : undefined;
      const encode = encoder(input.EncodingType);
      const versions = shown.flatMap((entry) => (entry.prefix ? [] : [entry.version]));
      const common = (version: ObjectVersion) => ({
        Key: encode(version.key),
        VersionId: version.versionId,
        IsLatest: bucket.objects.get(version.key)?.[0] === version,
        LastModified: new Date(version.lastModified),
        Owner: { ID: ownerId(world) },
      });
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ""),
        KeyMarker: encode(input.KeyMarker ?? ""),
        VersionIdMarker: input.VersionIdMarker ?? "",
        MaxKeys: input.MaxKeys ?? MAX_KEYS,
        IsTruncated: last !== undefined,
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        ...(input.Delimiter === undefined ? {} : { Delimiter: encode(input.Delimiter) }),
        ...(last === undefined
          ? {}
          : {
              NextKeyMarker: encode(last.name),
              ...(last.prefix ? {} : { NextVersionIdMarker: last.version.versionId }),
            }),
        Versions: versions
          .filter(({ deleteMarker }) => !deleteMarker)
          .map((version) => ({
            ...common(version),
            ETag: version.etag,
            Size: version.body.length,
            StorageClass: "STANDARD" as const,
          })),
        DeleteMarkers: versions.filter(({ deleteMarker }) => deleteMarker).map(common),
        ...commonPrefixes(shown, encode),
      };
    },
  } satisfies S3Handlers;
}

/** Versions by key, each key's newest first. */
function allVersions(bucket: Bucket): readonly ObjectVersion[] {
  return [...bucket.objects.keys()].sort().flatMap((key) => bucket.objects.get(key) ?? []);
}

function currentEntries(bucket: Bucket, prefix: string | undefined, delimiter: string | undefined): readonly Entry[] {
  const current = [...bucket.objects.keys()].sort().flatMap((key) => bucket.objects.get(key)?.slice(0, 1) ?? []);
  return group(
    current.filter(({ deleteMarker }) => !deleteMarker),
    prefix,
    delimiter,
  );
}

/** Entries under a prefix; those that share a part up to the delimiter count as one. */
function group(versions: readonly ObjectVersion[], prefix = "", delimiter = ""): readonly Entry[] {
  const entries: Entry[] = [];
  for (const version of versions) {
    if (!version.key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : version.key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? version.key : version.key.slice(0, end + delimiter.length);
    if (end < 0) entries.push({ name, prefix: false, version });
    else if (entries.at(-1)?.name !== name) entries.push({ name, prefix: true });
  }
  return entries;
}

/** Whether an entry of a list of versions comes after the last one of the page before. */
function isAfter(entry: Entry, key: string, versionId: string | undefined, all: readonly Entry[]): boolean {
  if (entry.name > key) return true;
  if (entry.name < key || entry.prefix || versionId === undefined) return false;
  const marker = all.findIndex(
    (other) => !other.prefix && other.version.key === key && other.version.versionId === versionId,
  );
  return all.indexOf(entry) > marker;
}

function slice(
  entries: readonly Entry[],
  after: string | undefined,
  maxKeys: number | undefined,
): { readonly shown: readonly Entry[]; readonly next: string | undefined } {
  const rest = after === undefined || after === "" ? entries : entries.filter(({ name }) => name > after);
  const shown = rest.slice(0, limit(maxKeys));
  return { shown, next: rest.length > shown.length ? shown.at(-1)?.name : undefined };
}

function limit(maxKeys: number | undefined): number {
  return Math.min(Math.max(maxKeys ?? MAX_KEYS, 0), MAX_KEYS);
}

function commonPrefixes(
  shown: readonly Entry[],
  encode: (text: string) => string,
): { CommonPrefixes?: CommonPrefix[] } {
  const prefixes = shown.filter(({ prefix }) => prefix).map(({ name }) => ({ Prefix: encode(name) }));
  return prefixes.length > 0 ? { CommonPrefixes: prefixes } : {};
}

function toObject(version: ObjectVersion, encode: (text: string) => string) {
  return {
    Key: encode(version.key),
    ETag: version.etag,
    Size: version.body.length,
    LastModified: new Date(version.lastModified),
    StorageClass: (version.attributes.storageClass ?? "STANDARD") as ObjectStorageClass,
  };
}

/** Keys may hold characters that XML can't: clients ask for them percent-encoded. */
function encoder(encoding: string | undefined): (text: string) => string {
  if (encoding !== "url") return (text) => text;
  return (text) => encodeURIComponent(text).replaceAll("%2F", "/");
}

function encodeToken(name: string): string {
  return Buffer.from(name).toString("base64");
}

function decodeToken(token: string): string {
  return Buffer.from(token, "base64").toString();
}
