/**
 * How CloudWatch decides an alarm's state from data points, some of which may be missing. Pure; after the CloudWatch
 * user guide, "How alarm state is evaluated when data is missing", whose tables are this file's tests.
 */

/** One period of an alarm's evaluation range. */
export type DataPoint = "breaching" | "within" | "missing";

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

export type MissingDataTreatment = "missing" | "ignore" | "breaching" | "notBreaching";

export interface EvaluationRule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingDataTreatment;
}

/** Periods that are looked at beyond the evaluation periods: 5 for 3, in the guide's tables. */
const EXTRA_PERIODS = 2;

/** How many periods CloudWatch looks at to evaluate `evaluationPeriods`. */
export function evaluationRange(evaluationPeriods: number): number {
  return evaluationPeriods + EXTRA_PERIODS;
}

/**
 * Decides the state.
 *
 * @param range - the data points of the evaluation range, oldest first
 * @returns undefined when the current state is to be kept
 */
export function evaluateAlarm(range: readonly DataPoint[], rule: EvaluationRule): AlarmState | undefined {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const real = range.filter((point) => point !== "missing");
  const breaching = real.slice(-evaluationPeriods).filter((point) => point === "breaching").length;
  const filled = Math.max(0, evaluationPeriods - real.length);
  if (filled === 0) return breaching >= datapointsToAlarm ? "ALARM" : "OK";
  if (treatMissingData === "breaching") return breaching + filled >= datapointsToAlarm ? "ALARM" : "OK";
  if (treatMissingData === "notBreaching") return breaching >= datapointsToAlarm ? "ALARM" : "OK";
  if (breaching >= datapointsToAlarm) return "ALARM";
  if (real.includes("within")) return "OK";
  if (treatMissingData === "ignore") return undefined;
  // Only breaching points, too few of them: an alarm all the same once the oldest is old enough.
  const oldest = range.findIndex((point) => point === "breaching");
  return oldest >= 0 && range.length - oldest >= datapointsToAlarm ? "ALARM" : "INSUFFICIENT_DATA";
}

export type Comparison =
  "GreaterThanOrEqualToThreshold" | "GreaterThanThreshold" | "LessThanThreshold" | "LessThanOrEqualToThreshold";

/** Whether `value` breaches `threshold`. */
export function breaches(value: number, comparison: Comparison, threshold: number): boolean {
  switch (comparison) {
    case "GreaterThanOrEqualToThreshold":
      return value >= threshold;
    case "GreaterThanThreshold":
      return value > threshold;
    case "LessThanThreshold":
      return value < threshold;
    case "LessThanOrEqualToThreshold":
      return value <= threshold;
  }
}
