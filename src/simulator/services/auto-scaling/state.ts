import type * as client from "@aws-sdk/client-auto-scaling";
import type { Activity, EnabledMetric, MixedInstancesPolicy, TagDescription } from "@aws-sdk/client-auto-scaling";

import { ServiceError, type Handlers } from "../../service.js";
import type { StateSlot, World } from "../../world.js";

export type AutoScalingHandlers = Handlers<typeof client>;

export type LifecycleState = "Pending" | "InService" | "Terminating" | "Terminated";

/** An instance as its group sees it. */
export interface MemberRecord {
  readonly instanceId: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly launchTemplate: {
    readonly LaunchTemplateId: string;
    readonly LaunchTemplateName: string;
    readonly Version: string;
  };
  readonly launchedAt: number;
  lifecycleState: LifecycleState;
  healthStatus: "Healthy" | "Unhealthy";
  isProtected: boolean;
  /** When it came into service; the grace period for health checks begins then. */
  inServiceAt: number | undefined;
  readonly launch: Activity;
  termination: Activity | undefined;
}

export interface GroupRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  min: number;
  max: number;
  desired: number;
  defaultCooldown: number;
  launchTemplate: LaunchTemplateChoice;
  /** How the template was given: by itself, or within a mixed instances policy with its overrides. */
  instanceTypes: readonly string[];
  mixedInstancesPolicy: MixedInstancesPolicy | undefined;
  subnetIds: readonly string[];
  healthCheckType: string;
  healthCheckGracePeriod: number;
  targetGroupArns: readonly string[];
  terminationPolicies: readonly string[];
  newInstancesProtected: boolean;
  maxInstanceLifetime: number | undefined;
  capacityRebalance: boolean | undefined;
  defaultInstanceWarmup: number | undefined;
  readonly suspended: Set<string>;
  metrics: EnabledMetric[];
  tags: TagDescription[];
  readonly members: Map<string, MemberRecord>;
  /** Newest first. */
  readonly activities: Activity[];
  /** Launches so far: part of the next instance's identity. */
  launches: number;
  /** Reactions so far: part of the next one's draw. */
  reactions: number;
  /** Failed launches in a row. */
  failures: number;
  retryPending: boolean;
  /** When the last scaling activity that a cooldown counts from ended. */
  lastScalingAt: number | undefined;
  isDeleting: boolean;
}

export interface LaunchTemplateChoice {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
  readonly Version?: string | undefined;
}

export interface AutoScalingState {
  readonly groups: Map<string, GroupRecord>;
}

export const autoScalingSlot: StateSlot<AutoScalingState> = {
  name: "auto-scaling",
  create: () => ({ groups: new Map() }),
};

/** @throws ServiceError ValidationError, as the service answers for a group that does not exist */
export function groupOf(world: World, region: string, name: string | undefined): GroupRecord {
  const group = world.state(autoScalingSlot, region).groups.get(name ?? "");
  if (!group) throw validationError(`AutoScalingGroup name not found - null`);
  return group;
}

export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationError", message);
}

/** Members that count for capacity: those that are not on their way out. */
export function activeMembers(group: GroupRecord): MemberRecord[] {
  return [...group.members.values()].filter(
    ({ lifecycleState }) => lifecycleState === "Pending" || lifecycleState === "InService",
  );
}

export function note(world: World, region: string, group: GroupRecord, what: string): void {
  world.note({ region, service: "auto-scaling", resource: group.name, what });
}
