/** What is fixed by the checkout: its folder and the versions that its own files ask for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the checkout or of the installed package. */
export const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/** The Go modules that build the Pulumi CLI and its Node language host. */
export const cliModule = join(projectFolder, "tools", "pulumi-cli");
export const languageHostModule = join(projectFolder, "tools", "pulumi-language-nodejs");

/** The oldest Pulumi CLI that is used when it is found on PATH. */
export const minimumCliVersion = "3.230.0";

/**
 * The Pulumi CLI that set-up installs, as the Go module names it (without the leading v), so that the downloaded and
 * the built CLI are the same one.
 *
 * @returns {string}
 */
export function pinnedCliVersion() {
  return goModMatch(
    /^\s*github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/m,
    "the version of github.com/pulumi/pulumi/pkg/v3",
  );
}

/**
 * The Go version that the CLI's module asks for, such as `1.25.11`.
 *
 * @returns {string}
 */
export function requiredGoVersion() {
  return goModMatch(/^go (\S+)/m, "a go version");
}

/**
 * @param {RegExp} pattern
 * @param {string} what
 */
function goModMatch(pattern, what) {
  const file = join(cliModule, "go.mod");
  const match = pattern.exec(readFileSync(file, "utf8"));
  if (match?.[1] === undefined) throw new Error(`${file} does not name ${what}`);
  return match[1];
}
