import { awaitedSeconds } from "./critical-path.js";
import type { Observation } from "./observation.js";
import type { RunbookInput, TypicalSeconds } from "./runbook-input.js";
import type { AwaitedLatency, Dependency, RetryPolicy, Step } from "./step.js";

/** Labels of the latencies that configuration decides; the simulator records spans under the same. */
export const configuredLatency = {
  healthCheckThreshold: "health check interval x threshold",
  targetHealthCheck: "target health check",
  dnsTimeToLive: "DNS time to live",
} as const;

/** Seconds to watch for the loss of the primary before the observation is given up. */
const OBSERVE_SECONDS = 600;

/** Seconds for what is one call of a service that answers. */
const CALL_SECONDS = 60;

/** Seconds for an old Region that may not answer: the promotion waits for this at most. */
const FENCE_REGION_SECONDS = 20;

const once: RetryPolicy = { attempts: 1, minSeconds: 0, maxSeconds: 0 };
const aCall: RetryPolicy = { attempts: 6, minSeconds: 1, maxSeconds: 10 };
const aStackOperation: RetryPolicy = { attempts: 4, minSeconds: 5, maxSeconds: 30 };

/** The steps of a pilot light's recovery, in the order in which people read them. */
export function pilotLightSteps(
  observation: Observation,
  input: RunbookInput,
  typical: TypicalSeconds,
): readonly Step[] {
  const { targetRegion, lostRegion, stacks, names, traffic, steadyState } = input;
  const { intervalSeconds, failureThreshold } = traffic.healthCheck;
  const threshold: AwaitedLatency = {
    row: configuredLatency.healthCheckThreshold,
    seconds: intervalSeconds * failureThreshold,
  };
  const aggregation: AwaitedLatency = { row: "route53.health-aggregation" };
  const dependency = (service: string, plane: "control" | "data", region = targetRegion): Dependency => ({
    service,
    region,
    plane,
  });
  const state: Dependency = { service: "pulumi-state", region: "global", plane: "control" };
  const patience = (awaits: readonly AwaitedLatency[]): number => patienceSeconds(awaits, typical);
  const promotion: readonly AwaitedLatency[] = [{ row: "rds.promote" }, { row: "rds.reboot" }];
  const targetCheck: AwaitedLatency = {
    row: configuredLatency.targetHealthCheck,
    seconds: observation.capacity?.targetCheckSeconds ?? 0,
  };
  // Registration overlaps the boot: the check that counts follows the later of both.
  const booting: readonly AwaitedLatency[] = [...launchRows, { row: "ec2.bootstrap" }, targetCheck];
  const registering: readonly AwaitedLatency[] = [...launchRows, { row: "elb.register" }, targetCheck];
  const inLane = (latencies: readonly AwaitedLatency[], lane: string): readonly AwaitedLatency[] =>
    latencies.map((latency) => ({ ...latency, lane, since: "scale-capacity" }));
  const start: readonly AwaitedLatency[] = [...inLane(booting, "boot"), ...inLane(registering, "registration")];
  const shift: readonly AwaitedLatency[] = [
    threshold,
    aggregation,
    { row: configuredLatency.dnsTimeToLive, seconds: traffic.ttlSeconds },
  ].map((latency) => ({ ...latency, lane: "traffic", since: "fence-traffic" }));
  const redundancy: readonly AwaitedLatency[] = [{ row: "rds.convert-multi-az" }];
  const experiment: readonly AwaitedLatency[] = [{ row: "fis.initiate" }, ...booting];
  const verified = input.verifyByExperiment === false ? "verify-users" : "verify-by-experiment";

  const steps: readonly Step[] = [
    {
      kind: "observe",
      id: "observe",
      title: `Watch users, name service, ${lostRegion} and the replica`,
      region: "global",
      plane: "data",
      after: [],
      timeoutSeconds: OBSERVE_SECONDS,
      retry: aCall,
      needs: [dependency("route53", "data", "global"), dependency("rds", "control")],
      awaits: [threshold, aggregation],
      recovery: true,
    },
    {
      kind: "decide",
      id: "decide",
      title: `Decide whether ${targetRegion} may take over`,
      region: targetRegion,
      plane: "data",
      after: ["observe"],
      timeoutSeconds: CALL_SECONDS,
      retry: once,
      needs: [state],
      awaits: [],
      recovery: true,
    },
    {
      kind: "record-activation",
      id: "claim-activation",
      title: `Claim the activation record for ${targetRegion}`,
      region: targetRegion,
      plane: "control",
      after: ["decide"],
      timeoutSeconds: patience([]),
      retry: aStackOperation,
      needs: [state],
      awaits: [],
      recovery: true,
      stack: stacks.activation,
      status: "promoting",
      activeRegion: targetRegion,
    },
    {
      kind: "fence-traffic",
      id: "fence-traffic",
      title: `Keep users away from ${lostRegion}`,
      region: targetRegion,
      plane: "data",
      after: ["decide"],
      timeoutSeconds: CALL_SECONDS,
      retry: aCall,
      needs: [dependency("s3", "data")],
      awaits: [],
      recovery: true,
      fencedRegion: lostRegion,
    },
    {
      kind: "fence-region",
      id: "fence-region",
      title: `Stop the web tier of ${lostRegion}, if it answers`,
      region: lostRegion,
      plane: "control",
      after: ["decide"],
      timeoutSeconds: FENCE_REGION_SECONDS,
      retry: once,
      needs: [dependency("auto-scaling", "control", lostRegion)],
      awaits: [],
      recovery: false,
      optional: true,
      fencedRegion: lostRegion,
    },
    {
      kind: "promote-stack",
      id: "promote-stack",
      title: `Promote the database in ${targetRegion}`,
      region: targetRegion,
      plane: "control",
      after: ["claim-activation", "fence-traffic", "fence-region"],
      timeoutSeconds: patience([...promotion, ...start]),
      retry: aStackOperation,
      needs: [state, dependency("rds", "control"), dependency("auto-scaling", "control")],
      awaits: promotion,
      recovery: true,
      stack: stacks.target,
    },
    {
      kind: "scale-capacity",
      id: "scale-capacity",
      title: `Start ${input.desiredCapacity} instances in ${targetRegion}`,
      region: targetRegion,
      plane: "control",
      // Needs no fence: instances in front of a read-only replica can't split the data, and they take longest.
      after: ["decide"],
      timeoutSeconds: CALL_SECONDS,
      retry: aCall,
      needs: [dependency("auto-scaling", "control")],
      awaits: [],
      recovery: true,
      group: names.autoScalingGroup,
      desired: input.desiredCapacity,
    },
    {
      kind: "wait-healthy",
      id: "wait-healthy",
      title: `Wait for ${input.desiredCapacity} healthy targets and a writable database`,
      region: targetRegion,
      plane: "data",
      after: ["promote-stack", "scale-capacity"],
      timeoutSeconds: patience(start),
      retry: aCall,
      needs: [dependency("elastic-load-balancing-v2", "control"), dependency("rds", "control")],
      awaits: start,
      recovery: true,
      targetGroup: names.targetGroup,
      healthyTargets: input.desiredCapacity,
      database: names.database,
    },
    {
      kind: "shift-traffic",
      id: "shift-traffic",
      title: `Wait until ${input.domain} leads to ${targetRegion}`,
      region: "global",
      plane: "data",
      after: ["fence-traffic", "wait-healthy"],
      timeoutSeconds: patience(shift),
      retry: aCall,
      needs: [dependency("route53", "data", "global")],
      awaits: shift,
      recovery: true,
      domain: input.domain,
    },
    {
      kind: "verify-users",
      id: "verify-users",
      title: `Check that users are served for ${steadyState.windowSeconds} s`,
      region: "global",
      plane: "data",
      after: ["shift-traffic"],
      timeoutSeconds: patience([{ row: "window", seconds: steadyState.windowSeconds }]),
      retry: once,
      needs: [],
      awaits: [],
      recovery: false,
      successRate: steadyState.successRate,
      windowSeconds: steadyState.windowSeconds,
    },
    ...(input.verifyByExperiment === false
      ? []
      : [
          {
            kind: "run-experiment",
            id: "verify-by-experiment",
            title: "Terminate one instance of the new primary and measure its recovery",
            region: targetRegion,
            plane: "control",
            after: ["verify-users"],
            timeoutSeconds: patience(experiment),
            retry: once,
            needs: [dependency("fis", "control"), dependency("elastic-load-balancing-v2", "control")],
            awaits: experiment,
            recovery: false,
            // What it finds is reported; an experiment that can't run does not undo a recovery.
            optional: true,
            action: "aws:ec2:terminate-instances",
            target: names.autoScalingGroup,
            successRate: steadyState.successRate,
            windowSeconds: steadyState.windowSeconds,
          } satisfies Step,
        ]),
    {
      kind: "record-activation",
      id: "confirm-activation",
      title: `Record that ${targetRegion} is active`,
      region: targetRegion,
      plane: "control",
      after: [verified],
      timeoutSeconds: patience([]),
      retry: aStackOperation,
      needs: [state],
      awaits: [],
      recovery: false,
      stack: stacks.activation,
      status: "active",
      activeRegion: targetRegion,
    },
    ...stacks.reconcile.map((stack, index): Step => ({
      kind: "reconcile-stack",
      id: `reconcile-${stack}`,
      title: `Bring ${stack} to what it declares now`,
      region: targetRegion,
      plane: "control",
      after: [index === 0 ? "confirm-activation" : `reconcile-${stacks.reconcile[index - 1]}`],
      timeoutSeconds: patience(redundancy),
      retry: aStackOperation,
      needs: [state],
      awaits: stack === stacks.target ? redundancy : [],
      recovery: false,
      stack,
    })),
  ];
  return steps;
}

/** From the wish for an instance until it has booted. */
const launchRows: readonly AwaitedLatency[] = [{ row: "autoscaling.reaction" }, { row: "ec2.launch" }];

/** Seconds after which waiting is in vain: well beyond the bad case of what is awaited, which the typical one bounds. */
function patienceSeconds(awaits: readonly AwaitedLatency[], typical: TypicalSeconds): number {
  const seconds = awaits.reduce((sum, latency) => sum + awaitedSeconds(latency, typical), 0);
  return Math.ceil(2 * CALL_SECONDS + 3 * seconds);
}
