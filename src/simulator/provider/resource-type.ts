import type { Unwrap } from "@pulumi/pulumi";

import type { OperationInput, OperationName, OperationOutput, ServiceDefinition } from "../service.js";
import type { World } from "../world.js";
import { canonicalJson, type Properties } from "./properties.js";
import type { StateWait } from "./wait.js";

/** A resource's inputs as they reach the provider: plain values of the SDK's own argument type. */
export type Inputs<Args> = { readonly [Name in keyof Args]: Unwrap<Args[Name]> };

/** Some of a resource's state, in the SDK's own type. */
export type Outputs<State> = { readonly [Name in keyof State]?: Unwrap<State[Name]> | undefined };

/**
 * What the simulated provider knows of one resource type: which inputs force a replacement (ForceNew in the Terraform
 * schema), which ones the service fills in (Optional and Computed), and the AWS calls that create, read, update and
 * delete it, with the waits of the Terraform provider. `In` and `Out` are the plain inputs and outputs.
 */
export interface ResourceType<In = object, Out = object> {
  /** "aws:ec2/vpc:Vpc" */
  readonly token: string;
  /** What the provider calls it in its errors: "RDS DB Instance". */
  readonly label: string;
  readonly replaceOn: readonly (keyof In & string)[];
  /** Inputs whose absence is no change, because the service chose a value. */
  readonly computed?: readonly (keyof In & string)[];
  /** Values that Check fills in. */
  readonly defaults?: Partial<In>;
  /** The physical name that Check makes up where the program gives none. */
  readonly autoName?: AutoName<In>;
  /** False for the types without `tags`. @default true */
  readonly tagged?: boolean;
  /** Outputs that any update may change; unknown in the preview of one. */
  readonly volatile?: readonly (keyof Out & string)[];
  /** Says which different values of an input mean the same, such as sets in another order. */
  readonly sameValue?: { readonly [Name in keyof In]?: (before: unknown, after: unknown) => boolean };
  /** Refuses inputs as the provider does; unknown values have been left out. Answers what is wrong, by property. */
  readonly validate?: (inputs: Partial<In>) => readonly Problem[];
  /** Seconds that the provider waits at most, unless the program's customTimeouts say otherwise. @default 1200 */
  readonly timeouts?: { readonly create?: number; readonly update?: number; readonly delete?: number };

  /** Makes the creating call and answers the resource's id. */
  readonly create: (aws: ResourceContext, inputs: In) => string;
  /** What follows a creation that was accepted: waits, and calls that need its end. */
  readonly finishCreate?: (aws: ResourceContext, id: string, inputs: In) => Promise<void>;
  /** Looks the resource up; undefined when it does not exist. Errors that say so may be thrown, too. */
  readonly read: (aws: ResourceContext, id: string, known: Partial<In>) => Reading<In, Out> | undefined;
  readonly update?: (aws: ResourceContext, id: string, change: Change<In>) => Promise<void> | void;
  readonly delete: (aws: ResourceContext, id: string, before: Partial<In>) => Promise<void> | void;
}

/** What a look-up found: inputs as they really are, and what the service computed. */
export interface Reading<In, Out> {
  readonly inputs?: { readonly [Name in keyof In]?: In[Name] | undefined };
  readonly outputs: Out;
}

export interface AutoName<In> {
  readonly property: keyof In & string;
  /** @default 255 */
  readonly maxLength?: number;
  /** The properties that name the resource in another way: then no name is made up. */
  readonly unless?: readonly (keyof In & string)[];
  readonly lowerCase?: boolean;
}

export interface Problem {
  readonly property: string;
  readonly reason: string;
}

export interface Change<In> {
  readonly before: Partial<In>;
  readonly after: In;
  /** Whether any of these inputs differs. */
  has(...names: readonly (keyof In & string)[]): boolean;
}

/** What an operation on one resource works with. */
export interface ResourceContext {
  readonly world: World;
  readonly region: string;
  readonly accountId: string;
  readonly urn: string;
  /** The logical name. */
  readonly name: string;
  /** The same for every attempt to create this resource; a replacement has another. At most 32 characters. */
  readonly token: string;
  /** Seconds left to this operation's waits when it began. */
  readonly timeoutSeconds: number;

  /** Calls a service in the resource's Region. */
  call<M, K extends OperationName<M> & string>(
    service: ServiceDefinition<M>,
    operation: K,
    input: OperationInput<M, K>,
  ): OperationOutput<M, K>;

  /** Waits on the simulated clock, as the Terraform provider polls. */
  wait(wait: StateWait): Promise<void>;
}

/** A resource type whose own argument types are of no further interest. */
export type AnyResourceType = ResourceType<Properties, Properties>;

/**
 * Defines a resource type by the SDK's argument and state types. Within the definition they are checked; outside of it
 * they are forgotten, because the wire brings plain values.
 */
export function defineResource<Args, State>(type: ResourceType<Inputs<Args>, Outputs<State>>): AnyResourceType {
  return type as unknown as AnyResourceType;
}

/** Compares two arrays as sets, as Terraform does for a TypeSet. */
export function sameSet(before: unknown, after: unknown): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return false;
  const key = (value: unknown): string => JSON.stringify(value);
  return before.length === after.length && before.map(key).sort().join() === after.map(key).sort().join();
}

/** Compares two JSON documents by their content. */
export function sameJson(before: unknown, after: unknown): boolean {
  if (typeof before !== "string" || typeof after !== "string") return false;
  try {
    return canonicalJson(JSON.parse(before)) === canonicalJson(JSON.parse(after));
  } catch {
    return before === after;
  }
}
