import type { HealthCheckConfig, UpdateHealthCheckRequest } from "@aws-sdk/client-route-53";

import { ServiceError } from "../../service.js";
import { invalidInput } from "./validate-change.js";

/** What a health check's configuration must satisfy, and its defaults. Pure. */

const ENDPOINT_TYPES: readonly string[] = ["HTTP", "HTTPS", "TCP"];
const MODELLED_TYPES: readonly string[] = [...ENDPOINT_TYPES, "CALCULATED", "CLOUDWATCH_METRIC"];
const MAX_CHILDREN = 256;
const MIN_REGIONS = 3;

/** The Regions that check an endpoint unless a health check names others: all that the API knows (botocore route53). */
export const checkerRegions = [
  "us-east-1",
  "us-west-1",
  "us-west-2",
  "eu-west-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ap-northeast-1",
  "sa-east-1",
] as const;

/** Whether checkers send requests to an endpoint, as opposed to other checks or an alarm being watched. */
export function checksEndpoint({ Type }: HealthCheckConfig): boolean {
  return ENDPOINT_TYPES.includes(Type ?? "");
}

/**
 * Checks a configuration and adds its defaults.
 *
 * @throws ServiceError InvalidInput, as Route 53 answers; NotImplemented for types that are not modelled
 */
export function validateHealthCheck(given: HealthCheckConfig, checkExists: (id: string) => boolean): HealthCheckConfig {
  const { Type } = given;
  if (!Type) throw invalidInput("Invalid request: Missing field 'Type' in HealthCheckConfig");
  if (!MODELLED_TYPES.includes(Type)) {
    throw new ServiceError("NotImplemented", `the simulated route-53 does not model health checks of type ${Type}`, {
      status: 501,
    });
  }
  const config: HealthCheckConfig = { Inverted: false, Disabled: false, ...given };
  if (Type === "CALCULATED") return validateCalculated(config, checkExists);
  if (Type === "CLOUDWATCH_METRIC") return validateAlarm(config);
  return validateEndpoint(config, Type);
}

/** The configuration after an update; members that can't be changed stay. */
export function updatedConfig(config: HealthCheckConfig, update: UpdateHealthCheckRequest): HealthCheckConfig {
  const { HealthCheckId: _id, HealthCheckVersion: _version, ResetElements = [], ...members } = update;
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const reset = ResetElements.map((element) => [element, element === "ChildHealthChecks" ? [] : undefined]);
  return { ...config, ...given, ...Object.fromEntries(reset) } as HealthCheckConfig;
}

function validateEndpoint(config: HealthCheckConfig, type: string): HealthCheckConfig {
  const { IPAddress, FullyQualifiedDomainName, RequestInterval = 30, FailureThreshold = 3, Regions } = config;
  if (!IPAddress && !FullyQualifiedDomainName) {
    throw invalidInput("Invalid parameter : Either IPAddress or FullyQualifiedDomainName must be specified");
  }
  if (IPAddress && /^(10|127|169\.254|192\.168|0|22[4-9]|23\d)\./.test(IPAddress)) {
    throw invalidInput(`Invalid parameter : IP address ${IPAddress} is in a private, local or multicast range`);
  }
  if (type === "TCP" && config.Port === undefined) {
    throw invalidInput("Invalid parameter : Port must be specified for a health check of type TCP");
  }
  if (config.Port !== undefined && !within(config.Port, 1, 65_535)) {
    throw invalidInput("Invalid parameter : Port must be between 1 and 65535");
  }
  if (RequestInterval !== 10 && RequestInterval !== 30) {
    throw invalidInput("Invalid parameter : RequestInterval must be 10 or 30");
  }
  if (!within(FailureThreshold, 1, 10)) {
    throw invalidInput("Invalid parameter : FailureThreshold must be between 1 and 10");
  }
  if (config.ResourcePath !== undefined && config.ResourcePath.length > 255) {
    throw invalidInput("Invalid parameter : ResourcePath must have at most 255 characters");
  }
  const unknown = (Regions ?? []).find((region) => !(checkerRegions as readonly string[]).includes(region));
  if (unknown) throw invalidInput(`Invalid parameter : ${unknown} is not a Region of health checkers`);
  if (Regions && Regions.length > 0 && new Set(Regions).size < MIN_REGIONS) {
    throw invalidInput(`Invalid parameter : at least ${MIN_REGIONS} Regions must be specified`);
  }
  if (config.ChildHealthChecks?.length || config.HealthThreshold || config.AlarmIdentifier) {
    throw invalidInput(
      `Invalid parameter : ChildHealthChecks, HealthThreshold and AlarmIdentifier can't be used with type ${type}`,
    );
  }
  return {
    ...config,
    Port: config.Port ?? (type === "HTTPS" ? 443 : 80),
    RequestInterval,
    FailureThreshold,
    MeasureLatency: config.MeasureLatency ?? false,
    EnableSNI: config.EnableSNI ?? type === "HTTPS",
  };
}

function validateCalculated(config: HealthCheckConfig, checkExists: (id: string) => boolean): HealthCheckConfig {
  const children = config.ChildHealthChecks ?? [];
  refuseEndpoint(config);
  if (children.length > MAX_CHILDREN)
    throw invalidInput(`Invalid parameter : at most ${MAX_CHILDREN} ChildHealthChecks`);
  const missing = children.find((id) => !checkExists(id));
  if (missing) throw invalidInput(`Invalid parameter : no health check exists with the specified child ID: ${missing}`);
  if (config.HealthThreshold === undefined || !within(config.HealthThreshold, 0, MAX_CHILDREN)) {
    throw invalidInput(`Invalid parameter : HealthThreshold must be between 0 and ${MAX_CHILDREN}`);
  }
  return { ...config, ChildHealthChecks: [...children] };
}

function validateAlarm(config: HealthCheckConfig): HealthCheckConfig {
  refuseEndpoint(config);
  if (!config.AlarmIdentifier?.Name || !config.AlarmIdentifier.Region) {
    throw invalidInput("Invalid parameter : AlarmIdentifier must be specified for type CLOUDWATCH_METRIC");
  }
  return { ...config, InsufficientDataHealthStatus: config.InsufficientDataHealthStatus ?? "LastKnownStatus" };
}

function refuseEndpoint(config: HealthCheckConfig): void {
  const given = (["IPAddress", "Port", "FullyQualifiedDomainName", "ResourcePath", "RequestInterval"] as const).find(
    (member) => config[member] !== undefined,
  );
  if (given) throw invalidInput(`Invalid parameter : ${given} can't be used with type ${config.Type}`);
}

function within(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
