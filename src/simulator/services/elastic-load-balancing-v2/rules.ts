import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { checkedActions, syncAllGroups } from "./listeners.js";
import {
  elbSlot,
  listenerOf,
  newElbId,
  page,
  type ElbHandlers,
  type ListenerRecord,
  type RuleRecord,
} from "./state.js";

/** Rules of listeners; the default rule shows the listener's default actions. */
export function ruleHandlers(world: World) {
  return {
    CreateRule: (input, { region }) => {
      const listener = listenerOf(world, region, input.ListenerArn);
      const priority = input.Priority ?? 0;
      checkPriority(listener, priority);
      const id = newElbId(world, region, ["rule", listener.arn, priority]);
      const rule: RuleRecord = {
        arn: `${listener.arn.replace(":listener/", ":listener-rule/")}/${id}`,
        priority,
        conditions: input.Conditions ?? [],
        actions: checkedActions(world, region, input.Actions),
        tags: [...(input.Tags ?? [])],
      };
      listener.rules.set(rule.arn, rule);
      syncAllGroups(world, region);
      return { Rules: [answer(rule)] };
    },

    DescribeRules: (input, { region }) => {
      const rules = input.RuleArns?.length
        ? input.RuleArns.map((arn) => answerByArn(world, region, arn))
        : rulesOf(listenerOf(world, region, input.ListenerArn));
      const { items, nextMarker } = page(rules, input);
      return { Rules: items, NextMarker: nextMarker };
    },

    ModifyRule: (input, { region }) => {
      const { rule } = ruleOf(world, region, input.RuleArn);
      if (input.Conditions) rule.conditions = input.Conditions;
      if (input.Actions) rule.actions = checkedActions(world, region, input.Actions);
      syncAllGroups(world, region);
      return { Rules: [answer(rule)] };
    },

    SetRulePriorities: ({ RulePriorities = [] }, { region }) => {
      const changed = RulePriorities.map(({ RuleArn, Priority }) => ({
        ...ruleOf(world, region, RuleArn),
        priority: Priority ?? 0,
      }));
      for (const { listener, rule, priority } of changed) {
        const others = [...listener.rules.values()].filter((other) => !changed.some((change) => change.rule === other));
        if (others.some((other) => other.priority === priority)) throw priorityInUse(priority);
        rule.priority = priority;
      }
      return { Rules: changed.map(({ rule }) => answer(rule)) };
    },

    DeleteRule: ({ RuleArn }, { region }) => {
      const { listener, rule } = ruleOf(world, region, RuleArn);
      listener.rules.delete(rule.arn);
      syncAllGroups(world, region);
      return {};
    },
  } satisfies ElbHandlers;
}

function rulesOf(listener: ListenerRecord): Rule[] {
  const byPriority = [...listener.rules.values()].sort((a, b) => a.priority - b.priority);
  return [...byPriority.map(answer), defaultRule(listener)];
}

function answer(rule: RuleRecord): Rule {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: [...rule.conditions],
    Actions: [...rule.actions],
    IsDefault: false,
  };
}

function defaultRule(listener: ListenerRecord): Rule {
  const RuleArn = `${listener.arn.replace(":listener/", ":listener-rule/")}/default`;
  return { RuleArn, Priority: "default", Conditions: [], Actions: [...listener.defaultActions], IsDefault: true };
}

function answerByArn(world: World, region: string, arn: string): Rule {
  for (const listener of world.state(elbSlot, region).listeners.values()) {
    const rule = rulesOf(listener).find(({ RuleArn }) => RuleArn === arn);
    if (rule) return rule;
  }
  throw notFound();
}

function ruleOf(world: World, region: string, arn: string | undefined) {
  for (const listener of world.state(elbSlot, region).listeners.values()) {
    const rule = listener.rules.get(arn ?? "");
    if (rule) return { listener, rule };
    if (defaultRule(listener).RuleArn === arn) {
      throw new ServiceError("OperationNotPermittedException", `Default rule '${arn ?? ""}' cannot be modified`);
    }
  }
  throw notFound();
}

function notFound(): ServiceError {
  return new ServiceError("RuleNotFoundException", "One or more rules not found");
}

function checkPriority(listener: ListenerRecord, priority: number): void {
  if (!(priority >= 1 && priority <= 50_000)) {
    throw new ServiceError("ValidationError", `Priority ${priority} must be between 1 and 50000`);
  }
  if ([...listener.rules.values()].some((rule) => rule.priority === priority)) throw priorityInUse(priority);
}

function priorityInUse(priority: number): ServiceError {
  return new ServiceError("PriorityInUseException", `Priority '${priority}' is currently in use`);
}
