import type { IncomingMessage } from "node:http";
import { gunzipSync, inflateSync } from "node:zlib";

import { MalformedRequestError } from "./message.js";

/** Bytes that a request may carry: enough for drills, and a limit for mistakes. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** Reads a request's body to its end. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new MalformedRequestError("invalid", "the request's body is too large");
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

interface DecodedBody {
  readonly body: Uint8Array;
  /** The headers as the service should see them: trailers added, transfer encodings removed. */
  readonly headers: Record<string, string>;
}

/**
 * Undoes what clients do to a body on its way: aws-chunked with its trailers, and compression of requests. An object's
 * own Content-Encoding stays: S3 stores it.
 */
export function decodeBody(body: Buffer, headers: Record<string, string>, isObjectStore: boolean): DecodedBody {
  const encodings = (headers["content-encoding"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const isChunked =
    encodings.includes("aws-chunked") || (headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-");
  let decoded: Buffer = body;
  let trailers: Record<string, string> = {};
  if (isChunked) [decoded, trailers] = decodeAwsChunked(body);
  const rest = encodings.filter((name) => name !== "aws-chunked");
  if (!isObjectStore) {
    for (const name of rest.splice(0).reverse()) decoded = decompress(name, decoded);
  }
  const { "content-encoding": _dropped, ...others } = headers;
  const decodedHeaders: Record<string, string> = {
    ...others,
    ...trailers,
    "content-length": String(decoded.byteLength),
  };
  if (rest.length > 0) decodedHeaders["content-encoding"] = rest.join(",");
  return { body: decoded, headers: decodedHeaders };
}

function decompress(encoding: string, body: Buffer): Buffer {
  try {
    if (encoding === "gzip") return gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES });
    if (encoding === "deflate") return inflateSync(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    throw new MalformedRequestError("syntax", `the body is not valid ${encoding}`);
  }
  throw new MalformedRequestError("invalid", `Content-Encoding ${encoding} is not supported`);
}

/** Chunks are `size[;extensions] CRLF data CRLF`, then a chunk of size 0, then trailers as header lines. */
function decodeAwsChunked(body: Buffer): [Buffer, Record<string, string>] {
  const parts: Buffer[] = [];
  let position = 0;
  const line = (): string | undefined => {
    const end = body.indexOf("\r\n", position);
    if (end < 0) return undefined;
    const text = body.toString("latin1", position, end);
    position = end + 2;
    return text;
  };
  for (;;) {
    const header = line();
    const size = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(header ?? "")?.[1];
    if (size === undefined) throw new MalformedRequestError("syntax", "the body is not valid aws-chunked");
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (position + length + 2 > body.byteLength) {
      throw new MalformedRequestError("syntax", "the aws-chunked body ends within a chunk");
    }
    parts.push(body.subarray(position, position + length));
    position += length + 2;
  }
  const trailers: Record<string, string> = {};
  for (let text = line(); text; text = line()) {
    const colon = text.indexOf(":");
    if (colon > 0) trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
  }
  return [Buffer.concat(parts), trailers];
}
