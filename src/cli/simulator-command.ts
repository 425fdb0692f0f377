import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { Command, InvalidArgumentError } from "@commander-js/extra-typings";

import { simulatorEnvironment, throwawayBackend } from "./environment.js";
import { exitCode } from "./exit.js";
import { startSimulator } from "../simulator/simulator.js";

/** `simulator`: serves the simulated AWS alone, until it is stopped. */
export function simulatorCommand(finish: (code: number) => void): Command {
  const command = new Command("simulator")
    .description("Serve the simulated AWS until stopped; print the environment that points clients and Pulumi at it.")
    .option("--port <port>", "TCP port of the endpoint (default: any free one)", portNumber)
    .option("--seed <number>", "of everything random", Number, 1)
    .option("--json", "print the environment as one JSON object");

  return command.action(async (options) => {
    const simulator = await startSimulator({
      seed: options.seed,
      ...(options.port === undefined ? {} : { port: options.port }),
    });
    const provider = await simulator.openProvider({ cause: "pulumi" });
    const folder = mkdtempSync(path.join(tmpdir(), "region-runbook-simulator-"));
    try {
      const environment = { ...simulatorEnvironment(simulator, provider.port), ...throwawayBackend(folder).env };
      const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
      process.stdout.write(options.json ? `${JSON.stringify(environment)}\n` : `${lines.join("\n")}\n`);
      process.stderr.write(
        `The simulated AWS answers at ${simulator.endpoint}, its name service at 127.0.0.1:${simulator.dnsPort} (UDP). ` +
          "Ctrl-C ends it, and its world.\n",
      );
      await stopped();
      finish(exitCode.completed);
    } finally {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** Resolves when the operator ends the process. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    // Keeps the process alive also while the simulated world has nothing to do.
    const alive = setInterval(() => undefined, 60_000);
    const stop = (): void => {
      clearInterval(alive);
      resolve();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError("must be from 1 to 65535");
  return port;
}
