import { existsSync, statSync } from "node:fs";
import path from "node:path";

import { InvalidArgumentError } from "@commander-js/extra-typings";

import { InvalidInputError } from "../errors.js";

/** Reads the value of an option that is a whole number. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError("It must be a whole number of 0 or more.");
  }
  return value;
}

/** Reads the value of an option that is a TCP port. @throws InvalidArgumentError */
export function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError("It must be 1 to 65535.");
  return port;
}

/**
 * Finds out before a run whether its report can be written after it.
 *
 * @returns the absolute path
 * @throws InvalidInputError when it can't
 */
export function reportFile(given: string): string {
  const file = path.resolve(given);
  if (existsSync(file) && !statSync(file).isFile()) {
    throw new InvalidInputError("report", `${given} is no file; give the path of a file that may be written`);
  }
  let folder = path.dirname(file);
  while (!existsSync(folder)) folder = path.dirname(folder);
  if (statSync(folder).isDirectory()) return file;
  throw new InvalidInputError("report", `${folder} is no folder; give the path of a file that may be written`);
}
