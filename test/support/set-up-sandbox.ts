import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** Fakes for the commands that set-up calls; each notes its arguments in `$CALLS`. */
const fakes = {
  npm: `
    const lock = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
    fs.rmSync("node_modules", { recursive: true, force: true });
    fs.mkdirSync("node_modules/half", { recursive: true });
    if (process.env.FAKE_NPM === "fails") fail("npm error code ENOTFOUND");
    fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages: lock.packages }));
    console.log("added 1 package");`,

  go: `
    if (args[0] === "env") {
      console.log(process.env.FAKE_GO_VERSION ?? "go1.26.8");
    } else {
      const output = args[args.indexOf("-o") + 1];
      fs.writeFileSync(output, "half");
      if (process.env.FAKE_GO === "fails") fail("pulumi.go:1: undefined: world");
      const version = process.env.FAKE_GO === "lies" ? "v1.2.3" : /Version=(\\S+)/.exec(args.join(" "))?.[1];
      setTimeout(() => {
        fs.writeFileSync(output, "#!/bin/sh\\necho " + version + "\\n");
        fs.chmodSync(output, 0o755);
      }, Number(process.env.FAKE_GO_MS ?? 0));
    }`,

  // Out of reach, as in a closed network, unless FAKE_SITE says otherwise.
  curl: `
    if (process.env.FAKE_SITE === undefined) fail("curl: (6) Could not resolve host");
    const output = args.indexOf("--output");
    const broken = process.env.FAKE_SITE === "breaks" ? "echo half > $root/bin/pulumi; exit 1" : "";
    if (output >= 0) fs.writeFileSync(args[output + 1], [
      'root="$3"; version="$5"; /bin/mkdir -p "$root/bin"', broken,
      'echo "#!/bin/sh" > "$root/bin/pulumi"; echo "echo v$version" >> "$root/bin/pulumi"',
      '/bin/cp "$root/bin/pulumi" "$root/bin/pulumi-language-nodejs"; /bin/chmod +x "$root"/bin/*',
    ].join("\\n"));`,
} as const;

export type FakeCommand = keyof typeof fakes;

export interface SetUpRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A clone with a small package-lock.json, a home folder, and a PATH that holds fakes only. */
export interface SetUpSandbox {
  readonly clone: string;
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  /** Starts set-up as an npm `pre` script does. */
  start(env?: NodeJS.ProcessEnv, clone?: string): { readonly pid: number; readonly ended: Promise<SetUpRun> };
  run(env?: NodeJS.ProcessEnv, clone?: string): Promise<SetUpRun>;
  /** Another clone of the same user. */
  addClone(): string;
  /** What the fakes were called with since the last time this was asked. */
  takeCalls(): string[];
  /** Process ids of the fakes that still run. */
  running(): number[];
  removeFake(name: FakeCommand): void;
  /** Puts a Pulumi CLI of this version on PATH. */
  addPulumi(version: string): string;
  /** Every file and folder in the cache, but the remembered versions. */
  cached(): string[];
  lock(clone: string, version: string): void;
  remove(): void;
}

export function createSetUpSandbox(): SetUpSandbox {
  const root = mkdtempSync(join(tmpdir(), "set-up-test-"));
  const bin = join(root, "bin");
  const calls = join(root, "calls");
  const cache = join(root, "cache", "region-runbook");
  mkdirSync(bin);
  for (const [name, body] of Object.entries(fakes)) writeScript(join(bin, name), fakeScript(name, body));
  const env: NodeJS.ProcessEnv = { PATH: bin, HOME: root, XDG_CACHE_HOME: join(root, "cache"), CALLS: calls };

  let clones = 0;
  const addClone = (): string => {
    clones += 1;
    const clone = join(root, `clone-${clones}`);
    for (const path of ["set-up", "set-up.mjs", "pulumi-cli", "pulumi-language-nodejs"]) {
      cpSync(join(checkout, "tools", path), join(clone, "tools", path), { recursive: true });
    }
    cpSync(join(checkout, "package.json"), join(clone, "package.json"));
    lock(clone, "1.0.0");
    return clone;
  };
  const lock = (clone: string, version: string): void => {
    const packages = { "": {}, "node_modules/left": { version, integrity: "x" } };
    writeFileSync(join(clone, "package-lock.json"), JSON.stringify({ packages }));
  };
  const clone = addClone();

  const start: SetUpSandbox["start"] = (extra = {}, where = clone) => {
    const child = spawn(process.execPath, [join(where, "tools", "set-up.mjs")], {
      env: { ...env, ...extra },
      cwd: where,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise<SetUpRun>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
    if (child.pid === undefined) throw new Error("set-up did not start");
    return { pid: child.pid, ended };
  };

  return {
    clone,
    cache,
    env,
    start,
    run: (extra, where) => start(extra, where).ended,
    addClone,
    takeCalls: () => {
      const noted = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [];
      rmSync(calls, { force: true });
      return noted;
    },
    running: () => readFileSync(`${calls}-pids`, "utf8").trim().split("\n").map(Number).filter(isRunning),
    removeFake: (name) => rmSync(join(bin, name)),
    addPulumi: (version) => {
      const path = join(bin, "pulumi");
      writeScript(path, `#!/bin/sh\necho ${version}\n`);
      return path;
    },
    cached: () => (existsSync(cache) ? readdirSync(cache).filter((name) => name !== "cli-versions.json") : []),
    lock,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function fakeScript(name: string, body: string): string {
  return `#!${process.execPath}
    const fs = require("node:fs");
    const args = process.argv.slice(2);
    const fail = (text) => { console.error(text); process.exit(1); };
    fs.appendFileSync(process.env.CALLS + "-pids", process.pid + "\\n");
    fs.appendFileSync(process.env.CALLS, ${JSON.stringify(name)} + " " + args.join(" ") + "\\n");
    ${body}`;
}

function writeScript(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}
