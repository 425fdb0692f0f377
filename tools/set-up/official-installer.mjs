/** The Pulumi CLI by Pulumi's own installer, where its site can be reached. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "./pulumi-lookup.mjs";
import { runCommand } from "./run-command.mjs";

const site = "https://get.pulumi.com";
/** Long enough for a slow link, short enough not to be noticed where the site is out of reach. */
const probe = ["--fail", "--silent", "--show-error", "--location", "--connect-timeout", "3", "--max-time", "10"];
const installTimeoutMs = 5 * 60_000;

/**
 * Installs the CLI with its language hosts into `folder/bin`. Quiet where it can't: the Go build is tried next.
 *
 * @param {string} folder - temporary; may be left half filled when this answers false
 * @param {string} version
 * @param {NodeJS.ProcessEnv} env
 * @param {() => void} onReachable - called when the download starts
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function runOfficialInstaller(folder, version, env, onReachable) {
  const curl = findOnPath("curl", env);
  if (curl === undefined) return false;
  const script = join(folder, "install.sh");
  const archive = `${site}/releases/sdk/pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;
  const [download, head] = await Promise.all([
    runCommand(curl, [...probe, "--output", script, `${site}/install.sh`], { env }),
    runCommand(curl, [...probe, "--head", archive], { env }),
  ]);
  if (!download.ok || !head.ok) return false;

  onReachable();
  const args = [script, "--no-edit-path", "--install-root", folder, "--version", version];
  const { ok } = await runCommand("/bin/sh", args, {
    env,
    timeoutMs: installTimeoutMs,
    doing: "still downloading the Pulumi CLI",
  });
  rmSync(script);
  writeFileSync(join(folder, "origin"), "official installer\n");
  return ok;
}
