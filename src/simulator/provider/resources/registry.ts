import type { AnyResourceType } from "../resource-type.js";
import { autoScalingTypes } from "./autoscaling.js";
import { cloudWatchTypes } from "./cloudwatch.js";
import { ec2InstanceTypes } from "./ec2-instances.js";
import { ec2NetworkTypes } from "./ec2-network.js";
import { ec2RouteTypes } from "./ec2-routes.js";
import { ec2SecurityGroupTypes } from "./ec2-security-groups.js";
import { fisTypes } from "./fis.js";
import { iamTypes } from "./iam.js";
import { kmsTypes } from "./kms.js";
import { listenerTypes } from "./lb-listeners.js";
import { loadBalancerTypes } from "./lb-load-balancers.js";
import { targetGroupTypes } from "./lb-target-groups.js";
import { rdsGroupTypes } from "./rds-groups.js";
import { dbInstance } from "./rds-instance.js";
import { route53Types } from "./route53.js";
import { s3BucketTypes } from "./s3-bucket.js";
import { s3SettingTypes } from "./s3-settings.js";

/** Every resource type that is modelled, by token. Any other is created inert. */
export const resourceTypes: ReadonlyMap<string, AnyResourceType> = new Map(
  [
    ...autoScalingTypes,
    ...cloudWatchTypes,
    ...ec2InstanceTypes,
    ...ec2NetworkTypes,
    ...ec2RouteTypes,
    ...ec2SecurityGroupTypes,
    ...fisTypes,
    ...iamTypes,
    ...kmsTypes,
    ...listenerTypes,
    ...loadBalancerTypes,
    ...targetGroupTypes,
    ...rdsGroupTypes,
    dbInstance,
    ...route53Types,
    ...s3BucketTypes,
    ...s3SettingTypes,
  ].map((type) => [type.token, type]),
);
