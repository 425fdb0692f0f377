import type { WireRequest } from "./message.js";

/** Who calls what, as far as a request's signature and user agent tell. The signature itself is not verified. */
export interface Caller {
  readonly accessKeyId: string;
  readonly region: string;
  readonly signingName: string;
}

/** Reads the credential scope of SigV4, from the Authorization header or from a presigned URL's query. */
export function identifyCaller({ headers, query }: Pick<WireRequest, "headers" | "query">): Caller | undefined {
  const credential =
    /^AWS4-\S+\s.*?Credential=([^,\s]+)/.exec(headers["authorization"] ?? "")?.[1] ??
    query.get("X-Amz-Credential")?.[0];
  if (credential === undefined) return undefined;
  // The access key id may itself hold slashes where tools make it up: the scope is counted from the end.
  const parts = credential.split("/");
  const [signingName, region, date] = [parts.at(-2), parts.at(-3), parts.at(-4)];
  if (parts.length < 5 || !signingName || !region || !date) return undefined;
  return { accessKeyId: parts.slice(0, -4).join("/"), region, signingName };
}

/**
 * The caller's application id: `app/<id>` in the user agent, which the SDKs send for `userAgentAppId`. They replace
 * what a user agent may not hold by "-"; percent-encoding passes through, and is decoded here.
 *
 * @default "external"
 */
export function callerCause(headers: WireRequest["headers"]): string {
  const id = /(?:^|\s)app\/(\S+)/.exec(`${headers["user-agent"] ?? ""} ${headers["x-amz-user-agent"] ?? ""}`)?.[1];
  if (id === undefined) return "external";
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** An S3 bucket that the Host header names, and the Region where it does so too. */
export function virtualHostBucket(host: string): { readonly bucket: string; readonly region?: string } | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const local = /^(.+)\.localhost$/.exec(name)?.[1];
  if (local !== undefined) return { bucket: local };
  const amazon = /^(.+)\.s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com$/.exec(name);
  if (!amazon?.[1]) return undefined;
  return { bucket: amazon[1], region: amazon[2] ?? "us-east-1" };
}
