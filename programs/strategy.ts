import type { ActivationRecord } from "./activation.js";
import type { AppSpec } from "./app.js";

/**
 * What a strategy gives the engine without loading @pulumi/aws: which stacks it has, in which order they are deployed,
 * and where their program is. One strategy, one row in strategies.ts.
 */
export interface Strategy {
  readonly name: AppSpec["strategy"];
  stacks(app: AppSpec): readonly StackSpec[];
  /** `file:` URL of the module whose `program` declares the resources of any of these stacks; a StrategyModule. */
  readonly module: string;
}

export interface StrategyModule {
  readonly program: StackProgram;
}

/** Declares the resources of one stack of an app; what it returns becomes the stack's outputs. */
export type StackProgram = (args: ProgramArgs) => Promise<Record<string, unknown>> | Record<string, unknown>;

export interface ProgramArgs {
  readonly app: AppSpec;
  readonly stack: StackSpec;
  /**
   * The roles to declare. Undefined: as the activation record says. A run gives them where it is about to change
   * them, and a what-if preview where it asks what would be.
   */
  readonly activation?: ActivationRecord | undefined;
}

export interface StackSpec {
  /** The Pulumi stack's name, such as `food-shop-us-east-1`. */
  readonly name: string;
  readonly kind: "activation" | "region" | "replication" | "global";
  /** The Region of the stack's default provider. */
  readonly region: string;
  /** Stacks that are deployed first. */
  readonly after: readonly string[];
}

/** The Pulumi project of every stack, as in Pulumi.yaml. */
export const projectName = "region-runbook";
