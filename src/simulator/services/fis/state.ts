import type * as client from "@aws-sdk/client-fis";

import type { Api, Handlers } from "../../service.js";
import type { StateSlot, World } from "../../world.js";
import type { TemplateInput } from "./template-input.js";

/** Types of part of the handlers; the service spreads them together. */
export type FisHandlers = Handlers<typeof client>;

/** An experiment template as the service keeps it. */
export interface TemplateRecord {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly createdAt: number;
  updatedAt: number;
  content: TemplateInput;
  readonly tags: Map<string, string>;
}

export type ExperimentStatus =
  "pending" | "initiating" | "running" | "completed" | "stopping" | "stopped" | "failed" | "cancelled";

export type ActionStatus = ExperimentStatus | "skipped";

export type ActionsMode = "run-all" | "skip-all";

/** An experiment: a copy of its template's content, so that later changes of the template do not touch it. */
export interface ExperimentRecord {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly templateId: string;
  readonly content: TemplateInput;
  readonly actionsMode: ActionsMode;
  readonly tags: Map<string, string>;
  readonly createdAt: number;
  readonly actions: ReadonlyMap<string, ActionRecord>;
  /** What each target resolved to, once, at the start: ARNs. */
  resolved: ReadonlyMap<string, readonly string[]>;
  status: ExperimentStatus;
  reason: string;
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** On whose behalf it acts: the caller of StartExperiment. */
  readonly cause: string;
  readonly api: Api;
}

/** An action of an experiment. */
export interface ActionRecord {
  readonly name: string;
  status: ActionStatus;
  reason: string;
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** Ends the action early: runs what must still be done, such as starting what it stopped, then calls back. */
  stop: ((done: () => void) => void) | undefined;
}

interface FisState {
  readonly templates: Map<string, TemplateRecord>;
  readonly experiments: Map<string, ExperimentRecord>;
  /** Ids that client tokens led to, with the request that they came with. */
  readonly tokens: Map<string, { readonly request: string; readonly id: string }>;
  created: number;
}

export const fisSlot: StateSlot<FisState> = {
  name: "fis",
  create: () => ({ templates: new Map(), experiments: new Map(), tokens: new Map(), created: 0 }),
};

const ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 16;

/** A new id such as EXP3kNq…: the same in every run with the same seed. */
export function newId(world: World, region: string, prefix: "EXP" | "EXT"): string {
  const number = ++world.state(fisSlot, region).created;
  const characters = Array.from({ length: ID_LENGTH }, (_, index) => {
    const draw = world.draw(`fis/id/${region}/${number}/${index}`);
    return ID_CHARACTERS.charAt(Math.floor(draw * ID_CHARACTERS.length));
  });
  return prefix + characters.join("");
}

export function hasEnded(status: ActionStatus): boolean {
  return (
    status === "completed" ||
    status === "stopped" ||
    status === "failed" ||
    status === "cancelled" ||
    status === "skipped"
  );
}
