import type { ServiceDefinition } from "../service.js";
import { autoScaling } from "./auto-scaling/service.js";
import { cloudWatch } from "./cloud-watch/service.js";
import { ec2 } from "./ec2/service.js";
import { elasticLoadBalancingV2 } from "./elastic-load-balancing-v2/service.js";
import { fis } from "./fis/service.js";
import { iam } from "./iam/service.js";
import { kms } from "./kms/service.js";
import { rds } from "./rds/service.js";
import { route53 } from "./route-53/service.js";
import { s3 } from "./s3/service.js";
import { sts } from "./sts.js";

/** Every service that the simulated AWS serves; the wire and the provider find them here. */
export const services: readonly ServiceDefinition[] = [
  sts,
  iam,
  kms,
  ec2,
  autoScaling,
  elasticLoadBalancingV2,
  rds,
  s3,
  route53,
  cloudWatch,
  fis,
] as readonly ServiceDefinition[];
