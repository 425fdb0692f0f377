import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { Command } from "@commander-js/extra-typings";

import { simulatorEnvironment, throwawayBackend } from "./environment.js";
import { exitCode } from "./exit.js";
import { portNumber, wholeNumber } from "./option-values.js";
import { InvalidInputError, PulumiCliError } from "../errors.js";
import { findPulumiCli } from "../run/pulumi-cli.js";
import { startSimulator, type Simulator } from "../simulator/simulator.js";

/** `simulator`: serves the simulated AWS alone, until it is stopped. */
export function simulatorCommand(finish: (code: number) => void): Command {
  const command = new Command("simulator")
    .description("Serve the simulated AWS until stopped; print the environment that points clients and Pulumi at it.")
    .option("--port <port>", "TCP port of the endpoint (default: any free one)", portNumber)
    .option("--seed <number>", "of everything random", wholeNumber, 1)
    .option("--json", "print the environment as one JSON object");

  return command.action(async (options) => {
    const stop = stopped();
    const simulator = await startSimulator({
      seed: options.seed,
      ...(options.port === undefined ? {} : { port: options.port }),
    }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      throw new InvalidInputError("port", `${options.port} is in use; give another, or none for any free one`);
    });
    const provider = await simulator.openProvider({ cause: "pulumi" });
    const folder = mkdtempSync(path.join(tmpdir(), "region-runbook-simulator-"));
    try {
      const environment = { ...simulatorEnvironment(simulator, provider.port), ...throwawayBackend(folder).env };
      process.stdout.write(options.json ? `${JSON.stringify(environment)}\n` : shellLines(environment));
      for (const line of hints(simulator)) process.stderr.write(`${line}\n`);
      await stop;
      finish(exitCode.completed);
    } finally {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

function shellLines(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}

/** What the environment can't tell. */
function hints({ endpoint, dnsPort }: Simulator): readonly string[] {
  return [
    `The simulated AWS answers at ${endpoint}, its name service at 127.0.0.1:${dnsPort} (UDP). Ctrl-C ends it, and its world.`,
    pulumiHint(),
    // Its list of certificates' names replaces the address in this one case (awscli/customizations/overridesslcommonname.py).
    `Version 1 of the aws command line needs --endpoint-url ${endpoint} for rds in us-east-1: there it ignores AWS_ENDPOINT_URL.`,
  ];
}

function pulumiHint(): string {
  try {
    return `The Pulumi CLI is ${findPulumiCli().path}; call it from the root of the repository.`;
  } catch (error) {
    if (!(error instanceof PulumiCliError)) throw error;
    return error.message;
  }
}

/** Resolves when the operator ends the process; until then its open ports keep it alive. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    // For good, not once: npm passes on the signal that a terminal has already sent to everyone, and a closing terminal
    // hangs up on top of it. The second one must not end the process before it has cleaned up.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}
