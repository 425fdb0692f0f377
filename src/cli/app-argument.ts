import { readFileSync } from "node:fs";

import { parseAppSpec, type AppSpec } from "../../programs/app.js";
import { strategies } from "../../programs/strategies.js";
import { apps } from "../../stacks/apps.js";
import { InvalidInputError } from "../errors.js";

/**
 * The app that an argument names: an app of stacks/apps.ts, a strategy (its example app), or a JSON file.
 *
 * @throws InvalidInputError when it is none of them
 * @throws AppSpecError when the file's description can't be used
 */
export function resolveApp(argument: string): AppSpec {
  if (/[/\\]|\.json$/.test(argument)) return parseAppSpec(readJson(argument));
  const app = apps[argument] ?? Object.values(apps).find(({ strategy }) => strategy === argument);
  if (app) return app;
  const known = [...Object.keys(strategies), ...Object.keys(apps)].join(", ");
  throw new InvalidInputError("app", `"${argument}" is unknown; give one of ${known}, or the path of a JSON file`);
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InvalidInputError(
      "app",
      `${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InvalidInputError("app", `${file} is no JSON: ${(error as Error).message}`);
  }
}
