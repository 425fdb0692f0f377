import assert from "node:assert/strict";

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

import { defineService, type ServiceDefinition } from "../../src/simulator/service.js";
import { withWire } from "./wire-fixture.js";

/**
 * What must not compile: `npx tsc` fails when one of these lines is accepted. They are TypeScript's only guard between
 * a service and its clients, since the wire drops members that a schema doesn't have.
 */
const base = { id: "sts", signingName: "sts", loadClient: () => import("@aws-sdk/client-sts") };

const misspelledOperation = defineService({
  ...base,
  handlers: () => ({
    GetSessionToken: () => ({}),
    // @ts-expect-error -- the client has no such operation
    GetCallerIdentitty: () => ({}),
  }),
});

const wrongOutputMember = defineService({
  ...base,
  handlers: () => ({
    // @ts-expect-error -- the output has no member Acount
    GetCallerIdentity: () => ({ Arn: "arn:aws:iam::1:user/x", Acount: "1" }),
  }),
});

defineService({
  ...base,
  handlers: () => ({
    // @ts-expect-error -- Account is a string
    GetCallerIdentity: () => ({ Account: 1 }),
  }),
});

defineService({
  ...base,
  handlers: () => ({
    // @ts-expect-error -- the input has no member Nothing
    GetFederationToken: ({ Nothing }) => ({ FederatedUser: { Arn: String(Nothing), FederatedUserId: "1" } }),
  }),
});

describe("what TypeScript catches for a service would be lost on the wire", () => {
  it("a misspelled operation is not found", () =>
    withWire([misspelledOperation] as readonly ServiceDefinition[], async ({ client }) => {
      await assert.rejects(new STSClient(client()).send(new GetCallerIdentityCommand({})), { name: "NotImplemented" });
    }));

  it("a misspelled output member reaches no client", () =>
    withWire([wrongOutputMember] as readonly ServiceDefinition[], async ({ client }) => {
      const { $metadata: _metadata, ...output } = await new STSClient(client()).send(new GetCallerIdentityCommand({}));
      assert.deepEqual(output, { Arn: "arn:aws:iam::1:user/x" });
    }));
});
