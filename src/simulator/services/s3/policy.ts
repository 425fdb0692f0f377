import type { Bucket } from "./state.js";

/** What a bucket policy lets anybody do. Conditions are not evaluated: an allowance with one counts as none. */

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: unknown;
}

/** Whether the bucket's policy and public access block let an anonymous caller do `action` on `resource` (an ARN). */
export function allowsAnonymous(bucket: Bucket, action: string, resource: string): boolean {
  if (bucket.policy === undefined || bucket.publicAccessBlock?.RestrictPublicBuckets) return false;
  const matching = statementsOf(bucket.policy).filter(
    (statement) =>
      isEverybody(statement.Principal) &&
      matchesAny(statement.Action, action, true) &&
      matchesAny(statement.Resource, resource, false),
  );
  const allowed = matching.some(({ Effect, Condition }) => Effect === "Allow" && Condition === undefined);
  return allowed && !matching.some(({ Effect }) => Effect === "Deny");
}

/** Whether S3 calls a policy public: it allows something to everybody, unconditionally. */
export function isPublicPolicy(policy: string): boolean {
  return statementsOf(policy).some(
    ({ Effect, Principal, Condition }) => Effect === "Allow" && isEverybody(Principal) && Condition === undefined,
  );
}

/** The statements of a policy document, none when it is no policy. */
export function statementsOf(policy: string): readonly Statement[] {
  try {
    const document = JSON.parse(policy) as { readonly Statement?: unknown } | null;
    return listOf(document?.Statement).filter(
      (statement): statement is Statement => typeof statement === "object" && statement !== null,
    );
  } catch {
    return [];
  }
}

function isEverybody(principal: unknown): boolean {
  if (principal === "*") return true;
  if (typeof principal !== "object" || principal === null || !("AWS" in principal)) return false;
  return listOf(principal.AWS).includes("*");
}

function matchesAny(patterns: unknown, value: string, ignoreCase: boolean): boolean {
  return listOf(patterns).some((pattern) => typeof pattern === "string" && wildcard(pattern, ignoreCase).test(value));
}

/** IAM's patterns: * is any text, ? is any character. */
function wildcard(pattern: string, ignoreCase: boolean): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, ignoreCase ? "is" : "s");
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
