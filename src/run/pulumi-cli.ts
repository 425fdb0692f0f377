import { lookUpPulumi } from "../../tools/set-up/pulumi-lookup.mjs";
import { PulumiCliError } from "../errors.js";

/** A Pulumi CLI that is new enough for this package. */
export interface PulumiCli {
  readonly path: string;
  /** Without a leading v, such as `3.250.0`. */
  readonly version: string;
}

/**
 * Finds the Pulumi CLI: the one on PATH when it is new enough, else the one that `npm run set-up` installed in the
 * user's cache folder.
 *
 * @throws PulumiCliError with one line that says what is missing or too old
 */
export function findPulumiCli(): PulumiCli {
  const lookup = lookUpPulumi();
  if (lookup.status === "missing") throw new PulumiCliError(lookup.problem);
  return { path: lookup.path, version: lookup.version };
}
