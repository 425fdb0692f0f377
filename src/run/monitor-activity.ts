import { setImmediate as immediate } from "node:timers/promises";

import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb.js";

import type { ProgramActivity } from "../target/target.js";

/** Turns of the event loop without a monitor call after which the program counts as quiet. */
const QUIET_TURNS = 3;

/** Calls that are pending while nothing happens: the last one of a program waits for the engine to shut down. */
const shutdownMethod = "signalAndWaitForShutdown";

type Callback = (...results: unknown[]) => void;
type MonitorMethod = (this: unknown, request: unknown, ...rest: unknown[]) => unknown;

/**
 * Watches the calls of this process's Pulumi program to the engine's resource monitor, and reports what it waits for
 * whenever it has become quiet. Together with the provider's pending calls this shows when an operation is idle, so that
 * a simulated clock may skip ahead (docs/adr/0003-idle-engine.md).
 *
 * Must be called once, before a program runs.
 */
export function watchMonitor(report: (activity: ProgramActivity) => void): void {
  const registering = new Map<number, string>();
  let others = 0;
  let shuttingDown = false;
  let calls = 0;
  let reporting = false;
  let lastReport = "";

  function send(activity: ProgramActivity): void {
    const text = JSON.stringify(activity);
    if (text === lastReport) return;
    lastReport = text;
    report(activity);
  }

  async function reportWhenQuiet(): Promise<void> {
    if (reporting) return;
    reporting = true;
    try {
      for (;;) {
        const before = calls;
        for (let turn = 0; turn < QUIET_TURNS; turn++) await immediate();
        if (calls !== before) continue;
        if (others > 0) return;
        if (registering.size > 0) send({ status: "registering", inFlight: [...registering.values()] });
        else if (shuttingDown) send({ status: "ended" });
        return;
      }
    } finally {
      reporting = false;
    }
  }

  const prototype = ResourceMonitorClient.prototype as unknown as Record<string, MonitorMethod>;
  for (const name of Object.keys(prototype)) {
    const original = prototype[name];
    if (typeof original !== "function" || name.startsWith("$")) continue;
    prototype[name] = function (request, ...rest) {
      const id = ++calls;
      const registered = name === "registerResource" ? registeredName(request) : undefined;
      if (registered !== undefined) registering.set(id, registered);
      else if (name === shutdownMethod) shuttingDown = true;
      else if (name !== "registerResource") others++;
      const callbackIndex = rest.findLastIndex((argument) => typeof argument === "function");
      const callback = rest[callbackIndex] as Callback | undefined;
      if (callback) {
        rest[callbackIndex] = (...results: unknown[]) => {
          calls++;
          if (registered !== undefined) registering.delete(id);
          else if (name !== shutdownMethod && name !== "registerResource") others--;
          callback(...results);
          void reportWhenQuiet();
        };
      }
      void reportWhenQuiet();
      return original.call(this, request, ...rest);
    };
  }
}

/** `type::name` of a registration; undefined for the stack itself, whose registration no provider answers. */
function registeredName(request: unknown): string | undefined {
  const { getType, getName } = request as { getType(): string; getName(): string };
  const type = getType.call(request);
  return type === "pulumi:pulumi:Stack" ? undefined : `${type}::${getName.call(request)}`;
}
