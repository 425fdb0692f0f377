import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";

import { initialActivation, type ActivationRecord } from "../../programs/activation.js";
import type { AppSpec } from "../../programs/app.js";
import { stackConfig } from "../../programs/stack-config.js";
import type { StackSpec, Strategy } from "../../programs/strategy.js";
import { StackOperationError } from "../errors.js";
import type { Clock } from "../target/clock.js";
import type { StackChange, StackOperations } from "./stack-operations.js";
import type { StackRequest, StackRunner } from "./stacks.js";
import type { ResourceProgress, StackResult } from "./stack-protocol.js";

const execute = promisify(execFile);

/** An app's stacks, as the runbook's steps use them and as a drill deploys them. */
export interface AppStacks extends StackOperations {
  /**
   * Deploys every stack, those first that others come after, side by side where they don't depend on each other.
   *
   * @throws StackOperationError of the first stack that failed, when the others have ended
   */
  deploy(options: DeployOptions): Promise<ReadonlyMap<string, StackResult>>;
  readonly specs: readonly StackSpec[];
}

export interface DeployOptions {
  readonly cause: string;
  readonly onProgress?: (stack: string, resource: ResourceProgress) => void;
  readonly signal?: AbortSignal;
}

export interface AppStacksOptions {
  readonly app: AppSpec;
  readonly strategy: Strategy;
  readonly runner: StackRunner;
  readonly clock: Clock;
  /** Path of the Pulumi CLI. */
  readonly cli: string;
  readonly project: string;
  readonly workDir: string;
  /** Environment of the CLI: backend, passphrase. */
  readonly env: Readonly<Record<string, string>>;
  /** The Region that holds the state backend, or null when it lies in none. */
  readonly stateRegion: string | null;
}

/** Binds an app's strategy to a runner. */
export function createAppStacks(options: AppStacksOptions): AppStacks {
  const { app, strategy, runner, clock, cli, project, workDir, env, stateRegion } = options;
  const specs = strategy.stacks(app);

  function specOf(name: string): StackSpec {
    const spec = specs.find((candidate) => candidate.name === name);
    if (!spec) throw new Error(`${app.name} has no stack ${name}`);
    return spec;
  }

  function operate(kind: StackRequest["kind"], change: StackChange, create: boolean): Promise<StackResult> {
    const spec = specOf(change.stack);
    return runner.run({
      kind,
      stack: spec.name,
      region: spec.region,
      args: { app, stack: spec, activation: change.activation },
      config: stackConfig(app, spec),
      cause: change.cause,
      create,
      ...(change.refresh === undefined ? {} : { refresh: change.refresh }),
      ...(change.onProgress ? { onProgress: change.onProgress } : {}),
      ...(change.signal ? { signal: change.signal } : {}),
    });
  }

  async function pulumi(args: readonly string[]): Promise<string> {
    mkdirSync(workDir, { recursive: true });
    const { stdout } = await clock.busy(() =>
      execute(cli, [...args, "--non-interactive", "--color", "never"], {
        cwd: workDir,
        env: { ...process.env, ...env },
      }),
    );
    return stdout;
  }

  async function readActivation(): Promise<ActivationRecord> {
    const stack = specs.find(({ kind }) => kind === "activation");
    if (!stack) return initialActivation(app);
    try {
      const outputs = JSON.parse(
        await pulumi(["stack", "output", "--json", "--stack", `organization/${project}/${stack.name}`]),
      ) as Partial<ActivationRecord>;
      return outputs.epoch === undefined ? initialActivation(app) : (outputs as ActivationRecord);
    } catch (error) {
      const text = String((error as { stderr?: string }).stderr ?? error);
      if (text.includes("no stack named")) return initialActivation(app);
      throw new StackOperationError(stack.name, "reading the outputs", [text.trim().split("\n").at(-1) ?? text]);
    }
  }

  async function deploy({ cause, onProgress, signal }: DeployOptions): Promise<ReadonlyMap<string, StackResult>> {
    const results = new Map<string, StackResult>();
    const deployments = new Map<string, Promise<void>>();
    const deployOne = async (spec: StackSpec): Promise<void> => {
      for (const name of spec.after) await deployments.get(name);
      const result = await operate(
        "up",
        {
          stack: spec.name,
          cause,
          ...(onProgress ? { onProgress: (resource: ResourceProgress) => onProgress(spec.name, resource) } : {}),
          ...(signal ? { signal } : {}),
        },
        true,
      );
      results.set(spec.name, result);
    };
    for (const spec of specs) deployments.set(spec.name, deployOne(spec));
    const outcomes = await Promise.allSettled(deployments.values());
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    return results;
  }

  return {
    specs,
    deploy,
    readActivation,
    up: (change) => operate("up", change, false),
    preview: (change) => operate("preview", change, false),
    stateBackend: async () => {
      try {
        await pulumi(["stack", "ls", "--json", "--project", project]);
        return { reachable: true, region: stateRegion };
      } catch {
        return { reachable: false, region: stateRegion };
      }
    },
    warm: (count) => runner.warm(count),
  };
}
