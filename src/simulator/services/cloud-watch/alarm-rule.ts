import { ServiceError } from "../../service.js";
import type { AlarmState } from "./alarm-evaluation.js";

/** The rule of a composite alarm, such as `ALARM("a") AND NOT OK(b)`. Pure. */
export type AlarmRule =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "state"; readonly alarm: string; readonly state: AlarmState }
  | { readonly kind: "not"; readonly rule: AlarmRule }
  | { readonly kind: "and" | "or"; readonly left: AlarmRule; readonly right: AlarmRule };

const TOKEN =
  /\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|([^\s"()]+))\s*\)|(AND|OR|NOT|TRUE|FALSE|\(|\)))/iy;

/**
 * Parses a rule; AND binds closer than OR.
 *
 * @throws ServiceError ValidationError when it is malformed
 */
export function parseAlarmRule(text: string): AlarmRule {
  const tokens = tokenise(text);
  let position = 0;
  const peek = (): Token | undefined => tokens[position];
  const fail = (): never => {
    throw malformed(text);
  };

  function either(): AlarmRule {
    let left = both();
    while (peek() === "OR") {
      position++;
      left = { kind: "or", left, right: both() };
    }
    return left;
  }

  function both(): AlarmRule {
    let left = single();
    while (peek() === "AND") {
      position++;
      left = { kind: "and", left, right: single() };
    }
    return left;
  }

  function single(): AlarmRule {
    const token = tokens[position++];
    if (token === undefined) return fail();
    if (typeof token !== "string") return token;
    switch (token) {
      case "NOT":
        return { kind: "not", rule: single() };
      case "TRUE":
      case "FALSE":
        return { kind: "constant", value: token === "TRUE" };
      case "(": {
        const inner = either();
        return tokens[position++] === ")" ? inner : fail();
      }
      default:
        return fail();
    }
  }

  const rule = either();
  return position === tokens.length ? rule : fail();
}

/** Whether the rule holds; a composite alarm is then in ALARM. `stateOf` is asked with the alarm's name. */
export function alarmRuleHolds(rule: AlarmRule, stateOf: (alarm: string) => AlarmState | undefined): boolean {
  switch (rule.kind) {
    case "constant":
      return rule.value;
    case "state":
      return stateOf(rule.alarm) === rule.state;
    case "not":
      return !alarmRuleHolds(rule.rule, stateOf);
    case "and":
      return alarmRuleHolds(rule.left, stateOf) && alarmRuleHolds(rule.right, stateOf);
    case "or":
      return alarmRuleHolds(rule.left, stateOf) || alarmRuleHolds(rule.right, stateOf);
  }
}

/** Names of the alarms that a rule refers to. */
export function alarmsInRule(rule: AlarmRule): readonly string[] {
  switch (rule.kind) {
    case "constant":
      return [];
    case "state":
      return [rule.alarm];
    case "not":
      return alarmsInRule(rule.rule);
    case "and":
    case "or":
      return [...alarmsInRule(rule.left), ...alarmsInRule(rule.right)];
  }
}

type Token = string | Extract<AlarmRule, { kind: "state" }>;

function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const source = text.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (!match) throw malformed(text);
    const [, state, quoted, bare, word] = match;
    if (word !== undefined) tokens.push(word.toUpperCase());
    else tokens.push({ kind: "state", alarm: nameOf(quoted ?? bare ?? ""), state: state?.toUpperCase() as AlarmState });
  }
  return tokens;
}

/** A rule may give an alarm's ARN instead of its name. */
function nameOf(alarm: string): string {
  return alarm.startsWith("arn:") ? alarm.split(":").slice(6).join(":") : alarm;
}

function malformed(text: string): ServiceError {
  return new ServiceError("ValidationError", `AlarmRule must be a valid alarm rule expression: ${text}`);
}
