import type { ProgramActivity } from "../target/target.js";

/**
 * What a stack worker and its parent say to each other. A worker is a process of its own that holds one program and
 * runs one Pulumi operation, because a failing inline program can fail a concurrent one in the same process.
 */

/** Where a worker finds its program: a module with an export `program`, and the JSON that is passed to it. */
export interface ProgramReference {
  /** `file:` URL of the module. */
  readonly module: string;
  readonly args: unknown;
}

/** One Pulumi operation on one stack. */
export interface StackOperation {
  readonly kind: "up" | "preview" | "destroy";
  readonly stack: string;
  readonly project: string;
  readonly program: ProgramReference;
  /** Stack configuration, such as `aws:region`. */
  readonly config: Readonly<Record<string, string>>;
  /** Creates the stack first; without it the stack must exist. */
  readonly create: boolean;
  /** Reads every resource as it is before the operation begins. */
  readonly refresh: boolean;
  /** Folder of the workspace; shared by the stacks of a run. */
  readonly workDir: string;
  /** Path of the Pulumi CLI. */
  readonly cli: string;
  readonly cliVersion: string;
  /** Environment of the CLI, added to this process's. */
  readonly env: Readonly<Record<string, string>>;
  /** Does the operation without the shortcuts of src/run/pulumi-command.ts, as plain Automation API code would. */
  readonly plain: boolean;
  readonly message: string;
}

export type ToWorker =
  | { readonly type: "load"; readonly module: string }
  | { readonly type: "run"; readonly operation: StackOperation }
  | { readonly type: "cancel" };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "cli"; readonly pid: number | undefined }
  | { readonly type: "monitor"; readonly activity: ProgramActivity }
  | { readonly type: "resource"; readonly resource: ResourceProgress }
  | { readonly type: "done"; readonly result: StackResult }
  | { readonly type: "failed"; readonly diagnostics: readonly string[] };

export interface ResourceProgress {
  readonly urn: string;
  readonly type: string;
  readonly op: string;
  readonly status: "started" | "completed" | "failed";
}

/** What an operation did, or would do. */
export interface StackResult {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Number of resources by operation: same, create, update, replace, delete... */
  readonly changes: Readonly<Record<string, number>>;
  /** Every step of the engine's plan that changes something: neither `same` nor `read`. */
  readonly steps: readonly ResourceStep[];
  /** Every resource that the program declared, with its inputs. */
  readonly resources: readonly DeclaredResource[];
}

export interface ResourceStep {
  readonly urn: string;
  readonly type: string;
  readonly op: string;
  /** Properties that differ, or that force a replacement. */
  readonly keys: readonly string[];
}

export interface DeclaredResource {
  readonly urn: string;
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}
