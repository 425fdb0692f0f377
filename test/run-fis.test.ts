import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";

import * as fis from "../src/aws/fis.js";
import { AwsCallError } from "../src/aws/aws-error.js";
import { closeAwsClients, type AwsScope } from "../src/aws/aws-service.js";
import { keepExperimentOptions } from "../src/aws/fis-experiment-options.js";
import { createAwsTarget } from "../src/target/aws.js";
import type { Target } from "../src/target/target.js";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

describe("FIS on the wire", () => {
  let server: http.Server;
  let scope: AwsScope;
  let target: Target;
  const received: Received[] = [];
  let answer: { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> };

  before(async () => {
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        received.push({
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
        });
        response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
        response.end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    target = {
      ...createAwsTarget(),
      clientConfig: (region, cause) => ({
        region,
        endpoint: `http://127.0.0.1:${port}`,
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
        userAgentAppId: cause,
        maxAttempts: 1,
      }),
    };
    scope = { target, region: "us-east-1", cause: "run-1.verify-by-experiment" };
  });

  after(() => {
    closeAwsClients(target);
    server.close();
  });

  beforeEach(() => {
    received.length = 0;
    answer = { status: 200, body: { experiment: { id: "EXP1", state: { status: "initiating" } } } };
  });

  const start = (actionsMode: "run-all" | "skip-all") =>
    fis.startExperiment(scope, { template: "EXT1", clientToken: "token", tags: { app: "food-shop" }, actionsMode });

  it("keeps a dry run dry: actionsMode arrives, with a matching length and signature input", async () => {
    const experiment = await start("skip-all");
    assert.equal(experiment.id, "EXP1");
    const [request] = received;
    assert.deepEqual(request?.body, {
      clientToken: "token",
      experimentTemplateId: "EXT1",
      tags: { app: "food-shop" },
      experimentOptions: { actionsMode: "skip-all" },
    });
    assert.equal(Number(request.headers["content-length"]), Buffer.byteLength(JSON.stringify(request.body)));
  });

  it("says so too when the experiment is to run", async () => {
    await start("run-all");
    assert.deepEqual(received[0]?.body["experimentOptions"], { actionsMode: "run-all" });
  });

  it("names the step that called, though the client knows no application id", async () => {
    await start("run-all");
    assert.match(String(received[0]?.headers["user-agent"]), /(^| )app\/run-1\.verify-by-experiment( |$)/);
  });

  it("creates a template that can touch only what carries every tag", async () => {
    answer = { status: 200, body: { experimentTemplate: { id: "EXT1" } } };
    const id = await fis.createExperimentTemplate(scope, {
      clientToken: "token",
      description: "terminate one",
      roleArn: "arn:aws:iam::123456789012:role/experiments",
      action: "aws:ec2:terminate-instances",
      targetKey: "Instances",
      resourceType: "aws:ec2:instance",
      resourceTags: { app: "food-shop", "aws:autoscaling:groupName": "food-shop-web" },
      selectionMode: "COUNT(1)",
      tags: { app: "food-shop" },
    });
    assert.equal(id, "EXT1");
    const [request] = received;
    assert.deepEqual(request?.body["targets"], {
      targets: {
        resourceType: "aws:ec2:instance",
        resourceTags: { app: "food-shop", "aws:autoscaling:groupName": "food-shop-web" },
        selectionMode: "COUNT(1)",
      },
    });
    assert.deepEqual(request.body["stopConditions"], [{ source: "none" }]);
  });

  it("reads when the action began", async () => {
    answer = {
      status: 200,
      body: { experiment: { id: "EXP1", state: { status: "running" }, actions: { fault: { startTime: 1767225600 } } } },
    };
    const experiment = await fis.getExperiment(scope, "EXP1");
    assert.equal(experiment.actionStartedAt, Date.parse("2026-01-01T00:00:00Z"));
    assert.ok(!fis.hasEnded(experiment));
  });

  it("takes a template that is gone as deleted, and other errors for what they are", async () => {
    answer = { status: 404, body: {}, headers: { "x-amzn-errortype": "ResourceNotFoundException" } };
    await fis.deleteExperimentTemplate(scope, "EXT1");
    answer = { status: 402, body: {}, headers: { "x-amzn-errortype": "ServiceQuotaExceededException" } };
    await assert.rejects(start("run-all"), (error) => error instanceof AwsCallError && error.kind === "invalid");
    assert.equal(received.length, 2, "one attempt each: retries belong to the engine");
  });

  describe("whatever client is installed", () => {
    const send = async (body: unknown): Promise<{ body: unknown; headers: Record<string, string> }> => {
      const request = { body, headers: { "Content-Length": "2" } };
      await keepExperimentOptions(() => Promise.resolve({}))({
        input: { experimentTemplateId: "EXT1", experimentOptions: { actionsMode: "skip-all" } },
        request,
      });
      return request;
    };

    it("leaves one value where the client sends the option itself, as text or as bytes", async () => {
      const sent = JSON.stringify({ experimentTemplateId: "EXT1", experimentOptions: { actionsMode: "skip-all" } });
      for (const body of [sent, Buffer.from(sent)]) {
        const { body: out, headers } = await send(body);
        assert.deepEqual(JSON.parse(String(out)), JSON.parse(sent));
        assert.equal(headers["Content-Length"], String(sent.length));
      }
    });

    it("fails rather than lose the option where the body can't be changed", async () => {
      await assert.rejects(send(undefined), /experimentOptions would be lost/);
    });
  });
});
