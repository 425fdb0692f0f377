import type { ActivationRecord } from "../../../programs/activation.js";
import type { RecordActivationStep } from "../../plan/step.js";
import { claimActivation, confirmActivation, isClaimedBy } from "../activation-change.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";

/** Writes the activation record, if it does not say so already. */
export async function recordActivation(step: RecordActivationStep, context: StepContext): Promise<StepOutcome> {
  const { stacks, input, target, cause, signal } = context;
  const present = await stacks.readActivation();
  const ours = isClaimedBy(present, input.run, step.activeRegion);
  if (ours && (present.status === step.status || present.status === "active")) {
    return completed(present, "already stands");
  }
  const next = ours
    ? confirmActivation(present)
    : claimActivation(present, {
        run: input.run,
        lostRegion: input.lostRegion,
        targetRegion: step.activeRegion,
        since: new Date(target.clock.now()).toISOString(),
      });
  const problem = ours ? undefined : whyNotOurs(present, step, context);
  if (problem !== undefined) return { status: "failed", reason: problem };
  await stacks.up({ stack: step.stack, activation: next, cause, signal });
  const written = await confirmWritten(next, context);
  return written ?? completed(next, "written");
}

/** Two runs may claim the same epoch at once: what stands afterwards says who has it. */
async function confirmWritten(next: ActivationRecord, { stacks }: StepContext): Promise<StepOutcome | undefined> {
  const standing = await stacks.readActivation();
  if (standing.epoch === next.epoch && standing.run === next.run) return undefined;
  return { status: "failed", reason: `run ${standing.run ?? "unknown"} has claimed epoch ${standing.epoch}` };
}

function whyNotOurs(present: ActivationRecord, step: RecordActivationStep, context: StepContext): string | undefined {
  if (step.status === "active") return `run ${present.run ?? "unknown"} holds the activation record`;
  if (present.status === "promoting")
    return `run ${present.run ?? "unknown"} is already promoting ${present.activeRegion}`;
  if (present.activeRegion !== context.input.lostRegion) return `${present.activeRegion} is active already`;
  return undefined;
}

function completed(record: ActivationRecord, what: string): StepOutcome {
  return {
    status: "completed",
    findings: [`epoch ${record.epoch} for ${record.activeRegion}, ${record.status}: ${what}`],
    data: { activation: record },
  };
}
