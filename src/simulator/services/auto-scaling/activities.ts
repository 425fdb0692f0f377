import type { Activity } from "@aws-sdk/client-auto-scaling";

import { hexOf } from "../../identifiers.js";
import type { World } from "../../world.js";
import type { GroupRecord } from "./state.js";

/** Activities that are kept of one group; AWS keeps six weeks of them. */
const KEPT_ACTIVITIES = 500;

/** Begins a scaling activity. */
export function beginActivity(
  world: World,
  group: GroupRecord,
  activity: { readonly description: string; readonly cause: string; readonly key: string },
): Activity {
  const digits = hexOf([world.seed, group.arn, activity.key], 32);
  const started: Activity = {
    ActivityId: digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(world.now()),
    StatusCode: "InProgress",
    Progress: 0,
    Details: "{}",
  };
  group.activities.unshift(started);
  group.activities.length = Math.min(group.activities.length, KEPT_ACTIVITIES);
  return started;
}

export function endActivity(
  world: World,
  activity: Activity,
  status: "Successful" | "Failed" | "Cancelled",
  message?: string,
): void {
  if (activity.EndTime) return;
  activity.EndTime = new Date(world.now());
  activity.StatusCode = status;
  activity.Progress = 100;
  if (message) activity.StatusMessage = message;
}
