import type { ActivationRecord } from "../../programs/activation.js";
import { claimActivation, confirmActivation } from "./activation-change.js";
import { stepCause } from "./cause.js";
import type { Session } from "./session.js";
import type { DeclaredResource } from "./stack-protocol.js";
import { resourceInWords } from "./stack-words.js";

/** Resources of the standby Region's stack, as they stand before the fault and as a primary would have them. */
export interface DeclaredStacks {
  readonly stack: string;
  readonly region: string;
  readonly standby: readonly DeclaredResource[];
  readonly fullCopy: readonly DeclaredResource[];
}

const DEFAULT_WARM_UP_SECONDS = 120;

/** Workers that a deployment starts with: what depends on nothing, and the first to follow. */
const DEPLOYMENT_WORKERS = 2;

/** Deploys every stack, and asks what a full copy of the primary would declare in the standby's Region. */
export async function deployForDrill(session: Session, signal: AbortSignal | undefined): Promise<DeclaredStacks> {
  const { record, runner, stacks, options } = session;
  record({
    type: "phase-started",
    phase: "deploy",
    title: `Deploy the ${stacks.specs.length} stacks of ${options.app.name}`,
  });
  runner.warm(DEPLOYMENT_WORKERS);
  const results = await stacks.deploy({
    cause: stepCause(session.id, "deploy"),
    onProgress: (stack, resource) =>
      record({ type: "phase-progress", phase: "deploy", message: `${stack}: ${resourceInWords(resource)}` }),
    ...(signal ? { signal } : {}),
  });
  const region = options.app.regions.standby;
  const standby = stacks.specs.find((spec) => spec.kind === "region" && spec.region === region);
  if (!standby) throw new Error(`${options.app.name} has no stack in ${region}`);
  const copy = await stacks.preview({
    stack: standby.name,
    activation: confirmActivation(takenOver(session, await stacks.readActivation())),
    cause: stepCause(session.id, "full-copy"),
    ...(signal ? { signal } : {}),
  });
  record({ type: "phase-completed", phase: "deploy" });
  return {
    stack: standby.name,
    region,
    standby: results.get(standby.name)?.resources ?? [],
    fullCopy: copy.resources,
  };
}

/** The record as it will be when the standby's Region takes over. */
export function takenOver({ options, id }: Session, present: ActivationRecord): ActivationRecord {
  const { app, target } = options;
  return claimActivation(present, {
    run: id,
    lostRegion: app.regions.primary,
    targetRegion: app.regions.standby,
    since: new Date(target.clock.now()).toISOString(),
  });
}

/** A fault that is about to happen; `recorded` resolves when it has, and stands in the journal. */
export interface RehearsedFault {
  readonly recorded: Promise<void>;
}

/**
 * Lets customers use the app, and has the primary Region fail after the warm-up. The observation begins before the
 * fault, as it does in production.
 */
export async function rehearseFault(session: Session): Promise<RehearsedFault> {
  const { record, runner, stacks } = session;
  const { app, target, warmUpSeconds = DEFAULT_WARM_UP_SECONDS, signal } = session.options;
  const { rehearsal, clock } = target;
  if (!rehearsal) throw new Error(`target ${target.name} can't rehearse`);
  // Workers that start would use the processor during the recovery.
  stacks.warm(DEPLOYMENT_WORKERS);
  await clock.busy(() => runner.ready());
  rehearsal.startUsers({ domain: app.domain, ordersPerSecond: app.traffic.ordersPerSecond });
  const faultAt = rehearsal.loseRegion(app.regions.primary, warmUpSeconds);
  record({ type: "phase-started", phase: "warm-up", title: `Customers order for ${warmUpSeconds} s` });
  const recordFault = async (): Promise<void> => {
    await clock.sleep(faultAt - clock.now(), signal);
    record({ type: "phase-completed", phase: "warm-up" });
    record({
      type: "fault-injected",
      fault: "loss of the Region",
      region: app.regions.primary,
      faultAt: new Date(faultAt).toISOString(),
    });
  };
  // A run that is stopped before its fault has none to record.
  return { recorded: recordFault().catch(() => undefined) };
}
