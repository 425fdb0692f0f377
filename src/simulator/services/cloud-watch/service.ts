import { defineService } from "../../service.js";
import { alarmHandlers } from "./alarm-handlers.js";
import { metricHandlers } from "./metric-handlers.js";

/** Amazon CloudWatch: metrics, and alarms evaluated as the user guide says; metric math is not modelled. */
export const cloudWatch = defineService({
  id: "cloud-watch",
  signingName: "monitoring",
  loadClient: () => import("@aws-sdk/client-cloudwatch"),
  handlers: (world) => ({ ...metricHandlers(world), ...alarmHandlers(world) }),
});

export { putMetric, type MetricValue } from "./metrics.js";
export { alarmState, onAlarmChange } from "./alarms.js";
