import { createHash } from "node:crypto";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { attributesFrom, checkConditions, parseTagging, readCopySource, written } from "./objects.js";
import { requireBucket, type Bucket, type S3Handlers, type Upload } from "./state.js";
import { addVersion, bytesOf, etagOf, nextId } from "./versions.js";

/** Bytes that every part but the last must have. */
const SMALLEST_PART = 5 * 1024 * 1024;

/** Uploads in parts, as clients send larger files. */
export function multipartHandlers(world: World) {
  function requireUpload(bucket: Bucket, id: string | undefined, key: string | undefined): Upload {
    const upload = bucket.uploads.get(id ?? "");
    if (upload?.key === key && upload !== undefined) return upload;
    throw new ServiceError("NoSuchUpload", "The specified upload does not exist.", { status: 404 });
  }

  function addPart(upload: Upload, number: number | undefined, body: Uint8Array): string {
    if (number === undefined || !(number >= 1 && number <= 10_000))
      throw new ServiceError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
    const etag = etagOf(body);
    upload.parts.set(number, { body, etag, at: world.now() });
    return etag;
  }

  return {
    CreateMultipartUpload: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const id = nextId(world, bucket, "upload", input.Key ?? "");
      bucket.uploads.set(id, {
        id,
        key: input.Key ?? "",
        startedAt: world.now(),
        attributes: attributesFrom(world, bucket, input),
        tags: parseTagging(input.Tagging),
        parts: new Map(),
      });
      return { Bucket: bucket.name, Key: input.Key, UploadId: id };
    },

    UploadPart: (input, { region }) => {
      const upload = requireUpload(requireBucket(world, region, input.Bucket), input.UploadId, input.Key);
      return { ETag: addPart(upload, input.PartNumber, bytesOf(input.Body)) };
    },

    UploadPartCopy: (input, { region }) => {
      const upload = requireUpload(requireBucket(world, region, input.Bucket), input.UploadId, input.Key);
      const { version } = readCopySource(world, input.CopySource);
      const [, first = "0", last] = /^bytes=(\d+)-(\d+)$/.exec(input.CopySourceRange ?? "") ?? [];
      const body = version.body.subarray(Number(first), last === undefined ? undefined : Number(last) + 1);
      return { CopyPartResult: { ETag: addPart(upload, input.PartNumber, body), LastModified: new Date(world.now()) } };
    },

    ListParts: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const upload = requireUpload(bucket, input.UploadId, input.Key);
      const Parts = [...upload.parts]
        .sort(([a], [b]) => a - b)
        .map(([PartNumber, { body, etag, at }]) => ({
          PartNumber,
          ETag: etag,
          Size: body.length,
          LastModified: new Date(at),
        }));
      return { Bucket: bucket.name, Key: upload.key, UploadId: upload.id, IsTruncated: false, Parts };
    },

    ListMultipartUploads: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const Uploads = [...bucket.uploads.values()]
        .filter(({ key }) => key.startsWith(input.Prefix ?? ""))
        .map(({ id, key, startedAt }) => ({ UploadId: id, Key: key, Initiated: new Date(startedAt) }));
      return { Bucket: bucket.name, IsTruncated: false, Uploads };
    },

    CompleteMultipartUpload: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      const upload = requireUpload(bucket, input.UploadId, input.Key);
      checkConditions(bucket, input.Key, input);
      const named = input.MultipartUpload?.Parts ?? [];
      if (named.some(({ PartNumber }, index) => (named[index - 1]?.PartNumber ?? 0) >= (PartNumber ?? 0)))
        throw new ServiceError("InvalidPartOrder", "The list of parts was not in ascending order.");
      const parts = named.map(({ PartNumber, ETag }, index) => {
        const part = upload.parts.get(PartNumber ?? 0);
        if (!part || part.etag.replaceAll('"', "") !== ETag?.replaceAll('"', ""))
          throw new ServiceError("InvalidPart", "One or more of the specified parts could not be found.");
        if (index < named.length - 1 && part.body.length < SMALLEST_PART)
          throw new ServiceError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
        return part;
      });
      if (parts.length === 0) throw new ServiceError("MalformedXML", "You must specify at least one part");
      bucket.uploads.delete(upload.id);
      const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ""), "hex"));
      const etag = `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}"`;
      const version = addVersion(world, bucket, {
        key: upload.key,
        body: Buffer.concat(parts.map(({ body }) => body)),
        etag,
        attributes: upload.attributes,
        tags: upload.tags,
      });
      const Location = `https://${bucket.name}.s3.${bucket.region}.amazonaws.com/${encodeURIComponent(upload.key)}`;
      return { Bucket: bucket.name, Key: upload.key, ETag: etag, Location, ...written(bucket, version) };
    },

    AbortMultipartUpload: (input, { region }) => {
      const bucket = requireBucket(world, region, input.Bucket);
      bucket.uploads.delete(requireUpload(bucket, input.UploadId, input.Key).id);
      return {};
    },
  } satisfies S3Handlers;
}
