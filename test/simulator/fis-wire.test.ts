import assert from "node:assert/strict";

import {
  CreateExperimentTemplateCommand,
  DeleteExperimentTemplateCommand,
  FisClient,
  GetActionCommand,
  GetExperimentCommand,
  GetExperimentTemplateCommand,
  ListActionsCommand,
  ListExperimentResolvedTargetsCommand,
  ListExperimentsCommand,
  ListExperimentTemplatesCommand,
  ListTagsForResourceCommand,
  ListTargetResourceTypesCommand,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  StartExperimentCommand,
  StopExperimentCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateExperimentTemplateCommand,
  ValidationException,
  type CreateExperimentTemplateCommandInput,
} from "@aws-sdk/client-fis";

import { keepExperimentOptions, type StartExperimentInput } from "../../src/aws/fis-experiment-options.js";
import type { ServiceDefinition } from "../../src/simulator/service.js";
import { fis } from "../../src/simulator/services/fis/service.js";
import { iam } from "../../src/simulator/services/iam/service.js";
import { withWire, type WireFixture } from "./wire-fixture.js";

const services = [fis, iam] as readonly ServiceDefinition[];
const ROLE = "arn:aws:iam::123456789012:role/experiments";

const input: CreateExperimentTemplateCommandInput = {
  clientToken: "token",
  description: "wait a while",
  roleArn: ROLE,
  stopConditions: [{ source: "none" }],
  targets: {},
  actions: { pause: { actionId: "aws:fis:wait", parameters: { duration: "PT2M" } } },
  tags: { app: "shop" },
};

/** The project's own client settings: what client 3.523.0 lacks is added. */
function fisClient({ client }: WireFixture): FisClient {
  const { userAgentAppId, ...settings } = client();
  const made = new FisClient({ ...settings, customUserAgent: [["app", userAgentAppId]] });
  made.middlewareStack.add((next) => keepExperimentOptions(next), { step: "build", priority: "high" });
  return made;
}

function createRole({ api }: WireFixture): void {
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "fis.amazonaws.com" }, Action: "sts:AssumeRole" }],
  });
  api.call(
    iam,
    "CreateRole",
    { RoleName: "experiments", AssumeRolePolicyDocument },
    { region: "global", cause: "test" },
  );
}

/** What newer clients and botocore send and read, by hand. */
async function send(
  { url }: WireFixture,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; type: string | null; body: Record<string, unknown> }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=K/20260101/ap-northeast-2/fis/aws4_request, SignedHeaders=host, Signature=0",
      "content-type": "application/json",
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return {
    status: response.status,
    type: response.headers.get("x-amzn-errortype"),
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe("FIS on the wire", () => {
  it("keeps templates: create, get, update, list, delete, with timestamps that the client reads", () =>
    withWire(services, async (fixture) => {
      const client = fisClient(fixture);
      const { experimentTemplate: created } = await client.send(new CreateExperimentTemplateCommand(input));
      const id = created?.id ?? "";
      assert.match(id, /^EXT[A-Za-z0-9]{16}$/);
      assert.ok(Math.abs((created?.creationTime?.getTime() ?? 0) - fixture.world.now()) < 10_000);
      assert.deepEqual(created?.actions, input.actions);
      assert.deepEqual(created?.experimentOptions, {
        accountTargeting: "single-account",
        emptyTargetResolutionMode: "fail",
      });
      await client.send(
        new UpdateExperimentTemplateCommand({
          id,
          description: "wait longer",
          experimentOptions: { emptyTargetResolutionMode: "skip" },
        }),
      );
      const { experimentTemplate } = await client.send(new GetExperimentTemplateCommand({ id }));
      assert.equal(experimentTemplate?.description, "wait longer");
      assert.deepEqual(experimentTemplate.actions, input.actions);
      assert.equal(experimentTemplate.experimentOptions?.emptyTargetResolutionMode, "skip");
      const { experimentTemplates } = await client.send(new ListExperimentTemplatesCommand({ maxResults: 5 }));
      assert.deepEqual(
        experimentTemplates?.map((template) => [template.id, template.tags]),
        [[id, { app: "shop" }]],
      );
      await client.send(new DeleteExperimentTemplateCommand({ id }));
      await assert.rejects(client.send(new GetExperimentTemplateCommand({ id })), ResourceNotFoundException);
    }));

  it("runs experiments for the client, on whose behalf it acts, and stops them by DELETE", () =>
    withWire(services, async (fixture) => {
      createRole(fixture);
      const client = fisClient(fixture);
      const { experimentTemplate } = await client.send(new CreateExperimentTemplateCommand(input));
      const startInput: StartExperimentInput = {
        clientToken: "s",
        experimentTemplateId: experimentTemplate?.id,
        tags: { run: "1" },
      };
      const { experiment } = await client.send(new StartExperimentCommand(startInput));
      assert.match(experiment?.id ?? "", /^EXP/);
      assert.equal(experiment?.state?.status, "pending");
      await fixture.world.clock.sleep(60_000);
      const { experiment: running } = await client.send(new GetExperimentCommand({ id: experiment.id }));
      assert.equal(running?.state?.status, "running");
      assert.ok((running.startTime?.getTime() ?? 0) > (running.creationTime?.getTime() ?? 0));
      assert.equal(running.actions?.["pause"]?.state?.status, "running");
      const { experiments } = await client.send(new ListExperimentsCommand({}));
      assert.deepEqual(
        experiments?.map(({ id, tags }) => [id, tags]),
        [[experiment.id, { run: "1" }]],
      );
      const targets = await client.send(new ListExperimentResolvedTargetsCommand({ experimentId: experiment.id }));
      assert.deepEqual(targets.resolvedTargets, []);
      const { experiment: stopped } = await client.send(new StopExperimentCommand({ id: experiment.id }));
      assert.equal(stopped?.state?.status, "stopped");
      assert.ok(fixture.api.calls.every(({ cause }) => cause === "test" || cause === "test-run"));
    }));

  it("keeps a dry run dry with client 3.523.0, which drops the option on its own", () =>
    withWire(services, async (fixture) => {
      createRole(fixture);
      const client = fisClient(fixture);
      const { experimentTemplate } = await client.send(new CreateExperimentTemplateCommand(input));
      const startInput: StartExperimentInput = {
        clientToken: "s",
        experimentTemplateId: experimentTemplate?.id,
        experimentOptions: { actionsMode: "skip-all" },
      };
      const { experiment } = await client.send(new StartExperimentCommand(startInput));
      await fixture.world.clock.sleep(60_000);
      const { experiment: ended } = await client.send(new GetExperimentCommand({ id: experiment?.id }));
      assert.equal(ended?.state?.status, "completed");
      assert.equal(ended.actions?.["pause"]?.state?.status, "skipped");
    }));

  it("takes and answers what newer clients know: options, ARNs, report configuration, experiments by template", () =>
    withWire(services, async (fixture) => {
      createRole(fixture);
      const experimentReportConfiguration = { outputs: { s3Configuration: { bucketName: "reports" } } };
      const created = await send(fixture, "POST", "/experimentTemplates", { ...input, experimentReportConfiguration });
      const template = created.body["experimentTemplate"] as { id: string; arn: string; creationTime: number };
      assert.equal(created.status, 200);
      assert.equal(template.arn, `arn:aws:fis:ap-northeast-2:123456789012:experiment-template/${template.id}`);
      assert.equal(typeof template.creationTime, "number");
      assert.deepEqual(
        (template as { experimentReportConfiguration?: object }).experimentReportConfiguration,
        experimentReportConfiguration,
      );
      const started = await send(fixture, "POST", "/experiments", {
        clientToken: "s",
        experimentTemplateId: template.id,
        experimentOptions: { actionsMode: "skip-all" },
      });
      const experiment = started.body["experiment"] as { id: string; arn: string; experimentOptions: object };
      assert.equal(experiment.arn, `arn:aws:fis:ap-northeast-2:123456789012:experiment/${experiment.id}`);
      assert.deepEqual(experiment.experimentOptions, {
        accountTargeting: "single-account",
        emptyTargetResolutionMode: "fail",
        actionsMode: "skip-all",
      });
      const listed = await send(fixture, "GET", `/experiments?experimentTemplateId=${template.id}`);
      assert.equal((listed.body["experiments"] as readonly object[]).length, 1);
      const none = await send(fixture, "GET", "/experiments?experimentTemplateId=EXTnone");
      assert.deepEqual(none.body["experiments"], []);
    }));

  it("tags by an ARN in the path", () =>
    withWire(services, async (fixture) => {
      const client = fisClient(fixture);
      const { experimentTemplate } = await client.send(new CreateExperimentTemplateCommand(input));
      const resourceArn = `arn:aws:fis:ap-northeast-2:123456789012:experiment-template/${experimentTemplate?.id}`;
      await client.send(new TagResourceCommand({ resourceArn, tags: { a: "1", b: "2" } }));
      await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a", "app"] }));
      assert.deepEqual((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { b: "2" });
      await assert.rejects(
        client.send(new ListTagsForResourceCommand({ resourceArn: `${resourceArn}x` })),
        ResourceNotFoundException,
      );
    }));

  it("lists the actions that it models and what they work on", () =>
    withWire(services, async (fixture) => {
      const client = fisClient(fixture);
      const first = await client.send(new ListActionsCommand({ maxResults: 2 }));
      const rest = await client.send(
        new ListActionsCommand({ ...(first.nextToken ? { nextToken: first.nextToken } : {}) }),
      );
      const ids = [...(first.actions ?? []), ...(rest.actions ?? [])].map(({ id }) => id);
      assert.equal(first.actions?.length, 2);
      assert.equal(new Set(ids).size, ids.length);
      for (const id of ids) {
        const { action } = await client.send(new GetActionCommand({ id }));
        assert.equal(action?.id, id);
      }
      const { targetResourceTypes } = await client.send(new ListTargetResourceTypesCommand({}));
      assert.ok(targetResourceTypes?.some(({ resourceType }) => resourceType === "aws:ec2:instance"));
    }));

  it("answers errors with their own status and type", () =>
    withWire(services, async (fixture) => {
      createRole(fixture);
      const client = fisClient(fixture);
      await assert.rejects(
        client.send(new CreateExperimentTemplateCommand({ ...input, actions: {} })),
        ValidationException,
      );
      const { experimentTemplate } = await client.send(new CreateExperimentTemplateCommand(input));
      const begin = (clientToken: string): Promise<unknown> =>
        client.send(new StartExperimentCommand({ clientToken, experimentTemplateId: experimentTemplate?.id }));
      for (const token of ["1", "2", "3", "4", "5"]) await begin(token);
      await assert.rejects(begin("6"), (error) => {
        assert.ok(error instanceof ServiceQuotaExceededException);
        assert.equal(error.$metadata.httpStatusCode, 402);
        return true;
      });
      const missing = await send(fixture, "POST", "/experimentTemplates", { description: "x" });
      assert.deepEqual([missing.status, missing.type], [400, "ValidationException"]);
      const unmodelled = await send(fixture, "GET", "/safetyLevers/default");
      assert.deepEqual([unmodelled.status, unmodelled.type], [501, "NotImplemented"]);
    }));
});
