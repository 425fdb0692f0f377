/** The Pulumi CLI and its Node language host, built from their own Go modules. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetUpError } from "./console.mjs";
import { cliModule, languageHostModule, minimumCliVersion, requiredGoVersion } from "./project.mjs";
import { findOnPath, isAtLeast } from "./pulumi-lookup.mjs";
import { runCommand } from "./run-command.mjs";

/** The first Go that fetches a newer one by itself when a module asks for it. */
const oldestGo = "1.21.0";

/**
 * The language host that can be built is an older one, which reads its options from flags instead of Pulumi.yaml.
 */
const languageHostWrapper = `#!/bin/sh
exec "$(dirname "$0")/pulumi-language-nodejs-real" -typescript=false "-nodeargs=--import tsx" "$@"
`;

/**
 * Builds both into `folder/bin`.
 *
 * @param {string} folder
 * @param {string} version - without the leading v
 * @param {NodeJS.ProcessEnv} env
 * @throws {SetUpError} when Go is missing, too old, or the build fails
 */
export async function buildWithGo(folder, version, env) {
  const go = await findGo(env);
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  // Without the version, the Automation API refuses the CLI.
  const ldflags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  await build(go, cliModule, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", join(bin, "pulumi"), ldflags, env);
  await build(
    go,
    languageHostModule,
    "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    join(bin, "pulumi-language-nodejs-real"),
    "-s -w",
    env,
  );
  const wrapper = join(bin, "pulumi-language-nodejs");
  writeFileSync(wrapper, languageHostWrapper);
  chmodSync(wrapper, 0o755);
  writeFileSync(join(folder, "origin"), "built from Go modules\n");
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @throws {SetUpError} when there is none that can build it
 */
async function findGo(env) {
  const otherwise = `or put a Pulumi CLI ${minimumCliVersion} or newer on PATH`;
  const go = findOnPath("go", env);
  if (go === undefined) {
    throw new SetUpError(
      `Go is missing, and so is the Pulumi CLI, which can't be downloaded here but built with Go: ` +
        `install Go ${requiredGoVersion()} or newer, ${otherwise}`,
    );
  }
  const { output } = await runCommand(go, ["env", "GOVERSION"], { env });
  const version = /go(\d+\.\d+(\.\d+)?)/.exec(output)?.[1];
  if (version === undefined || !isAtLeast(version, oldestGo)) {
    throw new SetUpError(
      `${go} is Go ${version ?? "of an unknown version"}: the Pulumi CLI is built with ${requiredGoVersion()} or newer; ` +
        `install that, ${otherwise}`,
    );
  }
  return go;
}

/**
 * @param {string} go
 * @param {string} moduleFolder
 * @param {string} packagePath
 * @param {string} output
 * @param {string} ldflags
 * @param {NodeJS.ProcessEnv} env
 */
async function build(go, moduleFolder, packagePath, output, ldflags, env) {
  // -buildvcs: a checkout that git distrusts must not matter. -mod: nor a user's GOFLAGS.
  const args = ["build", "-buildvcs=false", "-mod=readonly", "-ldflags", ldflags, "-o", output, packagePath];
  // Neither a C compiler nor a workspace around the checkout nor a cross-compilation has a say in this.
  const { GOOS: _os, GOARCH: _arch, ...rest } = env;
  const result = await runCommand(go, args, {
    cwd: moduleFolder,
    env: { ...rest, CGO_ENABLED: "0", GOWORK: "off", GO111MODULE: "on" },
    doing: `still building ${packagePath.split("/").at(-1)}`,
  });
  if (!result.ok) throw new SetUpError(`go build of ${packagePath} failed: ${result.output || "without a message"}`);
}
