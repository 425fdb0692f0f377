import { Command, CommanderError } from "@commander-js/extra-typings";

import { exitCode, reportError } from "./cli/exit.js";
import { previewCommand } from "./cli/preview-command.js";
import { runbookCommand } from "./cli/runbook-command.js";
import { simulatorCommand } from "./cli/simulator-command.js";

/** argv to a call of the public API; results to stdout, progress and errors to stderr. */
async function main(argv: readonly string[]): Promise<number> {
  let code: number = exitCode.completed;
  const finish = (ended: number): void => {
    code = ended;
  };
  const program = new Command("region-runbook")
    .description("Disaster recovery on AWS: deploy, rehearse, fail over, measure.")
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  for (const command of [runbookCommand(finish), simulatorCommand(finish), previewCommand(finish)]) {
    program.addCommand(command.exitOverride().configureOutput({ writeErr: () => undefined }));
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version end the parsing like errors do.
      if (error.exitCode === 0) return exitCode.completed;
      process.stderr.write(`${error.message.replace(/^error: /, "")}\n`);
      return exitCode.refused;
    }
    return reportError(error);
  }
}

// An ended command may leave sockets that are about to close; what it had to say is flushed by then.
process.exitCode = await main(process.argv.slice(2));
