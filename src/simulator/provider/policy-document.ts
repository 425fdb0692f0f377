import { asText, isObject, type Properties, type Value } from "./properties.js";

/**
 * aws.iam.getPolicyDocument: a pure function from statements to a document (service/iam/policy_document_data_source.go).
 * Later statements replace earlier ones of the same sid; override documents come last.
 */
export function policyDocument(args: Properties): {
  readonly id: string;
  readonly json: string;
  readonly minifiedJson: string;
} {
  const version = typeof args["version"] === "string" ? args["version"] : "2012-10-17";
  const statements = [
    ...documents(args["sourcePolicyDocuments"]),
    ...objects(args["statements"]).map(statementOf),
    ...documents(args["overridePolicyDocuments"]),
  ];
  const merged = new Map<string, Properties>();
  statements.forEach((statement, index) => {
    const sid = statement["Sid"];
    merged.set(typeof sid === "string" && sid !== "" ? sid : `#${index}`, statement);
  });
  const document = {
    Version: version,
    ...(typeof args["policyId"] === "string" ? { Id: args["policyId"] } : {}),
    Statement: [...merged.values()],
  };
  const minifiedJson = JSON.stringify(document);
  return { id: String(hash(minifiedJson)), json: JSON.stringify(document, undefined, 2), minifiedJson };
}

function statementOf(statement: Properties): Properties {
  return {
    ...(statement["sid"] ? { Sid: statement["sid"] } : {}),
    Effect: statement["effect"] ?? "Allow",
    ...oneOrMany("Action", statement["actions"]),
    ...oneOrMany("NotAction", statement["notActions"]),
    ...oneOrMany("Resource", statement["resources"]),
    ...oneOrMany("NotResource", statement["notResources"]),
    ...principals("Principal", statement["principals"]),
    ...principals("NotPrincipal", statement["notPrincipals"]),
    ...conditions(statement["conditions"]),
  };
}

/** Terraform writes a single value without a list, and lists in reverse order of the alphabet. */
function oneOrMany(name: string, value: Value | undefined): Properties {
  if (!Array.isArray(value) || value.length === 0) return {};
  return { [name]: simplified(value as readonly Value[]) };
}

function simplified(values: readonly Value[]): Value {
  const sorted = values.map(asText).sort().reverse();
  return sorted.length === 1 ? (sorted[0] as string) : sorted;
}

function principals(name: string, value: Value | undefined): Properties {
  const given = objects(value);
  if (given.length === 0) return {};
  const everyone = given.every(
    ({ type, identifiers }) => type === "*" && Array.isArray(identifiers) && identifiers[0] === "*",
  );
  if (everyone) return { [name]: "*" };
  const byType = given.map(({ type, identifiers }): [string, Value] => [
    asText(type),
    simplified((identifiers ?? []) as readonly Value[]),
  ]);
  return { [name]: Object.fromEntries(byType) };
}

function conditions(value: Value | undefined): Properties {
  const given = objects(value);
  if (given.length === 0) return {};
  const byTest: Record<string, Record<string, Value>> = {};
  for (const { test, variable, values } of given) {
    (byTest[asText(test)] ??= {})[asText(variable)] = simplified((values ?? []) as readonly Value[]);
  }
  return { Condition: byTest };
}

function documents(value: Value | undefined): readonly Properties[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Value[]).flatMap((text) => {
    const parsed = JSON.parse(asText(text)) as { readonly Statement?: Properties | readonly Properties[] };
    return parsed.Statement === undefined ? [] : [parsed.Statement].flat();
  });
}

function objects(value: Value | undefined): readonly Properties[] {
  return Array.isArray(value) ? (value as readonly Value[]).filter(isObject) : [];
}

function hash(text: string): number {
  let value = 0;
  for (let index = 0; index < text.length; index++) value = (Math.imul(value, 31) + text.charCodeAt(index)) >>> 0;
  return value;
}
