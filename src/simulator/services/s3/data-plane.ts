import type { World } from "../../world.js";
import { allowsAnonymous } from "./policy.js";
import { findBucket } from "./state.js";
import { addVersion, bytesOf, currentVersion, encryptionFor } from "./versions.js";

/**
 * HTTP status of an anonymous GET of `host` (`bucket.s3.region.amazonaws.com`) and `path`: 200, 403 without
 * permission (also for an object that is not there, unless listing is public too), 404, or 301 from the endpoint of
 * another Region. Undefined when nothing answers: the Region is impaired, or the host is no bucket's.
 */
export function httpGetObject(world: World, host: string, path: string): number | undefined {
  const [, name, region] = /^(.+)\.s3\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host.toLowerCase()) ?? [];
  if (name === undefined || region === undefined || world.impairment(region)) return undefined;
  const bucket = findBucket(world, name);
  if (!bucket) return 404;
  if (bucket.region !== region) return 301;
  const key = decodePath(path);
  if (key === undefined) return 400;
  const arn = `arn:aws:s3:::${name}`;
  const version = currentVersion(bucket, key);
  if (!version || version.deleteMarker) return allowsAnonymous(bucket, "s3:ListBucket", arn) ? 404 : 403;
  // What a KMS key protects needs a caller whom the key knows.
  const readable =
    allowsAnonymous(bucket, "s3:GetObject", `${arn}/${key}`) && version.attributes.encryption.kmsKeyArn === undefined;
  return readable ? 200 : 403;
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path.replace(/^\//, "").replace(/\?.*$/, ""));
  } catch {
    return undefined;
  }
}

/** What became of a simulated application's write of an object. */
export type ObjectWriteResult =
  | { readonly status: "committed"; readonly versionId: string }
  | { readonly status: "failed"; readonly reason: "region-impaired" | "no-such-bucket" };

/** Writes an object as an application in the bucket's Region would, without an API call in the record. */
export function writeObject(world: World, bucketName: string, key: string, body = ""): ObjectWriteResult {
  const bucket = findBucket(world, bucketName);
  if (!bucket) return { status: "failed", reason: "no-such-bucket" };
  if (world.impairment(bucket.region)) return { status: "failed", reason: "region-impaired" };
  const attributes = { encryption: encryptionFor(world, bucket, undefined, undefined) };
  return {
    status: "committed",
    versionId: addVersion(world, bucket, { key, body: bytesOf(body), attributes }).versionId,
  };
}
