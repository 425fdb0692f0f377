import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";

import { ServiceError } from "../../service.js";
import { canonicalName } from "./record-name.js";

/** What a change must satisfy by itself, before it meets the records of its zone. Pure. */

const TYPES: readonly string[] = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SOA",
  "SPF",
  "SRV",
  "TXT",
];
const ROUTINGS = ["Weight", "Region", "Failover", "MultiValueAnswer"] as const;
const ROUTING_NAMES =
  "Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig";
const MAX_WEIGHT = 255;
const MAX_TTL = 2_147_483_647;
const MAX_TXT_STRING = 255;

/** A change that is well formed; its record set has a canonical name. */
export interface ValidChange {
  readonly action: "CREATE" | "DELETE" | "UPSERT";
  readonly record: ResourceRecordSet & { readonly Name: string; readonly Type: string };
}

/**
 * Checks the members of one change.
 *
 * @throws ServiceError InvalidInput, as Route 53 answers
 */
export function validateChange(change: Change): ValidChange {
  const { Action: action, ResourceRecordSet: given } = change;
  if (action !== "CREATE" && action !== "DELETE" && action !== "UPSERT") {
    throw invalidInput(`Invalid request: Action must be one of [CREATE, DELETE, UPSERT]`);
  }
  if (!given?.Name || !given.Type) throw invalidInput("Invalid request: Missing field 'Name' or 'Type' in Change");
  const where = `in Change with [Action=${action}, Name=${given.Name}, Type=${given.Type}, SetIdentifier=${given.SetIdentifier ?? "null"}]`;
  if (!TYPES.includes(given.Type))
    throw invalidInput(`Invalid request: Type must be one of [${TYPES.join(", ")}] ${where}`);
  if (given.GeoLocation || given.GeoProximityLocation || given.CidrRoutingConfig || given.TrafficPolicyInstanceId) {
    throw new ServiceError("NotImplemented", `the simulated route-53 does not model this routing policy ${where}`, {
      status: 501,
    });
  }
  const hasValues = (given.ResourceRecords ?? []).length > 0;
  const complete = given.TTL !== undefined && hasValues;
  const partly = given.TTL !== undefined || hasValues;
  if (given.AliasTarget ? partly : !complete) {
    const found = given.AliasTarget ? "more than one" : "none";
    throw invalidInput(
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found ${found} ${where}`,
    );
  }
  const routings = ROUTINGS.filter((routing) => given[routing] !== undefined);
  if (given.SetIdentifier === undefined && routings.length > 0) {
    throw invalidInput(`Invalid request: Missing field 'SetIdentifier' ${where}`);
  }
  if (given.SetIdentifier !== undefined && routings.length !== 1) {
    const found = routings.length === 0 ? "none" : "more than one";
    throw invalidInput(`Invalid request: Expected exactly one of [${ROUTING_NAMES}], but found ${found} ${where}`);
  }
  if (
    given.Weight !== undefined &&
    !(Number.isInteger(given.Weight) && given.Weight >= 0 && given.Weight <= MAX_WEIGHT)
  ) {
    throw invalidInput(`Invalid request: Weight must be between 0 and ${MAX_WEIGHT} ${where}`);
  }
  if (given.TTL !== undefined && !(Number.isInteger(given.TTL) && given.TTL >= 0 && given.TTL <= MAX_TTL)) {
    throw invalidInput(`Invalid request: TTL must be between 0 and ${MAX_TTL} ${where}`);
  }
  if (given.MultiValueAnswer && given.AliasTarget) {
    throw invalidInput(`Invalid request: MultiValueAnswer can't be used with an AliasTarget ${where}`);
  }
  return { action, record: { ...given, Name: canonicalName(given.Name), Type: given.Type } };
}

/**
 * What is wrong with the values of a record set, as InvalidChangeBatch words it; undefined when nothing is.
 */
export function valueProblem({
  Type,
  ResourceRecords = [],
  Failover,
  AliasTarget,
  Name = "",
}: ResourceRecordSet): string | undefined {
  const values = ResourceRecords.map(({ Value = "" }) => Value);
  if (new Set(values).size !== values.length) {
    const duplicate = values.find((value, index) => values.indexOf(value) !== index);
    return `Duplicate Resource Record: '${duplicate}'`;
  }
  if ((Type === "CNAME" || Type === "SOA") && !AliasTarget && values.length !== 1) {
    return `The record set ${Name} of type ${Type} must have exactly one value`;
  }
  if (Failover !== undefined && (Type === "NS" || Type === "SOA")) {
    return `Failover is not permitted for RRSet with DNS name ${Name}, type ${Type}`;
  }
  for (const value of values) {
    const code = Type === undefined ? undefined : problemOf(Type, value);
    if (code) return `Invalid Resource Record: 'FATAL problem: ${code} encountered with '${value}''`;
  }
  return undefined;
}

function problemOf(type: string, value: string): string | undefined {
  switch (type) {
    case "A":
      return isIPv4(value) ? undefined : "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
    case "AAAA":
      return isIPv6(value) ? undefined : "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
    case "CNAME":
    case "NS":
    case "PTR":
      return isDomainName(value) ? undefined : `${type}RRDATAIllegalDomainName (Value is not a valid domain name)`;
    case "MX":
      return /^\d{1,5}\s+\S+$/.test(value) ? undefined : "MXRRDATANotTwoFields (MX record doesn't have 2 fields)";
    case "SRV":
      return /^(\d{1,5}\s+){3}\S+$/.test(value)
        ? undefined
        : "SRVRRDATANotFourFields (SRV record doesn't have 4 fields)";
    case "TXT":
    case "SPF":
      return textProblem(value);
    default:
      return undefined;
  }
}

function textProblem(value: string): string | undefined {
  const strings = /^\s*("([^"\\]|\\.)*"\s*)+$/.test(value) ? (value.match(/"([^"\\]|\\.)*"/g) ?? []) : undefined;
  if (!strings) return "InvalidCharacterString (Value should be enclosed in quotation marks)";
  return strings.some((text) => text.length - 2 > MAX_TXT_STRING)
    ? "CharacterStringTooLong (Value is too long)"
    : undefined;
}

function isIPv4(value: string): boolean {
  const parts = value.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function isIPv6(value: string): boolean {
  return (
    /^[0-9a-f:]+$/i.test(value) && value.includes(":") && value.split("::").length <= 2 && value.split(":").length <= 8
  );
}

function isDomainName(value: string): boolean {
  return value.length <= 255 && /^([a-z0-9_*-]{1,63}\.)*[a-z0-9_*-]{1,63}\.?$/i.test(value);
}

export function invalidInput(message: string): ServiceError {
  return new ServiceError("InvalidInput", message);
}
