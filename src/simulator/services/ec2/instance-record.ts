import type { ResponseLaunchTemplateData, Tag } from "@aws-sdk/client-ec2";

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

/** An instance as the other services see it, at the moment it was asked for. */
export interface Instance {
  readonly id: string;
  readonly region: string;
  readonly state: InstanceState;
  /** The application on it answers. */
  readonly serving: boolean;
  /** Name of the Availability Zone. */
  readonly az: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly privateIp: string;
  readonly securityGroupIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** Decoded text; "" without user data. */
  readonly userData: string;
  /** Milliseconds since the epoch. */
  readonly launchTime: number;
  readonly instanceType: string;
  readonly imageId: string;
}

/** What may change about an instance; every change is told to the listeners of its Region. */
export type InstanceChange =
  "launched" | "running" | "serving" | "not serving" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** An instance as the service itself keeps it. */
export interface InstanceRecord {
  readonly InstanceId: string;
  readonly ReservationId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly az: string;
  readonly privateIp: string;
  publicIp: string | undefined;
  interfaceId: string | undefined;
  launchTime: number;
  state: InstanceState;
  stateReason: { readonly Code: string; readonly Message: string } | undefined;
  transitionReason: string;
  /** The application's process runs. */
  applicationUp: boolean;
  /** User data has run to its end: it runs at the first boot only, and is not resumed when that is interrupted. */
  bootstrapped: boolean;
  /** Grows when the instance starts, stops, reboots or terminates: what was under way before no longer counts. */
  generation: number;
  instanceType: string;
  securityGroupIds: readonly string[];
  userDataBase64: string;
  terminationProtected: boolean;
  stopProtected: boolean;
  sourceDestCheck: boolean;
  readonly data: ResponseLaunchTemplateData;
  readonly clientToken: string | undefined;
  Tags: Tag[];
}
