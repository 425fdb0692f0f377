import { pilotLight } from "./pilot-light-stacks.js";
import type { Strategy } from "./strategy.js";

/** Every strategy, by name. Adding one is one row here. */
export const strategies: Readonly<Record<Strategy["name"], Strategy>> = {
  "pilot-light": pilotLight,
};
