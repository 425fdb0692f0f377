import type { ActivationRecord } from "../../programs/activation.js";
import type { AppSpec } from "../../programs/app.js";
import { stackConfig } from "../../programs/stack-config.js";
import { strategies } from "../../programs/strategies.js";
import { projectName, type StackSpec } from "../../programs/strategy.js";
import { findPulumiCli } from "../../src/run/pulumi-cli.js";
import type { ResourceStep, StackResult } from "../../src/run/stack-protocol.js";
import { createStackRunner, type StackRunner } from "../../src/run/stacks.js";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.js";
import { createSimulatorTarget } from "../../src/target/simulator.js";
import type { ThrowawayBackend } from "./throwaway-backend.js";

/** An app's stacks on a simulated AWS, brought up and previewed by the real engine. */
export interface Deployment {
  readonly simulator: Simulator;
  readonly stacks: readonly StackSpec[];
  /** Brings every stack up, in order. */
  deploy(): Promise<void>;
  up(stack: string, options?: OperationOptions): Promise<StackResult>;
  preview(stack: string, options?: OperationOptions): Promise<StackResult>;
  close(): Promise<void>;
}

export interface OperationOptions {
  readonly activation?: ActivationRecord;
  /** Runs a program that declares nothing in place of the app's. @default false */
  readonly empty?: boolean;
  /** Inputs of the database that are forced on the program; see overriding-program.ts. */
  readonly databaseInputs?: Readonly<Record<string, unknown>>;
}

/** Starts a simulated AWS for an app; nothing is deployed yet. */
export async function openDeployment(app: AppSpec, { workDir, env }: ThrowawayBackend): Promise<Deployment> {
  const simulator = await startSimulator();
  const target = createSimulatorTarget(simulator);
  const strategy = strategies[app.strategy];
  const stacks = strategy.stacks(app);
  const runners = new Map<string, StackRunner>();

  function runnerOf(programModule: string): StackRunner {
    let runner = runners.get(programModule);
    if (!runner) {
      runner = createStackRunner({ target, programModule, project: projectName, workDir, cli: findPulumiCli(), env });
      runners.set(programModule, runner);
    }
    return runner;
  }

  function operate(
    kind: "up" | "preview",
    name: string,
    options: OperationOptions,
    create = false,
  ): Promise<StackResult> {
    const stack = stacks.find((candidate) => candidate.name === name);
    if (!stack) throw new Error(`${app.name} has no stack ${name}`);
    const { activation, databaseInputs, empty = false } = options;
    const own = (file: string): string => new URL(file, import.meta.url).href;
    const runner = runnerOf(
      empty ? own("./empty-program.ts") : databaseInputs ? own("./overriding-program.ts") : strategy.module,
    );
    const result = runner.run({
      kind,
      stack: name,
      region: stack.region,
      config: stackConfig(app, stack),
      args: { app, stack, activation, databaseInputs },
      cause: `test/${kind}`,
      create,
    });
    runner.warm(1);
    return result;
  }

  return {
    simulator,
    stacks,
    deploy: async () => {
      const ended = new Map<string, Promise<void>>();
      for (const { name, after } of stacks) {
        const deployed = Promise.all(after.map((other) => ended.get(other) ?? Promise.resolve()))
          .then(() => operate("up", name, {}, true))
          .then(() => undefined);
        ended.set(name, deployed);
      }
      await Promise.all(ended.values());
    },
    up: (name, options = {}) => operate("up", name, options),
    preview: (name, options = {}) => operate("preview", name, options),
    close: async () => {
      await Promise.all([...runners.values()].map((runner) => runner.close()));
      await target.close();
    },
  };
}

/** What a stack's steps would change: reading another stack's outputs changes nothing. */
export function changesOf({ steps }: StackResult): readonly ResourceStep[] {
  return steps.filter(({ op, type }) => op !== "read" && op !== "same" && !type.startsWith("pulumi:providers:"));
}

/** Operations that take a resource away, or another in its place. */
export function losesSomething({ op }: ResourceStep): boolean {
  return op.includes("delete") || op.includes("replace") || op === "discard-replaced";
}
