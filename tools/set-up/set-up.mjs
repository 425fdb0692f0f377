/** Everything that a command needs, in order. */
import { SetUpError, say } from "./console.mjs";
import { ensureNodeModules } from "./node-modules.mjs";
import { projectFolder } from "./project.mjs";
import { ensurePulumiCli } from "./pulumi-cli.mjs";

/**
 * Installs what is missing.
 *
 * @returns {Promise<number>} the exit code: 0, or 2 when something that is needed can't be had
 */
export async function setUp() {
  try {
    await ensureNodeModules(projectFolder, process.env);
    await ensurePulumiCli(process.env);
    return 0;
  } catch (error) {
    say(
      error instanceof SetUpError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error),
    );
    return 2;
  }
}
