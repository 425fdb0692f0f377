import type { Tag } from "@aws-sdk/client-rds";

import { hexOf } from "../../identifiers.js";
import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { availabilityZones } from "../ec2/zones.js";
import { ec2Slot } from "../ec2/state.js";
import { findKey } from "../kms/state.js";
import type { DbSettings } from "./settings.js";
import {
  endpointAddress,
  invalidCombination,
  invalidValue,
  rdsArn,
  rdsSlot,
  tagsOf,
  type DbInstance,
} from "./state.js";

/** What a new instance and a new replica have in common. */
export interface NewInstance {
  readonly identifier: string;
  readonly settings: DbSettings;
  /** The zone that the caller asks for. */
  readonly zone: string | undefined;
  readonly source: DbInstance["source"];
  readonly tags: readonly Tag[];
}

/**
 * Checks a new instance's name, quota and network, and adds it to the Region's state, not available yet.
 *
 * @throws ServiceError as CreateDBInstance does
 */
export function addInstance(
  world: World,
  region: string,
  { identifier, settings, zone, source, tags }: NewInstance,
): DbInstance {
  const state = world.state(rdsSlot, region);
  if (state.instances.size >= state.instanceQuota)
    throw new ServiceError("InstanceQuotaExceededFault", "You have exceeded the maximum number of DB instances.");
  checkSettings(world, region, settings);
  if (settings.multiAz && zone !== undefined)
    throw invalidCombination("Requesting a specific availability zone is not valid for Multi-AZ instances.");
  const zones = zonesFor(world, region, settings);
  const first = zone ?? zones[0];
  if (first === undefined || !zones.includes(first))
    throw invalidValue(`${zone ?? ""} is not a valid availability zone: it has to be one of ${zones.join(", ")}`);

  const arn = rdsArn(world, region, "db", identifier);
  const made = (state.instancesMade.get(identifier) ?? 0) + 1;
  state.instancesMade.set(identifier, made);
  const instance: DbInstance = {
    identifier,
    region,
    arn,
    resourceId: `db-${hexOf(["rds", world.seed, arn, made], 26).toUpperCase()}`,
    endpointAddress: endpointAddress(world, region, identifier),
    settings,
    pending: {},
    status: "creating",
    createdAt: undefined,
    zone: first,
    standbyZone: undefined,
    readOnly: source !== undefined,
    source,
    link: undefined,
    log: { ids: [], byId: new Map() },
    downtimes: [],
    operations: 0,
    operation: undefined,
    maintenance: undefined,
    metrics: undefined,
    gone: false,
  };
  instance.standbyZone = settings.multiAz ? otherZone(world, instance) : undefined;
  state.instances.set(identifier, instance);
  const held = tagsOf(world, region, arn);
  for (const { Key, Value } of tags) held.set(Key ?? "", Value ?? "");
  return instance;
}

/**
 * The identifier as RDS stores it, in lower case.
 *
 * @throws ServiceError InvalidParameterValue, DBInstanceAlreadyExistsFault
 */
export function newIdentifier(world: World, region: string, given: string | undefined): string {
  const identifier = (given ?? "").toLowerCase();
  if (!/^[a-z](-?[a-z0-9])*$/.test(identifier) || identifier.length > 63)
    throw invalidValue(
      "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain " +
        "only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
    );
  if (world.state(rdsSlot, region).instances.has(identifier))
    throw new ServiceError("DBInstanceAlreadyExistsFault", "DB instance already exists");
  return identifier;
}

/**
 * Checks what settings refer to: subnet group, security groups, parameter group, ranges.
 *
 * @throws ServiceError DBSubnetGroupNotFoundFault, DBParameterGroupNotFoundFault, InvalidParameterValue
 */
export function checkSettings(world: World, region: string, settings: Partial<DbSettings>): void {
  const state = world.state(rdsSlot, region);
  const { subnetGroup, parameterGroup, securityGroups = [], backupRetentionPeriod = 0 } = settings;
  if (subnetGroup !== undefined && !state.subnetGroups.has(subnetGroup.toLowerCase()))
    throw new ServiceError("DBSubnetGroupNotFoundFault", `DB subnet group '${subnetGroup}' does not exist.`, {
      status: 404,
    });
  if (
    parameterGroup !== undefined &&
    !parameterGroup.startsWith("default.") &&
    !state.parameterGroups.has(parameterGroup.toLowerCase())
  )
    throw new ServiceError("DBParameterGroupNotFoundFault", `DBParameterGroup not found: ${parameterGroup}`, {
      status: 404,
    });
  if (!Number.isInteger(backupRetentionPeriod) || backupRetentionPeriod < 0 || backupRetentionPeriod > 35)
    throw invalidValue(`Invalid backup retention period: ${backupRetentionPeriod}. Valid values are 0 to 35.`);
  const known = world.state(ec2Slot, region).securityGroups;
  for (const group of securityGroups) {
    if (!known.has(group)) throw invalidValue(`Invalid security group, groupId= ${group}, groupName=.`);
  }
}

/**
 * The ARN of the key that protects an instance's storage.
 *
 * @param reference - key id, ARN or alias. @default the account's key for RDS
 * @throws ServiceError KMSKeyNotAccessibleFault when the Region has no such key, or it is disabled
 */
export function storageKey(world: World, region: string, reference: string | undefined): string {
  const key = findKey(world, region, reference ?? "alias/aws/rds");
  if (key?.state === "Enabled") return key.arn;
  throw new ServiceError(
    "KMSKeyNotAccessibleFault",
    `The specified KMS key [${reference ?? ""}] does not exist, is not enabled or you do not have permissions to access it.`,
  );
}

/** Zones that an instance may stand in: those of its subnet group, or all of the Region in the default VPC. */
export function zonesFor(world: World, region: string, settings: DbSettings): readonly string[] {
  const group = world.state(rdsSlot, region).subnetGroups.get(settings.subnetGroup?.toLowerCase() ?? "");
  if (!group) return availabilityZones(region);
  return [...new Set(group.subnets.map((subnet) => subnet.zone))].sort();
}

/** Where the second copy of a Multi-AZ instance stands. */
export function otherZone(world: World, instance: DbInstance): string | undefined {
  return zonesFor(world, instance.region, instance.settings).find((zone) => zone !== instance.zone);
}

/** Secrets Manager's ARN for a master password that RDS keeps. */
export function managedPassword(
  world: World,
  region: string,
  identifier: string,
  keyReference: string | undefined,
): NonNullable<DbSettings["managedPassword"]> {
  const hex = hexOf(["rds-secret", world.seed, region, identifier], 38);
  const uuid = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const key = findKey(world, region, keyReference ?? "alias/aws/secretsmanager");
  if (key?.state !== "Enabled")
    throw new ServiceError(
      "KMSKeyNotAccessibleFault",
      `The specified KMS key [${keyReference ?? ""}] is not accessible.`,
    );
  return {
    secretArn: `arn:aws:secretsmanager:${region}:${world.accountId}:secret:rds!db-${uuid}-${hex.slice(32)}`,
    kmsKeyArn: key.arn,
  };
}
