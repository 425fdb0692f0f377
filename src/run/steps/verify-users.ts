import type { VerifyUsersStep } from "../../plan/step.js";
import type { StepContext } from "../step-context.js";
import type { StepOutcome } from "../step-effect.js";
import { waitUntil, type Look } from "../wait-until.js";

/** Looks within one window. */
const LOOKS_PER_WINDOW = 10;

/** Waits until enough of the users' requests have succeeded over a whole window. */
export async function verifyUsers(step: VerifyUsersStep, context: StepContext): Promise<StepOutcome> {
  const { target } = context;
  const { successRate, windowSeconds } = step;
  const rate = await waitUntil(
    async (): Promise<Look<number>> => {
      const { requests, failed } = await target.users.sample(windowSeconds);
      if (requests === 0) return { missing: `no requests of users within ${windowSeconds} s` };
      const succeeded = 1 - failed / requests;
      if (succeeded >= successRate) return { found: succeeded };
      return { missing: `${percent(succeeded)} of the requests within ${windowSeconds} s succeeded` };
    },
    {
      clock: target.clock,
      signal: context.signal,
      everySeconds: Math.max(1, windowSeconds / LOOKS_PER_WINDOW),
      onMissing: context.progress,
    },
  );
  return {
    status: "completed",
    findings: [`${percent(rate)} of the requests within ${windowSeconds} s succeeded, ${percent(successRate)} needed`],
    data: { successRate: rate },
  };
}

function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}
