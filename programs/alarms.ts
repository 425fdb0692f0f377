import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import type { AppSpec } from "./app.js";
import { regionNames } from "./names.js";
import type { WebTier } from "./web-tier.js";

/** What is watched in a Region. */
export interface AlarmsArgs {
  readonly app: AppSpec;
  readonly region: string;
  readonly web: WebTier;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The alarms of one Region, the same in every role: one that went away with the role would be deleted in the middle of a
 * recovery. Without data none of them rings.
 */
export class Alarms extends pulumi.ComponentResource {
  readonly replicaLagArn: pulumi.Output<string>;
  readonly unhealthyHostsArn: pulumi.Output<string>;
  readonly serverErrorsArn: pulumi.Output<string>;

  constructor(name: string, args: AlarmsArgs, options?: pulumi.ComponentResourceOptions) {
    super("region-runbook:alarms:Alarms", name, {}, options);
    const { app, web } = args;
    const balancer = web.loadBalancer.arnSuffix;

    const alarm = (
      what: string,
      alarmArgs: Omit<aws.cloudwatch.MetricAlarmArgs, "name" | "evaluationPeriods" | "comparisonOperator">,
    ): pulumi.Output<string> =>
      new aws.cloudwatch.MetricAlarm(
        `${name}-${what}`,
        {
          name: `${app.name}-${what}`,
          comparisonOperator: "GreaterThanThreshold",
          evaluationPeriods: 2,
          treatMissingData: "notBreaching",
          tags: { ...args.tags },
          ...alarmArgs,
        },
        { parent: this },
      ).arn;

    this.replicaLagArn = alarm("replica-lag", {
      alarmDescription: "The replica is further behind than the orders may be.",
      namespace: "AWS/RDS",
      metricName: "ReplicaLag",
      dimensions: { DBInstanceIdentifier: regionNames(app, args.region).database },
      statistic: "Maximum",
      period: 60,
      threshold: databaseRpoSeconds(app),
    });
    this.unhealthyHostsArn = alarm("unhealthy-hosts", {
      alarmDescription: "Targets of the load balancer fail their health checks.",
      namespace: "AWS/ApplicationELB",
      metricName: "UnHealthyHostCount",
      dimensions: { LoadBalancer: balancer, TargetGroup: web.targetGroup.arnSuffix },
      statistic: "Maximum",
      period: 60,
      threshold: 0,
    });
    this.serverErrorsArn = alarm("server-errors", {
      alarmDescription: "Users get more errors than the steady state allows.",
      namespace: "AWS/ApplicationELB",
      metricName: "HTTPCode_ELB_5XX_Count",
      dimensions: { LoadBalancer: balancer },
      statistic: "Sum",
      period: 60,
      threshold: Math.ceil((1 - app.steadyState.successRate) * app.traffic.ordersPerSecond * 60),
    });
    this.registerOutputs({});
  }
}

/** Seconds that the replica may lag: the strictest of the app's objective and of what the database holds. */
function databaseRpoSeconds(app: AppSpec): number {
  const classes = app.dataClasses.filter((dataClass) => dataClass.store === "database");
  return Math.min(app.objectives.rpoSeconds, ...classes.map((dataClass) => dataClass.rpoSeconds));
}
