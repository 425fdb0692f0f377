import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A state backend that exists for one test. */
export interface ThrowawayBackend {
  /** Folder for the Pulumi workspace. */
  readonly workDir: string;
  /** Environment of the CLI: this backend, an empty passphrase, no downloads. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs `work` with a state backend of its own, and removes it afterwards. */
export async function withBackend<T>(work: (backend: ThrowawayBackend) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "region-runbook-test-"));
  const state = join(folder, "state");
  mkdirSync(state);
  try {
    return await work({
      workDir: join(folder, "work"),
      env: {
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        PULUMI_HOME: join(folder, "home"),
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
