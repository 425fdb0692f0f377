import type { ServiceDefinition } from "../service.js";
import { cloudWatch } from "./cloud-watch/service.js";
import { ec2 } from "./ec2/service.js";
import { kms } from "./kms/service.js";
import { rds } from "./rds/service.js";
import { route53 } from "./route-53/service.js";
import { sts } from "./sts.js";

/** Every service that the simulated AWS serves; the wire and the provider find them here. */
export const services: readonly ServiceDefinition[] = [
  sts,
  kms,
  ec2,
  rds,
  route53,
  cloudWatch,
] as readonly ServiceDefinition[];
