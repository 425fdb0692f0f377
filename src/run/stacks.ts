import { fork, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { StackOperationError } from "../errors.js";
import type { ProgramActivity, StackSession, Target } from "../target/target.js";
import type { FromWorker, ResourceProgress, StackOperation, StackResult, ToWorker } from "./stack-protocol.js";

/**
 * Runs Pulumi operations, each in a worker process of its own. Workers are started and have their program loaded ahead
 * of time (`warm`), so that starting them costs no recovery time.
 */
export interface StackRunner {
  /** Runs one operation; rejects with StackOperationError when the engine or the program failed. */
  run(request: StackRequest): Promise<StackResult>;
  /** Keeps this many workers ready. Returns at once. */
  warm(count: number): void;
  /** Resolves when the workers that were asked for are ready. */
  ready(): Promise<void>;
  /** Ends idle workers. Operations that still run are cancelled. */
  close(): Promise<void>;
}

export interface StackRequest {
  readonly kind: StackOperation["kind"];
  readonly stack: string;
  readonly region: string;
  /** Passed to the program, as JSON. */
  readonly args: unknown;
  /** Pulumi configuration besides `aws:region`. @default none */
  readonly config?: Readonly<Record<string, string>>;
  /** On whose behalf the calls are made; see Target.clientConfig. */
  readonly cause: string;
  /** Creates the stack first. @default false */
  readonly create?: boolean;
  /** Reads every resource as it is first. @default false */
  readonly refresh?: boolean;
  readonly onProgress?: (resource: ResourceProgress) => void;
  readonly signal?: AbortSignal;
}

export interface StackRunnerOptions {
  readonly target: Target;
  /** `file:` URL of the module whose export `program` declares the resources. */
  readonly programModule: string;
  readonly project: string;
  /** Folder of the Pulumi workspace; made when absent. */
  readonly workDir: string;
  readonly cli: { readonly path: string; readonly version: string };
  /** Environment of the CLI that does not depend on the operation: backend, passphrase. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the Automation API as it comes, for comparison. @default false */
  readonly plain?: boolean;
}

interface Worker {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
}

const workerFile = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./stack-worker.ts" : "./stack-worker.js", import.meta.url),
);

/** Creates a runner. It starts no process until it is warmed or used. */
export function createStackRunner(options: StackRunnerOptions): StackRunner {
  const { target, programModule, project, workDir, cli, env, plain = false } = options;
  const { clock } = target;
  const idle: Worker[] = [];
  const running = new Set<ChildProcess>();
  let closed = false;

  function startWorker(): Worker {
    const child = fork(workerFile, [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "json",
    });
    const ready = new Promise<void>((resolve) => {
      child.once("message", () => resolve());
      child.once("exit", () => resolve());
    });
    send(child, { type: "load", module: programModule });
    return { process: child, ready };
  }

  async function run(request: StackRequest): Promise<StackResult> {
    if (closed) throw new Error("the stack runner is closed");
    request.signal?.throwIfAborted();
    const worker = idle.shift() ?? startWorker();
    running.add(worker.process);
    try {
      mkdirSync(workDir, { recursive: true });
      const session = await clock.busy(() =>
        target.openStackSession({ stack: request.stack, region: request.region, cause: request.cause }),
      );
      try {
        return await operate(worker, session, request);
      } finally {
        await clock.busy(() => session.close());
      }
    } finally {
      running.delete(worker.process);
      worker.process.kill();
    }
  }

  async function operate(worker: Worker, session: StackSession, request: StackRequest): Promise<StackResult> {
    const { process: child } = worker;
    let cliPid: number | undefined;
    let activity: ProgramActivity = { status: "busy" };
    session.watch({ cliPid: () => cliPid, program: () => activity });
    const onAbort = (): void => send(child, { type: "cancel" });
    request.signal?.addEventListener("abort", onAbort, { once: true });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    try {
      return await new Promise<StackResult>((resolve, reject) => {
        const fail = (diagnostics: readonly string[]): void =>
          reject(new StackOperationError(request.stack, request.kind, diagnostics));
        child.on("message", (message: FromWorker) => {
          switch (message.type) {
            case "ready":
              break;
            case "cli":
              cliPid = message.pid;
              break;
            case "monitor":
              activity = message.activity;
              break;
            case "resource":
              request.onProgress?.(message.resource);
              break;
            case "done":
              resolve(message.result);
              break;
            case "failed":
              fail(message.diagnostics);
              break;
          }
        });
        child.once("exit", (code, signal) =>
          fail([`the worker ended with ${signal ?? `exit code ${code}`}`, ...stderr.trim().split("\n").slice(-3)]),
        );
        send(child, {
          type: "run",
          operation: {
            kind: request.kind,
            stack: request.stack,
            project,
            program: { module: programModule, args: request.args },
            config: { "aws:region": request.region, ...request.config },
            create: request.create ?? false,
            refresh: request.refresh ?? false,
            workDir,
            cli: cli.path,
            cliVersion: cli.version,
            env: { ...env, ...session.env },
            plain,
            message: request.cause,
          },
        });
      });
    } finally {
      request.signal?.removeEventListener("abort", onAbort);
    }
  }

  return {
    run,
    warm: (count) => {
      while (!closed && idle.length < count) idle.push(startWorker());
    },
    ready: async () => {
      await Promise.all(idle.map((worker) => worker.ready));
    },
    close: async () => {
      closed = true;
      for (const child of running) send(child, { type: "cancel" });
      for (const worker of idle.splice(0)) worker.process.kill();
      await Promise.all([...running].map((child) => new Promise((resolve) => child.once("exit", resolve))));
    },
  };
}

function send(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message);
}
