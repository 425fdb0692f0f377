import type { StartExperimentCommandInput } from "@aws-sdk/client-fis";

/**
 * - `run-all`: the experiment's actions run.
 * - `skip-all`: a dry run: targets are resolved, every action is skipped.
 */
export type ActionsMode = "run-all" | "skip-all";

/** Input of StartExperiment with the option that old clients do not know. */
export interface StartExperimentInput extends StartExperimentCommandInput {
  readonly experimentOptions?: { readonly actionsMode: ActionsMode };
}

interface HttpRequest {
  body?: unknown;
  headers: Record<string, string>;
}

type Next<Output> = (args: { readonly input: object; request: unknown }) => Promise<Output>;

/**
 * A middleware for the `build` step that puts `experimentOptions` into the body of StartExperiment.
 *
 * The client in version 3.523.0, the newest that every registry has, drops it without a word: a dry run would become a
 * real one. Clients that send it themselves are left alone. Where it can't be put in, the call fails instead.
 *
 * @throws Error when the request has no body that the option could be put into
 */
export function keepExperimentOptions<Output>(next: Next<Output>): Next<Output> {
  return async (args) => {
    const { experimentOptions } = args.input as StartExperimentInput;
    if (experimentOptions === undefined) return next(args);
    const request = args.request as HttpRequest;
    const body = textOf(request.body);
    if (body === undefined) throw new Error("StartExperiment without a JSON body: experimentOptions would be lost");
    const sent = JSON.parse(body) as Record<string, unknown>;
    request.body = JSON.stringify({ ...sent, experimentOptions });
    for (const header of Object.keys(request.headers)) {
      if (header.toLowerCase() === "content-length") {
        request.headers[header] = String(Buffer.byteLength(request.body as string));
      }
    }
    return next(args);
  };
}

function textOf(body: unknown): string | undefined {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  return undefined;
}
