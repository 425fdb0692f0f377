import type { AutoScalingGroup } from "@aws-sdk/client-auto-scaling";

import { defineAwsService, type AwsScope } from "./aws-service.js";

const autoScaling = defineAwsService(
  "auto-scaling",
  () => import("@aws-sdk/client-auto-scaling"),
  (sdk, settings) => new sdk.AutoScalingClient(settings),
);

/** An Auto Scaling group, as far as steps need it. */
export interface Group {
  readonly name: string;
  readonly min: number;
  readonly desired: number;
  readonly max: number;
  /** Ids of the instances that it counts, with their lifecycle state. */
  readonly instances: readonly { readonly id: string; readonly lifecycleState: string }[];
}

/** Describes a group; undefined when there is none. @throws AwsCallError */
export async function describeGroup(scope: AwsScope, name: string): Promise<Group | undefined> {
  const { AutoScalingGroups } = await autoScaling.call(scope, (client, sdk, options) =>
    client.send(new sdk.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }), options),
  );
  const group = AutoScalingGroups?.[0];
  return group && toGroup(name, group);
}

/** Sets what is given of a group's sizes. @throws AwsCallError */
export async function resizeGroup(
  scope: AwsScope,
  name: string,
  sizes: { readonly min?: number; readonly desired: number; readonly max?: number },
): Promise<void> {
  await autoScaling.call(scope, (client, sdk, options) =>
    client.send(
      new sdk.UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: name,
        DesiredCapacity: sizes.desired,
        ...(sizes.min === undefined ? {} : { MinSize: sizes.min }),
        ...(sizes.max === undefined ? {} : { MaxSize: sizes.max }),
      }),
      options,
    ),
  );
}

function toGroup(name: string, group: AutoScalingGroup): Group {
  return {
    name: group.AutoScalingGroupName ?? name,
    min: group.MinSize ?? 0,
    desired: group.DesiredCapacity ?? 0,
    max: group.MaxSize ?? 0,
    instances: (group.Instances ?? []).map(({ InstanceId, LifecycleState }) => ({
      id: InstanceId ?? "unknown",
      lifecycleState: LifecycleState ?? "unknown",
    })),
  };
}
