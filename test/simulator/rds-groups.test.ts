import assert from "node:assert/strict";

import { rds } from "../../src/simulator/services/rds/service.js";
import { HOME, createSubnetGroup, describeOne, order, refusal, withSimulation } from "./data-services.js";

const home = { region: HOME, cause: "test" };

describe("RDS groups and tags", () => {
  it(
    "make a subnet group of two zones, and keep it while an instance uses it",
    withSimulation(async (simulation) => {
      const { api, pass } = simulation;
      createSubnetGroup(simulation, HOME);
      const [group] = api.call(rds, "DescribeDBSubnetGroups", { DBSubnetGroupName: "data" }, home).DBSubnetGroups ?? [];
      assert.deepEqual(
        group?.Subnets?.map(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone?.Name),
        [`${HOME}a`, `${HOME}b`],
      );
      const SubnetIds = [group.Subnets[0]?.SubnetIdentifier ?? ""];
      const one = { DBSubnetGroupName: "one", DBSubnetGroupDescription: "one zone", SubnetIds };
      assert.throws(
        () => api.call(rds, "CreateDBSubnetGroup", one, home),
        refusal("DBSubnetGroupDoesNotCoverEnoughAZs"),
      );
      assert.throws(
        () => api.call(rds, "CreateDBSubnetGroup", { ...one, SubnetIds: ["subnet-0"] }, home),
        refusal("InvalidSubnet"),
      );
      api.call(rds, "CreateDBInstance", { ...order, DBSubnetGroupName: "data" }, home);
      const remove = () => api.call(rds, "DeleteDBSubnetGroup", { DBSubnetGroupName: "data" }, home);
      assert.throws(remove, refusal("InvalidDBSubnetGroupStateFault"));
      await pass(600);
      api.call(rds, "DeleteDBInstance", { DBInstanceIdentifier: "orders", SkipFinalSnapshot: true }, home);
      await pass(600);
      remove();
      assert.throws(remove, refusal("DBSubnetGroupNotFoundFault"));
    }),
  );

  it(
    "keep parameter groups and their parameters",
    withSimulation(async ({ api }) => {
      const DBParameterGroupName = "shop-mysql";
      api.call(
        rds,
        "CreateDBParameterGroup",
        { DBParameterGroupName, DBParameterGroupFamily: "mysql8.0", Description: "shop" },
        home,
      );
      api.call(
        rds,
        "ModifyDBParameterGroup",
        { DBParameterGroupName, Parameters: [{ ParameterName: "max_connections", ParameterValue: "500" }] },
        home,
      );
      const { Parameters } = api.call(rds, "DescribeDBParameters", { DBParameterGroupName, Source: "user" }, home);
      assert.deepEqual(
        Parameters?.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue]),
        [["max_connections", "500"]],
      );
      api.call(rds, "CreateDBInstance", { ...order, DBParameterGroupName }, home);
      const remove = () => api.call(rds, "DeleteDBParameterGroup", { DBParameterGroupName }, home);
      assert.throws(remove, refusal("InvalidDBParameterGroupStateFault"));
    }),
  );

  it(
    "add, list and remove tags by ARN",
    withSimulation(async (simulation) => {
      const { api } = simulation;
      api.call(rds, "CreateDBInstance", order, home);
      const ResourceName = describeOne(simulation, HOME).DBInstanceArn;
      api.call(
        rds,
        "AddTagsToResource",
        {
          ResourceName,
          Tags: [
            { Key: "a", Value: "1" },
            { Key: "b", Value: "2" },
          ],
        },
        home,
      );
      api.call(rds, "RemoveTagsFromResource", { ResourceName, TagKeys: ["a"] }, home);
      assert.deepEqual(api.call(rds, "ListTagsForResource", { ResourceName }, home).TagList, [
        { Key: "b", Value: "2" },
      ]);
      assert.throws(
        () => api.call(rds, "ListTagsForResource", { ResourceName: `arn:aws:rds:${HOME}:123456789012:db:none` }, home),
        refusal("DBInstanceNotFoundFault"),
      );
    }),
  );
});
