import type { LifecycleRule, ReplicationRule, ServerSideEncryptionRule } from "@aws-sdk/client-s3";
import type {
  BucketLifecycleConfigurationArgs,
  BucketLifecycleConfigurationState,
} from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import type {
  BucketOwnershipControlsArgs,
  BucketOwnershipControlsState,
} from "@pulumi/aws/s3/bucketOwnershipControls.js";
import type { BucketPolicyArgs, BucketPolicyState } from "@pulumi/aws/s3/bucketPolicy.js";
import type {
  BucketPublicAccessBlockArgs,
  BucketPublicAccessBlockState,
} from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import type {
  BucketReplicationConfigArgs,
  BucketReplicationConfigState,
} from "@pulumi/aws/s3/bucketReplicationConfig.js";
import type {
  BucketServerSideEncryptionConfigurationArgs,
  BucketServerSideEncryptionConfigurationState,
} from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import type { BucketVersioningArgs, BucketVersioningState } from "@pulumi/aws/s3/bucketVersioning.js";

import { s3 } from "../../services/s3/service.js";
import { asText } from "../properties.js";
import {
  defineResource,
  sameJson,
  type AnyResourceType,
  type Inputs,
  type Outputs,
  type ResourceContext,
  type ResourceType,
} from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { pascalCase } from "./pascal-case.js";
import { tagList } from "./tags.js";

/** service/s3/bucket.go: how long a new bucket may be unknown to other calls, in seconds. */
const PROPAGATION_SECONDS = 120;

/** A setting of one bucket: the bucket's name is its id, putting it creates and changes it. */
interface Setting<Args, State> {
  readonly token: string;
  readonly label: string;
  readonly type?: Pick<ResourceType<Inputs<Args>, Outputs<State>>, "computed" | "defaults" | "sameValue">;
  readonly put: (aws: ResourceContext, bucket: string, inputs: Inputs<Args>) => void;
  readonly get: (aws: ResourceContext, bucket: string) => Partial<Inputs<Args>> | undefined;
  readonly remove: (aws: ResourceContext, bucket: string, before: Partial<Inputs<Args>>) => void;
}

function bucketSetting<Args extends { bucket: unknown }, State>(setting: Setting<Args, State>): AnyResourceType {
  const bucketOf = (inputs: Partial<Inputs<Args>>): string => asText(inputs.bucket);
  return defineResource<Args, State>({
    token: setting.token,
    label: setting.label,
    tagged: false,
    replaceOn: ["bucket"],
    ...setting.type,
    create: (_aws, inputs) => bucketOf(inputs),
    finishCreate: (aws, bucket, inputs) =>
      retryWhile(
        aws,
        `creating ${setting.label} (${bucket})`,
        ["NoSuchBucket", "OperationAborted"],
        () => setting.put(aws, bucket, inputs),
        PROPAGATION_SECONDS,
      ),
    read: (aws, bucket) => {
      const inputs = setting.get(aws, bucket);
      return inputs && { inputs, outputs: {} };
    },
    update: (aws, bucket, { after }) => setting.put(aws, bucket, after),
    delete: (aws, bucket, before) => setting.remove(aws, bucket, before),
  });
}

function versioning(token: string): AnyResourceType {
  return bucketSetting<BucketVersioningArgs, BucketVersioningState>({
    token,
    label: "S3 Bucket Versioning",
    put: (aws, Bucket, { versioningConfiguration: { status } }) => {
      // A bucket that never had versions can't be disabled, and needs not.
      if (status !== "Disabled")
        aws.call(s3, "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: status as "Enabled" } });
    },
    get: (aws, Bucket) => ({
      versioningConfiguration: { status: aws.call(s3, "GetBucketVersioning", { Bucket }).Status ?? "Disabled" },
    }),
    remove: (aws, Bucket, before) => {
      if (before.versioningConfiguration?.status === "Enabled") {
        aws.call(s3, "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Suspended" } });
      }
    },
  });
}

const replication = bucketSetting<BucketReplicationConfigArgs, BucketReplicationConfigState>({
  token: "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
  label: "S3 Bucket Replication Configuration",
  put: (aws, Bucket, { role, rules }) => {
    const Rules = rules.map((rule) => {
      const tags = rule.filter?.and?.tags;
      const shaped = pascalCase(rule) as ReplicationRule;
      return tags && shaped.Filter?.And
        ? { ...shaped, Filter: { And: { ...shaped.Filter.And, Tags: tagList(tags) } } }
        : shaped;
    });
    aws.call(s3, "PutBucketReplication", { Bucket, ReplicationConfiguration: { Role: role, Rules } });
  },
  get: (aws, Bucket) => {
    const configuration = aws.call(s3, "GetBucketReplication", { Bucket }).ReplicationConfiguration;
    return configuration && { bucket: Bucket, role: configuration.Role ?? "" };
  },
  remove: (aws, Bucket) => {
    aws.call(s3, "DeleteBucketReplication", { Bucket });
  },
});

const publicAccessBlock = bucketSetting<BucketPublicAccessBlockArgs, BucketPublicAccessBlockState>({
  token: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  label: "S3 Bucket Public Access Block",
  type: {
    defaults: {
      blockPublicAcls: false,
      blockPublicPolicy: false,
      ignorePublicAcls: false,
      restrictPublicBuckets: false,
    },
  },
  put: (aws, Bucket, inputs) => {
    aws.call(s3, "PutPublicAccessBlock", {
      Bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: inputs.blockPublicAcls ?? false,
        BlockPublicPolicy: inputs.blockPublicPolicy ?? false,
        IgnorePublicAcls: inputs.ignorePublicAcls ?? false,
        RestrictPublicBuckets: inputs.restrictPublicBuckets ?? false,
      },
    });
  },
  get: (aws, Bucket) => {
    const found = aws.call(s3, "GetPublicAccessBlock", { Bucket }).PublicAccessBlockConfiguration;
    return (
      found && {
        blockPublicAcls: found.BlockPublicAcls,
        blockPublicPolicy: found.BlockPublicPolicy,
        ignorePublicAcls: found.IgnorePublicAcls,
        restrictPublicBuckets: found.RestrictPublicBuckets,
      }
    );
  },
  remove: (aws, Bucket) => {
    aws.call(s3, "DeletePublicAccessBlock", { Bucket });
  },
});

const policy = bucketSetting<BucketPolicyArgs, BucketPolicyState>({
  token: "aws:s3/bucketPolicy:BucketPolicy",
  label: "S3 Bucket Policy",
  type: { sameValue: { policy: (before, after) => sameJson(textOf(before), textOf(after)) } },
  put: (aws, Bucket, inputs) => {
    aws.call(s3, "PutBucketPolicy", { Bucket, Policy: textOf(inputs.policy) });
  },
  get: (aws, Bucket) => {
    const { Policy } = aws.call(s3, "GetBucketPolicy", { Bucket });
    return Policy === undefined ? undefined : { policy: Policy };
  },
  remove: (aws, Bucket) => {
    aws.call(s3, "DeleteBucketPolicy", { Bucket });
  },
});

function textOf(document: unknown): string {
  return typeof document === "string" ? document : JSON.stringify(document);
}

function encryption(token: string): AnyResourceType {
  return bucketSetting<BucketServerSideEncryptionConfigurationArgs, BucketServerSideEncryptionConfigurationState>({
    token,
    label: "S3 Bucket Server-side Encryption Configuration",
    put: (aws, Bucket, { rules }) => {
      const Rules = pascalCase(rules) as ServerSideEncryptionRule[];
      aws.call(s3, "PutBucketEncryption", { Bucket, ServerSideEncryptionConfiguration: { Rules } });
    },
    get: (aws, Bucket) => {
      const { ServerSideEncryptionConfiguration: found } = aws.call(s3, "GetBucketEncryption", { Bucket });
      return found && { bucket: Bucket };
    },
    remove: (aws, Bucket) => {
      aws.call(s3, "DeleteBucketEncryption", { Bucket });
    },
  });
}

const ownership = bucketSetting<BucketOwnershipControlsArgs, BucketOwnershipControlsState>({
  token: "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  label: "S3 Bucket Ownership Controls",
  put: (aws, Bucket, { rule }) => {
    const Rules = [{ ObjectOwnership: rule.objectOwnership as "BucketOwnerEnforced" }];
    aws.call(s3, "PutBucketOwnershipControls", { Bucket, OwnershipControls: { Rules } });
  },
  get: (aws, Bucket) => {
    const rule = aws.call(s3, "GetBucketOwnershipControls", { Bucket }).OwnershipControls?.Rules?.[0];
    return rule && { rule: { objectOwnership: rule.ObjectOwnership ?? "" } };
  },
  remove: (aws, Bucket) => {
    aws.call(s3, "DeleteBucketOwnershipControls", { Bucket });
  },
});

function lifecycle(token: string): AnyResourceType {
  return bucketSetting<BucketLifecycleConfigurationArgs, BucketLifecycleConfigurationState>({
    token,
    label: "S3 Bucket Lifecycle Configuration",
    type: { computed: ["transitionDefaultMinimumObjectSize"] },
    put: (aws, Bucket, { rules }) => {
      const Rules = pascalCase(rules) as LifecycleRule[];
      aws.call(s3, "PutBucketLifecycleConfiguration", { Bucket, LifecycleConfiguration: { Rules } });
    },
    get: (aws, Bucket) => {
      aws.call(s3, "GetBucketLifecycleConfiguration", { Bucket });
      return { bucket: Bucket };
    },
    remove: (aws, Bucket) => {
      aws.call(s3, "DeleteBucketLifecycle", { Bucket });
    },
  });
}

/** The settings of buckets, under the old and the new names of their types. */
export const s3SettingTypes = [
  versioning("aws:s3/bucketVersioning:BucketVersioning"),
  versioning("aws:s3/bucketVersioningV2:BucketVersioningV2"),
  replication,
  publicAccessBlock,
  policy,
  encryption("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"),
  encryption("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"),
  ownership,
  lifecycle("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"),
  lifecycle("aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"),
];
