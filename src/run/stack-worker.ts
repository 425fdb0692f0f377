import { automation } from "@pulumi/pulumi";

import { watchMonitor } from "./monitor-activity.js";
import { CliFailure, createPulumiCommand } from "./pulumi-command.js";
import type {
  DeclaredResource,
  FromWorker,
  ProgramReference,
  ResourceStep,
  StackOperation,
  StackResult,
  ToWorker,
} from "./stack-protocol.js";

/**
 * The worker's entry point: loads a program, then runs one Pulumi operation with it and ends. Started by
 * src/run/stacks.ts; ends with its parent, whose death closes the channel.
 */

type ProgramModule = { readonly program: (args: unknown) => unknown };

const abort = new AbortController();

function tell(message: FromWorker): void {
  process.send?.(message);
}

/**
 * Operations that only wait for AWS cost nothing, so all may run at once: the default of four for each core would put
 * creations one after another that AWS does in parallel.
 */
const PARALLEL = 256;

async function runOperation(operation: StackOperation): Promise<StackResult> {
  const collected = createCollector();
  const pulumiCommand = createPulumiCommand({
    path: operation.cli,
    version: operation.cliVersion,
    plain: operation.plain,
    onPid: (pid) => tell({ type: "cli", pid }),
  });
  const workspaceOptions: automation.LocalWorkspaceOptions = {
    workDir: operation.workDir,
    envVars: { ...operation.env },
    pulumiCommand,
    stackSettings: {
      [operation.stack]: {
        config: { ...operation.config },
      },
    },
    projectSettings: { name: operation.project, runtime: "nodejs", main: operation.workDir },
  };
  const inline = {
    projectName: operation.project,
    stackName: operation.stack,
    program: () => runProgram(operation.program),
  };
  const stack = operation.create
    ? await automation.LocalWorkspace.createStack(inline, workspaceOptions)
    : await automation.LocalWorkspace.selectStack(inline, workspaceOptions);
  const options = {
    onEvent: collected.onEvent,
    color: "never" as const,
    parallel: PARALLEL,
    suppressOutputs: true,
    message: operation.message,
    refresh: operation.refresh,
    signal: abort.signal,
  };
  try {
    switch (operation.kind) {
      case "up":
        await stack.up(options);
        break;
      case "preview":
        await stack.preview(options);
        break;
      case "destroy":
        await stack.destroy({ ...options, remove: true });
        break;
    }
  } catch (error) {
    throw new AggregateError(collected.diagnostics(error), "the operation failed");
  }
  return collected.result();
}

async function runProgram(reference: ProgramReference): Promise<Record<string, unknown>> {
  const { program } = await loadProgram(reference.module);
  const outputs = await program(reference.args);
  return (outputs ?? {}) as Record<string, unknown>;
}

/**
 * Loads a program, then ends stack traces: one for each of the SDK's promises costs a third of an operation's time. Not
 * before, and not by Node's flag: without stack traces tsx can't tell which names CommonJS modules export, and a program
 * would find `@pulumi/pulumi` without most of its classes.
 */
async function loadProgram(module: string): Promise<ProgramModule> {
  const loaded = (await import(module)) as ProgramModule;
  Error.stackTraceLimit = 0;
  return loaded;
}

interface Collector {
  readonly onEvent: (event: automation.EngineEvent) => void;
  readonly result: () => StackResult;
  readonly diagnostics: (error: unknown) => string[];
}

function createCollector(): Collector {
  const steps: ResourceStep[] = [];
  const resources: DeclaredResource[] = [];
  const errors: string[] = [];
  let outputs: Record<string, unknown> = {};
  let changes: Record<string, number> = {};

  return {
    onEvent: (event) => {
      const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, summaryEvent } = event;
      if (resourcePreEvent) {
        const { urn, type, op, diffs, keys } = resourcePreEvent.metadata;
        const inputs = resourcePreEvent.metadata.new?.inputs as Record<string, unknown> | undefined;
        if (inputs) resources.push({ urn, type, inputs });
        if (isChange(op) && type !== "pulumi:pulumi:Stack") {
          steps.push({ urn, type, op, keys: [...new Set([...(keys ?? []), ...(diffs ?? [])])] });
          tell({ type: "resource", resource: { urn, type, op, status: "started" } });
        }
      }
      if (resOutputsEvent) {
        const { urn, type, op } = resOutputsEvent.metadata;
        if (type === "pulumi:pulumi:Stack") outputs = { ...resOutputsEvent.metadata.new?.outputs };
        else if (isChange(op)) tell({ type: "resource", resource: { urn, type, op, status: "completed" } });
      }
      if (resOpFailedEvent) {
        const { urn, type, op } = resOpFailedEvent.metadata;
        tell({ type: "resource", resource: { urn, type, op, status: "failed" } });
      }
      if (diagnosticEvent?.severity === "error") errors.push(diagnosticEvent.message.trim());
      if (summaryEvent) changes = { ...summaryEvent.resourceChanges };
    },
    result: () => ({ outputs, changes, steps, resources }),
    diagnostics: (error) => {
      const specific = errors.filter((message) => message !== "update failed" && message !== "preview failed");
      if (specific.length > 0) return specific;
      if (error instanceof CliFailure) return [lastLine(error.message)];
      return [error instanceof Error ? error.message : String(error)];
    },
  };
}

/** A stack reference is read in every operation; that changes nothing. */
function isChange(op: string): boolean {
  return op !== "same" && op !== "read";
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? text;
}

process.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "load":
      // Only warms the module cache; a module that fails to load fails its operation, where it can be reported.
      loadProgram(message.module)
        .catch(() => undefined)
        .finally(() => tell({ type: "ready" }));
      break;
    case "run":
      runOperation(message.operation).then(
        (result) => finish({ type: "done", result }),
        (error: unknown) => {
          const reasons: unknown[] = error instanceof AggregateError ? error.errors : [error];
          finish({
            type: "failed",
            diagnostics: reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))),
          });
        },
      );
      break;
    case "cancel":
      abort.abort();
      break;
  }
});

function finish(message: FromWorker): void {
  process.send?.(message, () => process.exit(0));
}

// A parent that died can't read the result: end, and the CLI with it.
process.on("disconnect", () => process.exit(1));
// Ctrl-C reaches the whole process group: the parent decides, and tells this process to cancel.
process.on("SIGINT", () => undefined);

watchMonitor((activity) => tell({ type: "monitor", activity }));
