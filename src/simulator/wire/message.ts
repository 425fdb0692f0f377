/** An HTTP request to an AWS endpoint, read completely and with its transfer encodings undone. */
export interface WireRequest {
  readonly method: string;
  /** The path as it was sent, still percent-encoded. */
  readonly path: string;
  /** Decoded query parameters; those without a value have "". */
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** By lower-case name; repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/**
 * A request that no handler should see: it can't be decoded, or lacks what the operation requires. `kind` decides
 * under which code each protocol answers.
 */
export class MalformedRequestError extends Error {
  override readonly name = "MalformedRequestError";

  constructor(
    readonly kind: "syntax" | "missing" | "invalid" | "unknown-operation",
    message: string,
  ) {
    super(message);
  }
}

/** Percent-decodes a part of a path. */
export function decodePathPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MalformedRequestError("syntax", `${text} is not a valid percent-encoding`);
  }
}

/** Splits the query string of a request's target; "+" means a space, as in forms. */
export function parseQuery(queryString: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(queryString)) {
    const values = query.get(name);
    if (values) values.push(value);
    else query.set(name, [value]);
  }
  return query;
}
