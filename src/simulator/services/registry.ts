import type { ServiceDefinition } from "../service.js";
import { sts } from "./sts.js";

/** Every service that the simulated AWS serves; the wire and the provider find them here. */
export const services: readonly ServiceDefinition[] = [sts] as readonly ServiceDefinition[];
