/**
 * - `unreachable`: no answer: the Region, the network, or the endpoint.
 * - `throttled`: too many calls.
 * - `unavailable`: the service failed or is busy with the resource.
 * - `conflict`: the resource's state does not allow it now.
 * - `expired-credentials`, `access-denied`: not with these credentials.
 * - `not-found`: there is no such resource.
 * - `invalid`: the call itself is wrong.
 */
export type AwsErrorKind =
  | "unreachable"
  | "throttled"
  | "unavailable"
  | "conflict"
  | "expired-credentials"
  | "access-denied"
  | "not-found"
  | "invalid";

/** A call to AWS that failed. Internal to the engine: steps turn it into an outcome, or let it be tried again. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";

  /**
   * @param kind - what it means for the caller
   * @param code - the error's name as the service or the socket gave it
   */
  constructor(
    readonly kind: AwsErrorKind,
    readonly service: string,
    readonly region: string,
    readonly code: string,
    message: string,
  ) {
    super(`${service} in ${region}: ${message === "" || message === code ? code : `${code}: ${message}`}`);
  }
}

/** Whether the same call may succeed later. */
export function mayPass(error: Error): boolean {
  if (!(error instanceof AwsCallError)) return false;
  switch (error.kind) {
    case "unreachable":
    case "throttled":
    case "unavailable":
    case "conflict":
      return true;
    case "expired-credentials":
    case "access-denied":
    case "not-found":
    case "invalid":
      return false;
    default:
      return error.kind satisfies never;
  }
}

/** Says what an error of an AWS client means; errors that are none of AWS's come back as they are. */
export function toAwsCallError(error: unknown, service: string, region: string): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  const code = stringIn(error, "code") ?? name;
  const status = statusOf(error);
  const make = (kind: AwsErrorKind): AwsCallError => new AwsCallError(kind, service, region, code, message);
  if (name === "AbortError") return error;
  if (credentialErrors.has(name)) return make("expired-credentials");
  if (socketErrors.has(code) || name === "TimeoutError") return make("unreachable");
  if (status === undefined) return error;
  if (expired.has(name)) return make("expired-credentials");
  if (throttling.has(name) || status === 429) return make("throttled");
  if (status === 401 || status === 403 || denied.has(name)) return make("access-denied");
  if (status === 404 || /NotFound(Fault|Exception)?$|^NoSuch/.test(name)) return make("not-found");
  if (status === 409 || /^Invalid\w*StateFault$|^ResourceInUse|Conflict|^ScalingActivityInProgress/.test(name)) {
    return make("conflict");
  }
  return make(status >= 500 ? "unavailable" : "invalid");
}

/** Resolves with undefined instead of failing where there is no such resource. */
export async function ifFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === "not-found") return undefined;
    throw error;
  }
}

const socketErrors: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);

const credentialErrors: ReadonlySet<string> = new Set(["CredentialsProviderError", "TokenProviderError"]);

const expired: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "RequestExpired",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "SignatureDoesNotMatch",
  "InvalidAccessKeyId",
]);

const denied: ReadonlySet<string> = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]);

const throttling: ReadonlySet<string> = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  "PriorRequestNotComplete",
  "SlowDown",
  "RequestThrottled",
  "RequestThrottledException",
]);

function stringIn(error: Error, key: string): string | undefined {
  const value = (error as unknown as Readonly<Record<string, unknown>>)[key];
  return typeof value === "string" ? value : undefined;
}

function statusOf(error: Error): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}
