import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { initialActivation, type ActivationRecord } from "./activation.js";
import type { AppSpec } from "./app.js";
import type { ProgramArgs } from "./strategy.js";

const recordSchema = z.object({
  epoch: z.int().nonnegative(),
  activeRegion: z.string(),
  status: z.enum(["active", "promoting"]),
  since: z.string(),
  // Outputs that are null may be left out where they are stored.
  run: z
    .string()
    .nullish()
    .transform((run) => run ?? null),
  roles: z.record(z.string(), z.enum(["primary", "standby", "lost"])),
});

/**
 * Reads the activation record of an app from the outputs of its activation stack; the initial one where that stack has
 * not been deployed yet.
 *
 * @throws Error when the outputs are no activation record of this app
 */
export async function readActivation(app: AppSpec): Promise<ActivationRecord> {
  const stack = `${app.name}-activation`;
  const reference = new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`);
  const outputs: Record<string, unknown> = {};
  for (const field of Object.keys(recordSchema.shape)) {
    const details = await reference.getOutputDetails(field);
    if (details.value !== undefined) outputs[field] = details.value;
  }
  if (Object.keys(outputs).length === 0) return initialActivation(app);
  const parsed = recordSchema.safeParse(outputs);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`stack ${stack} holds no activation record: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  return parsed.data;
}

/**
 * The record that a program goes by: the one it is given, else the one that stands. A preview may ask what any record
 * would do.
 *
 * @throws Error when an `up` is given a record that is older than the one that stands, or that claims its epoch for
 * another Region or run: so a stale run can't demote the new primary, nor two runs hold one epoch
 */
export async function resolveActivation({
  app,
  activation,
}: Pick<ProgramArgs, "app" | "activation">): Promise<ActivationRecord> {
  const present = await readActivation(app);
  if (!activation) return present;
  const stale =
    activation.epoch < present.epoch ||
    (activation.epoch === present.epoch &&
      (activation.activeRegion !== present.activeRegion || activation.run !== present.run));
  if (stale && !pulumi.runtime.isDryRun()) {
    throw new Error(
      `epoch ${activation.epoch} for ${activation.activeRegion} is stale: ` +
        `${present.activeRegion} is active since ${present.since}, epoch ${present.epoch}`,
    );
  }
  return activation;
}

/**
 * The activation stack: no resources, its outputs are the record. Without a record in its arguments it keeps the one it
 * has, so that a preview or an `up` by anybody changes nothing.
 */
export async function activationProgram(args: ProgramArgs): Promise<Record<string, unknown>> {
  return { ...(await resolveActivation(args)) };
}
