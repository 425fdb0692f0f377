import assert from "node:assert/strict";

import fc from "fast-check";

import {
  evaluateAlarm,
  type DataPoint,
  type MissingDataTreatment,
} from "../../src/simulator/services/cloud-watch/alarm-evaluation.js";
import { alarmRuleHolds, alarmsInRule, parseAlarmRule } from "../../src/simulator/services/cloud-watch/alarm-rule.js";

const points: Readonly<Record<string, DataPoint>> = { "0": "within", X: "breaching", "-": "missing" };
const treatments: readonly MissingDataTreatment[] = ["missing", "ignore", "breaching", "notBreaching"];

/** The tables of the CloudWatch user guide; the states are those for each of `treatments`, "-" keeps the current one. */
const tables = {
  3: [
    ["0 - X - X", "OK OK OK OK"],
    ["0 - - - -", "OK OK OK OK"],
    ["- - - - -", "INSUFFICIENT_DATA - ALARM OK"],
    ["0 X X - X", "ALARM ALARM ALARM ALARM"],
    ["- - - - X", "INSUFFICIENT_DATA - ALARM OK"],
    ["X - - - -", "ALARM - ALARM OK"],
  ],
  2: [
    ["0 - X - X", "ALARM ALARM ALARM ALARM"],
    ["0 0 X 0 X", "ALARM ALARM ALARM ALARM"],
    ["0 - X - -", "OK OK ALARM OK"],
    ["- - - - 0", "OK OK ALARM OK"],
    ["- - - - X", "INSUFFICIENT_DATA - ALARM OK"],
  ],
} as const;

describe("evaluation of alarms", () => {
  for (const [datapointsToAlarm, rows] of Object.entries(tables)) {
    for (const [range, states] of rows) {
      it(`decides ${range} with ${datapointsToAlarm} of 3 as the user guide's table`, () => {
        const found = treatments.map((treatMissingData) =>
          evaluateAlarm(
            range.split(" ").map((point) => points[point] as DataPoint),
            { evaluationPeriods: 3, datapointsToAlarm: Number(datapointsToAlarm), treatMissingData },
          ),
        );
        assert.equal(found.map((state) => state ?? "-").join(" "), states);
      });
    }
  }

  it("alarms without missing data exactly when enough of the latest points breach", () => {
    const range = fc.array(fc.constantFrom<DataPoint>("within", "breaching"), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(range, fc.constantFrom(...treatments), fc.integer({ min: 1 }), (data, treatMissingData, wanted) => {
        const evaluationPeriods = Math.max(1, data.length - 2);
        const datapointsToAlarm = 1 + (wanted % evaluationPeriods);
        const breaching = data.slice(-evaluationPeriods).filter((point) => point === "breaching").length;
        const state = evaluateAlarm(data, { evaluationPeriods, datapointsToAlarm, treatMissingData });
        assert.equal(state, breaching >= datapointsToAlarm ? "ALARM" : "OK");
      }),
    );
  });
});

describe("rules of composite alarms", () => {
  const states = { a: "ALARM", b: "OK", "c d": "INSUFFICIENT_DATA" } as const;
  const holds = (rule: string): boolean =>
    alarmRuleHolds(parseAlarmRule(rule), (name) => states[name as keyof typeof states]);

  it("combine states with AND before OR, NOT and brackets", () => {
    assert.equal(holds('ALARM(a) AND OK("b")'), true);
    assert.equal(holds("ALARM(b) AND ALARM(b) OR ALARM(a)"), true);
    assert.equal(holds("ALARM(b) AND (ALARM(b) OR ALARM(a))"), false);
    assert.equal(holds('NOT ALARM(b) and INSUFFICIENT_DATA("c d")'), true);
    assert.equal(holds("TRUE AND NOT FALSE"), true);
    assert.equal(holds("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)"), true);
  });

  it("name the alarms they refer to", () => {
    assert.deepEqual(alarmsInRule(parseAlarmRule("NOT (ALARM(a) OR OK(b)) AND TRUE")), ["a", "b"]);
  });

  for (const malformed of ["", "ALARM()", "ALARM(a) AND", "(ALARM(a)", "ALARM(a) OK(b)", "LOUD(a)"]) {
    it(`are refused when malformed: ${JSON.stringify(malformed)}`, () => {
      assert.throws(() => parseAlarmRule(malformed), { code: "ValidationError" });
    });
  }
});
