import type { RunResult } from "../../src/run/result.js";

const faultAt = Date.UTC(2026, 0, 1, 12);

/** ISO 8601, seconds after the fault of `exampleResult`. */
export const afterFault = (seconds: number): string => new Date(faultAt + 1000 * seconds).toISOString();

/** A result as a drill gives it, for tests of what is made of results. */
export function exampleResult(changes: Partial<RunResult> = {}): RunResult {
  const step = (id: string, from: number, to: number, recovery = true): RunResult["steps"][number] => ({
    id,
    kind: "observe",
    title: `Do ${id}`,
    region: "us-east-1",
    plane: "control",
    status: "completed",
    after: [],
    startedAt: afterFault(from),
    endedAt: afterFault(to),
    attempts: 1,
    recovery,
    findings: [`${id} was found`],
  });
  return {
    app: "food-shop",
    strategy: "pilot-light",
    mode: "drill",
    target: "simulator",
    seed: 7,
    latencyProfile: "typical",
    runId: "20260101T120000-abcd",
    status: "completed",
    reasons: [],
    objectives: { rtoSeconds: 900, rpoSeconds: 5 },
    objectivesMet: true,
    measuredRtoSeconds: 311.2,
    measuredRpoSeconds: 1.4,
    decisionToRecoverySeconds: 277.1,
    criticalPathSeconds: 300,
    predictedRtoSeconds: 305,
    criticalPath: [{ what: "rds.promote", step: "promote-stack", seconds: 120 }],
    requests: { total: 4000, failed: 900 },
    writes: { accepted: 2000, lost: 2 },
    lostWrites: ["order-0000601", "order-0000602"],
    steps: [step("observe", -60, 33), step("promote-stack", 33, 280), step("verify-users", 311, 371, false)],
    experiments: [
      {
        id: "EXP1",
        action: "aws:ec2:terminate-instances",
        target: "app=food-shop",
        recoverySeconds: 250,
        steadyState: "held",
      },
    ],
    standingCost: {
      perMonth: 120,
      fullCopyPerMonth: 400,
      ratio: 0.3,
      pricesAsOf: "2026-10-01",
      lines: [
        {
          stack: "food-shop-us-east-1",
          resource: "food-shop-db",
          type: "aws:rds/instance:Instance",
          perMonth: 120,
          basis: "730 h",
        },
      ],
      unpriced: ["aws:x/y:Y"],
    },
    inertResourceTypes: [],
    availability: Array.from({ length: 80 }, (_, index) => {
      const seconds = -60 + 5 * index;
      return { at: afterFault(seconds), requests: 50, failed: seconds >= 0 && seconds < 311 ? 50 : 0 };
    }),
    faultAt: afterFault(0),
    recoveredAt: afterFault(311.2),
    wallSeconds: 30,
    journalFile: "/runs/1/journal.jsonl",
    reportFile: null,
    ...changes,
  };
}
