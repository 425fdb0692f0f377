import assert from "node:assert/strict";

import { RegionUnreachableError } from "../../src/simulator/service.js";
import { iam } from "../../src/simulator/services/iam/service.js";
import { findRole } from "../../src/simulator/services/iam/state.js";
import { AWAY, HOME, refusal, withSimulation } from "./data-services.js";

const anywhere = { region: HOME, cause: "test" };

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "fis.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

const document = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "ec2:*", Resource: "*" }],
});

describe("IAM", () => {
  it(
    "keeps a role for all Regions, with its trust policy percent-encoded",
    withSimulation(async ({ api, world }) => {
      const created = api.call(
        iam,
        "CreateRole",
        { RoleName: "chaos", AssumeRolePolicyDocument: trust, Tags: [{ Key: "a", Value: "1" }] },
        anywhere,
      ).Role;
      const read = api.call(iam, "GetRole", { RoleName: "chaos" }, { region: AWAY, cause: "test" }).Role;
      assert.deepEqual(read, created);
      assert.equal(read?.Arn, `arn:aws:iam::${world.accountId}:role/chaos`);
      assert.equal(decodeURIComponent(read.AssumeRolePolicyDocument ?? ""), trust);
      assert.equal(read.MaxSessionDuration, 3600);
      assert.equal(findRole(world, read.Arn)?.name, "chaos");
      assert.throws(
        () => api.call(iam, "CreateRole", { RoleName: "chaos", AssumeRolePolicyDocument: trust }, anywhere),
        refusal("EntityAlreadyExistsException"),
      );
      assert.throws(
        () => api.call(iam, "CreateRole", { RoleName: "x", AssumeRolePolicyDocument: "nonsense" }, anywhere),
        refusal("MalformedPolicyDocumentException"),
      );
    }),
  );

  it(
    "keeps inline policies, and answers NoSuchEntity for what is not there",
    withSimulation(async ({ api }) => {
      const role = { RoleName: "chaos" };
      assert.throws(() => api.call(iam, "GetRole", role, anywhere), refusal("NoSuchEntityException"));
      api.call(iam, "CreateRole", { ...role, AssumeRolePolicyDocument: trust }, anywhere);
      const inline = { ...role, PolicyName: "inline" };
      assert.throws(() => api.call(iam, "GetRolePolicy", inline, anywhere), refusal("NoSuchEntityException"));
      api.call(iam, "PutRolePolicy", { ...inline, PolicyDocument: document }, anywhere);
      assert.equal(decodeURIComponent(api.call(iam, "GetRolePolicy", inline, anywhere).PolicyDocument ?? ""), document);
      assert.deepEqual(api.call(iam, "ListRolePolicies", role, anywhere).PolicyNames, ["inline"]);
      assert.throws(() => api.call(iam, "DeleteRole", role, anywhere), refusal("DeleteConflictException"));
      api.call(iam, "DeleteRolePolicy", inline, anywhere);
      api.call(iam, "DeleteRole", role, anywhere);
      assert.throws(() => api.call(iam, "DeleteRolePolicy", inline, anywhere), refusal("NoSuchEntityException"));
    }),
  );

  it(
    "attaches managed policies, AWS's own too, and deletes none that is attached or has several versions",
    withSimulation(async ({ api }) => {
      const role = { RoleName: "web" };
      api.call(iam, "CreateRole", { ...role, AssumeRolePolicyDocument: trust }, anywhere);
      const PolicyArn =
        api.call(iam, "CreatePolicy", { PolicyName: "shop", PolicyDocument: document }, anywhere).Policy?.Arn ?? "";
      const ssm = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
      for (const arn of [PolicyArn, ssm]) api.call(iam, "AttachRolePolicy", { ...role, PolicyArn: arn }, anywhere);
      const attached = api.call(iam, "ListAttachedRolePolicies", role, anywhere).AttachedPolicies;
      assert.deepEqual(attached?.map(({ PolicyName }) => PolicyName).sort(), ["AmazonSSMManagedInstanceCore", "shop"]);
      assert.equal(api.call(iam, "GetPolicy", { PolicyArn }, anywhere).Policy?.AttachmentCount, 1);
      assert.throws(
        () => api.call(iam, "DeletePolicy", { PolicyArn }, anywhere),
        refusal("DeleteConflictException", /attached/),
      );
      api.call(iam, "DetachRolePolicy", { ...role, PolicyArn }, anywhere);
      assert.throws(
        () => api.call(iam, "DetachRolePolicy", { ...role, PolicyArn }, anywhere),
        refusal("NoSuchEntityException"),
      );

      const version = api.call(
        iam,
        "CreatePolicyVersion",
        { PolicyArn, PolicyDocument: document, SetAsDefault: true },
        anywhere,
      ).PolicyVersion;
      assert.equal(version?.VersionId, "v2");
      assert.throws(
        () => api.call(iam, "DeletePolicy", { PolicyArn }, anywhere),
        refusal("DeleteConflictException", /more than one version/),
      );
      assert.throws(
        () => api.call(iam, "DeletePolicyVersion", { PolicyArn, VersionId: "v2" }, anywhere),
        refusal("DeleteConflictException"),
      );
      api.call(iam, "DeletePolicyVersion", { PolicyArn, VersionId: "v1" }, anywhere);
      api.call(iam, "DeletePolicy", { PolicyArn }, anywhere);
      assert.throws(() => api.call(iam, "GetPolicy", { PolicyArn }, anywhere), refusal("NoSuchEntityException"));
    }),
  );

  it(
    "puts one role into an instance profile, and keeps both while they belong together",
    withSimulation(async ({ api }) => {
      const role = { RoleName: "web" };
      const profile = { InstanceProfileName: "web" };
      api.call(iam, "CreateRole", { ...role, AssumeRolePolicyDocument: trust }, anywhere);
      api.call(iam, "CreateInstanceProfile", profile, anywhere);
      api.call(iam, "AddRoleToInstanceProfile", { ...role, ...profile }, anywhere);
      assert.equal(api.call(iam, "GetInstanceProfile", profile, anywhere).InstanceProfile?.Roles?.[0]?.RoleName, "web");
      assert.equal(api.call(iam, "ListInstanceProfilesForRole", role, anywhere).InstanceProfiles?.length, 1);
      assert.throws(
        () => api.call(iam, "AddRoleToInstanceProfile", { ...role, ...profile }, anywhere),
        refusal("LimitExceededException"),
      );
      assert.throws(() => api.call(iam, "DeleteRole", role, anywhere), refusal("DeleteConflictException"));
      assert.throws(
        () => api.call(iam, "DeleteInstanceProfile", profile, anywhere),
        refusal("DeleteConflictException"),
      );
      api.call(iam, "RemoveRoleFromInstanceProfile", { ...role, ...profile }, anywhere);
      api.call(iam, "DeleteInstanceProfile", profile, anywhere);
      api.call(iam, "DeleteRole", role, anywhere);
    }),
  );

  it(
    "answers while any Region but us-east-1 is lost",
    withSimulation(async ({ api, lose, heal }) => {
      lose(HOME);
      assert.deepEqual(api.call(iam, "ListRoles", {}, anywhere).Roles, []);
      heal(HOME);
      lose("us-east-1");
      assert.throws(() => api.call(iam, "ListRoles", {}, anywhere), RegionUnreachableError);
    }),
  );
});
