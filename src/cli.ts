import { Command, CommanderError } from "@commander-js/extra-typings";

import { exitCode, inOneLine, reportError } from "./cli/exit.js";
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
  const commands = [runbookCommand(finish), simulatorCommand(finish), previewCommand(finish)];
  for (const command of commands) {
    program.addCommand(command.exitOverride().configureOutput({ writeErr: () => undefined }));
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version end the parsing like errors do.
      if (error.exitCode === 0) return exitCode.completed;
      process.stderr.write(`${describeMisuse(error, argv, commands)}\n`);
      return exitCode.refused;
    }
    return reportError(error);
  }
}

/** One line that names what is wrong and says what is allowed. */
function describeMisuse(
  { code, message }: CommanderError,
  argv: readonly string[],
  commands: readonly Command[],
): string {
  const command = commands.find((candidate) => candidate.name() === argv[0]);
  const text = inOneLine(message.replace(/^error: /, ""));
  switch (code) {
    case "commander.help":
    case "commander.unknownCommand":
      return `${argv.length === 0 ? "no command" : text}: the commands are ${commands.map((known) => known.name()).join(", ")}`;
    case "commander.unknownOption":
      return `${text}: the options are ${["--help", ...(command?.options ?? []).map(({ long, flags }) => long ?? flags)].join(", ")}`;
    case "commander.missingArgument":
      return `${text}: ${command?.registeredArguments[0]?.description ?? "see --help"}`;
    default:
      return text;
  }
}

// An ended command may leave sockets that are about to close; what it had to say is flushed by then.
process.exitCode = await main(process.argv.slice(2));
