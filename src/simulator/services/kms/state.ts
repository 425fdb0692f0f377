import type * as Kms from "@aws-sdk/client-kms";
import type { KeyUsageType, Tag } from "@aws-sdk/client-kms";

import { hexOf } from "../../identifiers.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { StateSlot, World } from "../../world.js";

export type KmsHandlers = Handlers<typeof Kms>;

/** The keys and aliases of one Region. */
export interface KmsState {
  readonly keys: Map<string, KmsKey>;
  /** Alias name ("alias/orders") to key id. */
  readonly aliases: Map<string, { readonly keyId: string; readonly createdAt: number }>;
}

export interface KmsKey {
  readonly id: string;
  readonly region: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly manager: "CUSTOMER" | "AWS";
  readonly usage: KeyUsageType;
  readonly spec: string;
  /** The Region of the primary key, for keys that exist in several Regions under one id. */
  readonly multiRegion: { readonly primaryRegion: string } | undefined;
  state: "Enabled" | "Disabled" | "PendingDeletion";
  description: string;
  policy: string;
  tags: Map<string, string>;
  /** Days between rotations; undefined while rotation is off. */
  rotationDays: number | undefined;
  /** When automatic rotation was enabled. */
  rotationSince: number | undefined;
  deletion: { readonly at: number; readonly windowDays: number; readonly cancel: () => void } | undefined;
}

export const kmsSlot: StateSlot<KmsState> = {
  name: "kms",
  create: () => ({ keys: new Map(), aliases: new Map() }),
};

export function keyArn(world: World, region: string, id: string): string {
  return `arn:aws:kms:${region}:${world.accountId}:key/${id}`;
}

/** A key id in the form of a UUID for the key that `description` tells from others. */
export function freeKeyId(world: World, region: string, description: readonly string[]): string {
  const { keys } = world.state(kmsSlot, region);
  for (let occurrence = 0; ; occurrence++) {
    const hex = hexOf(["kms", world.seed, region, occurrence, ...description], 32);
    const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    // The id of a multi-Region key has the same digits.
    if (!keys.has(id) && !keys.has(multiRegionKeyId(id))) return id;
  }
}

/** The id of a multi-Region key says that it is one, and is the same in each of its Regions. */
export function multiRegionKeyId(id: string): string {
  return `mrk-${id.replaceAll("-", "")}`;
}

/** The policy of a key that was created without one: the account may do everything. */
export function defaultKeyPolicy(accountId: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Id: "key-default-1",
    Statement: [
      {
        Sid: "Enable IAM User Permissions",
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  });
}

/**
 * Finds a key of a Region by key id, key ARN, alias name or alias ARN. AWS's own keys (`alias/aws/rds`) come into
 * being when they are first used.
 */
export function findKey(world: World, region: string, reference: string): KmsKey | undefined {
  const state = world.state(kmsSlot, region);
  const arn = /^arn:aws[a-z-]*:kms:([^:]*):([^:]*):(.+)$/.exec(reference);
  if (arn && (arn[1] !== region || arn[2] !== world.accountId)) return undefined;
  const name = arn ? (arn[3] ?? "") : reference;
  if (!name.startsWith("alias/")) return state.keys.get(name.replace(/^key\//, ""));
  const alias = state.aliases.get(name);
  if (alias) return state.keys.get(alias.keyId);
  return name.startsWith("alias/aws/") ? createAwsManagedKey(world, region, name) : undefined;
}

function createAwsManagedKey(world: World, region: string, alias: string): KmsKey {
  const state = world.state(kmsSlot, region);
  const id = freeKeyId(world, region, [alias]);
  const key: KmsKey = {
    id,
    region,
    arn: keyArn(world, region, id),
    createdAt: world.now(),
    manager: "AWS",
    usage: "ENCRYPT_DECRYPT",
    spec: "SYMMETRIC_DEFAULT",
    multiRegion: undefined,
    state: "Enabled",
    description: `Default key that protects my ${alias.slice("alias/aws/".length)} data when no other key is defined`,
    policy: defaultKeyPolicy(world.accountId),
    tags: new Map(),
    rotationDays: 365,
    rotationSince: world.now(),
    deletion: undefined,
  };
  state.keys.set(id, key);
  state.aliases.set(alias, { keyId: id, createdAt: world.now() });
  return key;
}

/**
 * The same as findKey for a caller who needs the key.
 *
 * @throws ServiceError NotFoundException
 */
export function requireKey(world: World, region: string, reference: string | undefined): KmsKey {
  const key = reference === undefined ? undefined : findKey(world, region, reference);
  if (key) return key;
  const what = reference?.includes("alias/") ? "Alias" : "Key";
  throw new ServiceError("NotFoundException", `${what} '${reference ?? ""}' does not exist`);
}

/** KMS's tags as a map; KMS calls the members TagKey and TagValue. */
export function tagMap(tags: readonly Tag[] | undefined): Map<string, string> {
  return new Map((tags ?? []).map(({ TagKey, TagValue }) => [TagKey ?? "", TagValue ?? ""]));
}
