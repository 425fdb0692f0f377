import type { ParameterGroupArgs, ParameterGroupState } from "@pulumi/aws/rds/parameterGroup.js";
import type { SubnetGroupArgs, SubnetGroupState } from "@pulumi/aws/rds/subnetGroup.js";

import { rds } from "../../services/rds/service.js";
import { defineResource, sameSet, type Change, type Inputs, type ResourceContext } from "../resource-type.js";
import { retryWhile } from "../retry.js";
import { required, tagChange, tagList, type Tags } from "./tags.js";

const MANAGED = "Managed by Pulumi";

/** Modifications of a parameter group that one call takes. */
const PARAMETERS_PER_CALL = 20;

const subnetGroup = defineResource<SubnetGroupArgs, SubnetGroupState>({
  token: "aws:rds/subnetGroup:SubnetGroup",
  label: "RDS DB Subnet Group",
  replaceOn: ["name", "namePrefix"],
  computed: ["name", "namePrefix"],
  defaults: { description: MANAGED },
  autoName: { property: "name", unless: ["namePrefix"], lowerCase: true },
  sameValue: { subnetIds: sameSet },
  create: (aws, inputs) => {
    const name = inputs.name ?? `${inputs.namePrefix ?? "terraform-"}${aws.token.slice(0, 26)}`;
    const { DBSubnetGroup } = aws.call(rds, "CreateDBSubnetGroup", {
      DBSubnetGroupName: name,
      DBSubnetGroupDescription: inputs.description,
      SubnetIds: inputs.subnetIds,
      Tags: tagList(inputs.tags),
    });
    return required(DBSubnetGroup?.DBSubnetGroupName, "DBSubnetGroupName");
  },
  read: (aws, id) => {
    const found = subnetGroupOf(aws, id);
    return (
      found && {
        inputs: {
          name: found.DBSubnetGroupName,
          description: found.DBSubnetGroupDescription,
          subnetIds: found.Subnets?.map(({ SubnetIdentifier }) => required(SubnetIdentifier, "SubnetIdentifier")),
        },
        outputs: {
          arn: found.DBSubnetGroupArn,
          vpcId: found.VpcId,
          supportedNetworkTypes: found.SupportedNetworkTypes,
        },
      }
    );
  },
  update: (aws, id, change) => {
    if (change.has("subnetIds", "description")) {
      const { description, subnetIds } = change.after;
      aws.call(rds, "ModifyDBSubnetGroup", {
        DBSubnetGroupName: id,
        DBSubnetGroupDescription: description,
        SubnetIds: subnetIds,
      });
    }
    updateTags(aws, subnetGroupOf(aws, id)?.DBSubnetGroupArn, change);
  },
  delete: async (aws, id) => {
    aws.call(rds, "DeleteDBSubnetGroup", { DBSubnetGroupName: id });
    return Promise.resolve();
  },
});

function subnetGroupOf(aws: ResourceContext, id: string) {
  return aws.call(rds, "DescribeDBSubnetGroups", { DBSubnetGroupName: id }).DBSubnetGroups?.[0];
}

const parameterGroup = defineResource<ParameterGroupArgs, ParameterGroupState>({
  token: "aws:rds/parameterGroup:ParameterGroup",
  label: "RDS DB Parameter Group",
  replaceOn: ["description", "family", "name", "namePrefix"],
  computed: ["name", "namePrefix"],
  defaults: { description: MANAGED, skipDestroy: false },
  autoName: { property: "name", unless: ["namePrefix"], lowerCase: true },
  sameValue: { parameters: sameSet },
  create: (aws, inputs) => {
    const name = inputs.name ?? `${inputs.namePrefix ?? "terraform-"}${aws.token.slice(0, 26)}`;
    aws.call(rds, "CreateDBParameterGroup", {
      DBParameterGroupName: name,
      DBParameterGroupFamily: inputs.family,
      Description: inputs.description,
      Tags: tagList(inputs.tags),
    });
    return name;
  },
  finishCreate: (aws, id, inputs) => {
    setParameters(aws, id, inputs.parameters ?? []);
    return Promise.resolve();
  },
  read: (aws, id) => {
    const found = parameterGroupOf(aws, id);
    return (
      found && {
        inputs: {
          name: found.DBParameterGroupName,
          family: found.DBParameterGroupFamily,
          description: found.Description,
        },
        outputs: { arn: found.DBParameterGroupArn },
      }
    );
  },
  update: (aws, id, change) => {
    if (change.has("parameters")) {
      const now = change.after.parameters ?? [];
      setParameters(aws, id, now);
      const gone = (change.before.parameters ?? []).filter(({ name }) => !now.some((one) => one.name === name));
      if (gone.length > 0) {
        aws.call(rds, "ResetDBParameterGroup", {
          DBParameterGroupName: id,
          Parameters: gone.map(({ name }) => ({ ParameterName: name, ApplyMethod: "pending-reboot" as const })),
        });
      }
    }
    updateTags(aws, parameterGroupOf(aws, id)?.DBParameterGroupArn, change);
  },
  delete: async (aws, id, before) => {
    if (before.skipDestroy) return;
    // internal/service/rds/parameter_group.go: while an instance that is being deleted still uses it.
    await retryWhile(
      aws,
      `deleting RDS DB Parameter Group (${id})`,
      ["InvalidDBParameterGroupState", "InvalidDBParameterGroupStateFault"],
      () => aws.call(rds, "DeleteDBParameterGroup", { DBParameterGroupName: id }),
    );
  },
});

function parameterGroupOf(aws: ResourceContext, id: string) {
  return aws.call(rds, "DescribeDBParameterGroups", { DBParameterGroupName: id }).DBParameterGroups?.[0];
}

function setParameters(
  aws: ResourceContext,
  id: string,
  parameters: NonNullable<Inputs<ParameterGroupArgs>["parameters"]>,
): void {
  for (let from = 0; from < parameters.length; from += PARAMETERS_PER_CALL) {
    aws.call(rds, "ModifyDBParameterGroup", {
      DBParameterGroupName: id,
      Parameters: parameters.slice(from, from + PARAMETERS_PER_CALL).map(({ name, value, applyMethod }) => ({
        ParameterName: name,
        ParameterValue: value,
        ApplyMethod: applyMethod === "pending-reboot" ? ("pending-reboot" as const) : ("immediate" as const),
      })),
    });
  }
}

function updateTags<In extends { readonly tags?: Tags | undefined }>(
  aws: ResourceContext,
  arn: string | undefined,
  change: Change<In>,
): void {
  const { set, remove } = tagChange(change);
  if (remove.length > 0) aws.call(rds, "RemoveTagsFromResource", { ResourceName: arn, TagKeys: [...remove] });
  if (Object.keys(set).length > 0) aws.call(rds, "AddTagsToResource", { ResourceName: arn, Tags: tagList(set) });
}

/** Groups that DB instances refer to. */
export const rdsGroupTypes = [subnetGroup, parameterGroup];
