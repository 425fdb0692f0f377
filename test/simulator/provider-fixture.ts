import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { automation } from "@pulumi/pulumi";

import { createSimulatedClock } from "../../src/simulator/clock.js";
import type { LatencyProfile } from "../../src/latency/row.js";
import { startProviderServer, type ProviderServer } from "../../src/simulator/provider/server.js";
import { createApi, type Api } from "../../src/simulator/service.js";
import { createWorld, type World } from "../../src/simulator/world.js";
import { findPulumiCli } from "../../src/run/pulumi-cli.js";
import { withBackend } from "../support/throwaway-backend.js";

const project = "provider-test";

/** A simulated AWS with a provider, and the real engine with a throwaway backend. */
export interface EngineFixture {
  readonly world: World;
  readonly api: Api;
  readonly provider: ProviderServer;
  /** What the backend keeps of a stack, as text. */
  stateFile(stackName?: string): string;
  /** Creates or selects a stack with another program. */
  stack(program: () => Promise<Record<string, unknown> | undefined>, options?: StackOptions): Promise<automation.Stack>;
}

export interface StackOptions {
  /** @default "test" */
  readonly name?: string;
  /** @default { "aws:region": "us-east-1" } */
  readonly config?: Readonly<Record<string, string>>;
}

/** Runs `body` and cleans up after it. */
export async function withEngine(
  body: (fixture: EngineFixture) => Promise<void>,
  options: { readonly profile?: LatencyProfile } = {},
): Promise<void> {
  const clock = createSimulatedClock();
  const world = createWorld({ clock, profile: options.profile ?? "low" });
  const api = createApi(world);
  const provider = await startProviderServer(world, api, { cause: "test" });
  try {
    await withBackend(async ({ workDir, env }) => {
      mkdirSync(workDir);
      const stateFolder = fileURLToPath(String(env["PULUMI_BACKEND_URL"]));
      // The SDK looks for a CLI that is not on PATH under a root's bin.
      symlinkSync(dirname(findPulumiCli().path), join(workDir, "bin"));
      const pulumiCommand = await automation.PulumiCommand.get({ root: workDir });
      await body({
        world,
        api,
        provider,
        stateFile: (name = "test") => readFileSync(join(stateFolder, `.pulumi/stacks/${project}/${name}.json`), "utf8"),
        stack: async (program, { name = "test", config = { "aws:region": "us-east-1" } } = {}) => {
          const stack = await automation.LocalWorkspace.createOrSelectStack(
            { stackName: name, projectName: project, program },
            {
              workDir,
              pulumiCommand,
              envVars: {
                ...env,
                PULUMI_DEBUG_PROVIDERS: `aws:${provider.port},awsx:${provider.port}`,
              },
            },
          );
          for (const [key, value] of Object.entries(config)) await stack.setConfig(key, { value });
          return stack;
        },
      });
    });
  } finally {
    await provider.close();
    clock.stop();
  }
}
