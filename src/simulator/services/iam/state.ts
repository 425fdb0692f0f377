import type * as Iam from "@aws-sdk/client-iam";

import { hexOf } from "../../identifiers.js";
import { ServiceError, type Handlers } from "../../service.js";
import type { StateSlot, World } from "../../world.js";

export type IamHandlers = Handlers<typeof Iam>;

/** IAM's state: one for all Regions. */
export interface IamState {
  readonly roles: Map<string, Role>;
  readonly policies: Map<string, ManagedPolicy>;
  readonly profiles: Map<string, Profile>;
  /** How many ids were given out for each prefix and name: an entity made again gets another one. */
  readonly idsMade: Map<string, number>;
}

export interface Role {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAt: number;
  trustPolicy: string;
  description: string | undefined;
  maxSessionSeconds: number;
  permissionsBoundary: string | undefined;
  readonly tags: Map<string, string>;
  /** Name to document. */
  readonly inlinePolicies: Map<string, string>;
  /** ARNs. */
  readonly attached: Set<string>;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly description: string | undefined;
  readonly createdAt: number;
  readonly tags: Map<string, string>;
  /** By version id, oldest first. */
  readonly versions: Map<string, { readonly document: string; readonly createdAt: number }>;
  defaultVersion: string;
  /** Versions ever made: ids are not used again. */
  versionsMade: number;
}

export interface Profile {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAt: number;
  readonly tags: Map<string, string>;
  /** At most one. */
  role: string | undefined;
}

export const iamSlot: StateSlot<IamState> = {
  name: "iam",
  create: () => ({ roles: new Map(), policies: new Map(), profiles: new Map(), idsMade: new Map() }),
};

export function iamState(world: World): IamState {
  return world.state(iamSlot, "global");
}

/** An IAM unique id such as AROA… for what `key` names. */
export function uniqueId(world: World, prefix: string, key: string): string {
  const { idsMade } = iamState(world);
  const made = (idsMade.get(prefix + key) ?? 0) + 1;
  idsMade.set(prefix + key, made);
  return prefix + hexOf(["iam", world.seed, prefix, key, made], 17).toUpperCase();
}

export function iamArn(world: World, type: string, path: string, name: string): string {
  return `arn:aws:iam::${world.accountId}:${type}${path}${name}`;
}

/**
 * A role by name or ARN, for services that are given one.
 *
 * @param reference - the role's name or ARN
 */
export function findRole(world: World, reference: string): Role | undefined {
  const { roles } = iamState(world);
  if (!reference.startsWith("arn:")) return roles.get(reference);
  return [...roles.values()].find(({ arn }) => arn === reference);
}

/** @throws ServiceError NoSuchEntityException */
export function requireRole(world: World, name: string | undefined): Role {
  const role = iamState(world).roles.get(name ?? "");
  if (!role) throw noSuchEntity(`The role with name ${name ?? ""} cannot be found.`);
  return role;
}

export function noSuchEntity(message: string): ServiceError {
  return new ServiceError("NoSuchEntityException", message, { status: 404 });
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError("EntityAlreadyExistsException", message, { status: 409 });
}

export function deleteConflict(message: string): ServiceError {
  return new ServiceError("DeleteConflictException", message, { status: 409 });
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceededException", message, { status: 409 });
}

/**
 * A policy document that is JSON and has statements.
 *
 * @throws ServiceError MalformedPolicyDocumentException
 */
export function checkDocument(document: string | undefined): string {
  try {
    const parsed: unknown = JSON.parse(document ?? "");
    if (typeof parsed === "object" && parsed !== null && "Statement" in parsed) return document ?? "";
  } catch {
    // Answered below, as a document without statements is.
  }
  throw new ServiceError("MalformedPolicyDocumentException", "Syntax errors in policy.");
}

/** Documents come back percent-encoded (RFC 3986). */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export interface IamTag {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

export function setTags(tags: Map<string, string>, given: readonly IamTag[] | undefined): void {
  for (const { Key, Value } of given ?? []) tags.set(Key ?? "", Value ?? "");
}

export function listTags(tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

/** @throws ServiceError ValidationError */
export function checkName(name: string | undefined, member: string): string {
  if (name && /^[\w+=,.@-]{1,128}$/.test(name)) return name;
  throw new ServiceError(
    "ValidationError",
    `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
  );
}
