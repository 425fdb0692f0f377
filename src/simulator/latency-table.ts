import type { LatencyRow } from "./latency.js";

/**
 * The one table of AWS latencies. Seconds throughout. To add a row: what takes this long, three figures, the source.
 *
 * "Derived" means arithmetic on a cited figure; "estimate" means that no source was found, and the confidence is low.
 */
export const latencyTable = {
  "ec2.launch": {
    description: "RunInstances by an Auto Scaling group until the instance is running and its system has booted",
    low: 21.2,
    typical: 25.8,
    high: 29,
    source:
      "brevdev/ec2-coldboot-research docs/cold-baseline-results.md (2026-02): 25.8 s; stop to start 21.2 s; daemonology.net 2021-08-12: 29 s",
    confidence: "medium",
  },
  "ec2.bootstrap": {
    description: "user data installs and starts the application on a booted instance",
    low: 193,
    typical: 217.2,
    high: 241,
    source:
      "aws-samples/amazon-ec2-auto-scaling-group-examples features/warm-pools/README.md: 243 s from launch to service, less ec2.launch (derived); spread of a tenth around it (estimate)",
    confidence: "medium",
  },
  "ec2.start": {
    description: "StartInstances until a stopped instance has booted",
    low: 20.7,
    typical: 21.2,
    high: 24,
    source: "brevdev/ec2-coldboot-research start-stopped results (2026-02): 21.2 s; hibernate resume 20.7 s",
    confidence: "medium",
  },
  "ec2.stop": {
    description: "StopInstances until the instance has stopped",
    low: 10,
    typical: 30,
    high: 60,
    source: "estimate",
    confidence: "low",
  },
  "ec2.terminate": {
    description: "TerminateInstances until the instance has terminated; it serves nothing from the start",
    low: 5,
    typical: 30,
    high: 90,
    source: "estimate",
    confidence: "low",
  },
  "autoscaling.reaction": {
    description: "until an Auto Scaling group notices that its capacity differs from the desired one and acts",
    low: 1,
    typical: 5,
    high: 30,
    source: "estimate: the service documents no figure",
    confidence: "low",
  },
  "elb.create": {
    description: "an Application Load Balancer from creation to active",
    low: 141,
    typical: 156,
    high: 187,
    source: "terraform logs: 2m21s, 2m28s, 2m36s, 2m56s, 3m07s; hashicorp/terraform#24799",
    confidence: "medium",
  },
  "elb.register": {
    description: "a registered target until its first health check is sent",
    low: 1,
    typical: 3,
    high: 10,
    source: "estimate; the user guide gives no figure (load-balancer-target-groups.md: one passed check makes it healthy)",
    confidence: "low",
  },
  "nat.create": {
    description: "a NAT gateway from creation to available",
    low: 60,
    typical: 90,
    high: 150,
    source: "estimate from terraform logs",
    confidence: "low",
  },
  "rds.create": {
    description: "a new RDS instance from creation to available",
    low: 315,
    typical: 479,
    high: 1026,
    source: "terraform output in public logs: 5m15, 7m34, 7m59, 10m12, 14m02, 17m06",
    confidence: "medium",
  },
  "rds.create-replica": {
    description: "a cross-Region read replica from creation to replicating (snapshot, copy, load)",
    low: 900,
    typical: 1800,
    high: 10800,
    source: "RDS user guide USER_ReadRepl.XRgn.md: snapshot, copy and load, can be hours; figures are an estimate",
    confidence: "low",
  },
  "rds.promote": {
    description: "a read replica until replication has stopped and the reboot of its promotion begins",
    low: 60,
    typical: 120,
    high: 300,
    source:
      "RDS user guide USER_ReadRepl.md: minutes or longer by size, no figure; runbooks say 1-3 and 3-5 min in all (secondary source)",
    confidence: "low",
  },
  "rds.reboot": {
    description: "the reboot of an RDS instance until it accepts connections",
    low: 20,
    typical: 60,
    high: 120,
    source: "RDS user guide USER_RebootInstance.md: a few minutes at most; estimate within it",
    confidence: "low",
  },
  "rds.modify": {
    description: "a modification that needs no reboot",
    low: 30,
    typical: 60,
    high: 300,
    source: "estimate",
    confidence: "low",
  },
  "rds.convert-multi-az": {
    description: "the conversion of a single-AZ instance to Multi-AZ; it serves meanwhile",
    low: 300,
    typical: 720,
    high: 1800,
    source: "estimate: snapshot and load of the standby",
    confidence: "low",
  },
  "rds.multi-az-failover": {
    description: "failover of a Multi-AZ instance to its standby",
    low: 60,
    typical: 90,
    high: 120,
    source: "RDS user guide Concepts.MultiAZSingleStandby.md: 60-120 s",
    confidence: "high",
  },
  "rds.delete": {
    description: "deletion of an RDS instance",
    low: 120,
    typical: 240,
    high: 600,
    source: "estimate",
    confidence: "low",
  },
  "rds.replica-lag": {
    description: "a committed write until a cross-Region replica has it",
    low: 0.2,
    typical: 0.8,
    high: 3,
    source: "RDS user guide USER_ReadRepl.XRgn.md: higher than within a Region, no figure; estimate",
    confidence: "low",
  },
  "route53.change": {
    description: "a change of records from PENDING to INSYNC on all servers",
    low: 10,
    typical: 30,
    high: 60,
    source: "botocore route53 ChangeInfo; Route 53 developer guide: generally within 60 seconds",
    confidence: "high",
  },
  "route53.health-aggregation": {
    description: "a health check's state, once its threshold is crossed, until DNS answers use it",
    low: 0.5,
    typical: 1,
    high: 5,
    source: "estimate: the developer guide gives no figure beyond interval times threshold",
    confidence: "low",
  },
  "cloudwatch.metric": {
    description: "a metric's data point until an alarm evaluates it",
    low: 5,
    typical: 15,
    high: 60,
    source: "CloudWatch user guide: high-resolution alarms are evaluated every 10 s; delay of the data is an estimate",
    confidence: "low",
  },
  "s3.replication": {
    description: "a small object until its replica stands in the other Region, without replication time control",
    low: 2,
    typical: 15,
    high: 900,
    source: "S3 user guide replication-troubleshoot.md: most within 15 minutes; usual small-object figure is an estimate",
    confidence: "medium",
  },
  "fis.initiate": {
    description: "an experiment from StartExperiment until its first action runs",
    low: 3,
    typical: 10,
    high: 30,
    source: "estimate",
    confidence: "low",
  },
} as const satisfies Record<string, LatencyRow>;

export type LatencyRowId = keyof typeof latencyTable;

/** A table with some rows replaced, as tests and what-if runs use it. */
export type LatencyTable = Readonly<Record<LatencyRowId, LatencyRow>>;
