import type { ReplicationConfiguration, ReplicationRule } from "@aws-sdk/client-s3";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { destinationName } from "./replication.js";
import { findBucket, invalidRequest, noSetting, requireBucket, requireConfigurable, type S3Handlers } from "./state.js";

export function replicationConfigurationHandlers(world: World) {
  return {
    PutBucketReplication: (input, { region }) => {
      const bucket = requireConfigurable(world, region, input.Bucket);
      if (bucket.versioning !== "Enabled")
        throw invalidRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration");
      const configuration = input.ReplicationConfiguration;
      if (!configuration) throw malformed();
      checkConfiguration(world, configuration);
      // Rules without an id get one.
      const Rules = (configuration.Rules ?? []).map((rule, index) => ({ ...rule, ID: rule.ID ?? `rule-${index + 1}` }));
      bucket.replication = { ...configuration, Rules };
      return {};
    },

    GetBucketReplication: (input, { region }) => {
      const { replication } = requireBucket(world, region, input.Bucket);
      if (!replication)
        throw noSetting("ReplicationConfigurationNotFoundError", "The replication configuration was not found");
      return { ReplicationConfiguration: replication };
    },

    DeleteBucketReplication: (input, { region }) => {
      requireConfigurable(world, region, input.Bucket).replication = undefined;
      return {};
    },
  } satisfies S3Handlers;
}

function checkConfiguration(world: World, { Role, Rules = [] }: ReplicationConfiguration): void {
  if (!Role) throw malformed();
  if (Rules.length === 0 || Rules.length > 1000) throw malformed();
  const ids = Rules.flatMap(({ ID }) => (ID === undefined ? [] : [ID]));
  if (new Set(ids).size < ids.length) throw new ServiceError("InvalidArgument", "Rule Id must be unique.");
  const withFilter = Rules.filter(({ Filter }) => Filter !== undefined);
  if (withFilter.length > 0 && withFilter.length < Rules.length)
    throw invalidRequest("Rules with and without a Filter cannot be mixed in one replication configuration.");
  const priorities = withFilter.map(({ Priority }) => Priority);
  if (new Set(priorities).size < priorities.length)
    throw invalidRequest("Found duplicate priorities. Priorities must be unique.");
  for (const rule of Rules) checkRule(world, rule);
}

function checkRule(world: World, rule: ReplicationRule): void {
  if (rule.Status !== "Enabled" && rule.Status !== "Disabled") throw malformed();
  if (rule.Filter !== undefined) {
    if (rule.Priority === undefined) throw invalidRequest("Priority must be specified for rules with a Filter.");
    if (rule.DeleteMarkerReplication === undefined)
      throw invalidRequest(
        "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema.",
      );
  }
  const destination = findBucket(world, destinationName(rule));
  if (!destination) throw invalidRequest("Destination bucket must exist.");
  // The destination's Region can't tell whether it would take replicas.
  if (world.impairment(destination.region))
    throw new ServiceError("ServiceUnavailable", `The service in ${destination.region} is unavailable.`, {
      status: 503,
    });
  if (destination.versioning !== "Enabled") throw invalidRequest("Destination bucket must have versioning enabled.");
  const selectsKms = rule.SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status === "Enabled";
  if (selectsKms && !rule.Destination?.EncryptionConfiguration?.ReplicaKmsKeyID)
    throw invalidRequest("EncryptionConfiguration must be specified if SseKmsEncryptedObjects is present.");
}

function malformed(): ServiceError {
  return new ServiceError(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}
