import * as pulumi from "@pulumi/pulumi";

import type { ActivationRecord } from "../../programs/activation.js";
import type { AppSpec } from "../../programs/app.js";
import { pilotLight } from "../../programs/pilot-light-stacks.js";
import { program } from "../../programs/pilot-light.js";
import { projectName } from "../../programs/strategy.js";

/** A resource as a program declares it, without an engine. */
export interface MockedResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What running a program against mocks showed. */
export interface MockedRun {
  readonly resources: readonly MockedResource[];
  /** Tokens of the functions that the program called. */
  readonly calls: readonly string[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface MockedRunOptions {
  readonly activation?: ActivationRecord;
  /** Outputs of other stacks, by stack name. */
  readonly stackOutputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly preview?: boolean;
}

/** Runs the pilot light's program for one stack against Pulumi's mocks: structure only, no diff and no provider. */
export async function declare(app: AppSpec, stackName: string, options: MockedRunOptions = {}): Promise<MockedRun> {
  const stack = pilotLight.stacks(app).find(({ name }) => name === stackName);
  if (!stack) throw new Error(`${app.name} has no stack ${stackName}`);
  const resources: MockedResource[] = [];
  const calls: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        if (type === "pulumi:pulumi:StackReference") {
          const outputs = options.stackOutputs?.[name.split("/").at(-1) ?? ""] ?? {};
          return { id: name, state: { name, outputs, secretOutputNames: [] } };
        }
        const given = inputs as Record<string, unknown>;
        resources.push({ type, name, inputs: given });
        // Mocks name the id of a resource that is not read as "".
        return { id: id || `${name}-id`, state: { arn: `arn:${type}:${name}`, ...given, ...answered(type) } };
      },
      call: ({ token }) => {
        calls.push(token);
        return token === "aws:index/getCallerIdentity:getCallerIdentity" ? { accountId: "123456789012" } : {};
      },
    },
    projectName,
    stackName,
    options.preview ?? false,
    "organization",
  );
  const declared = await program({ app, stack, activation: options.activation });
  const outputs = await new Promise<Record<string, unknown>>((resolve) => pulumi.output(declared).apply(resolve));
  await pulumi.runtime.disconnect(false);
  return { resources, calls, outputs };
}

/** What providers and the real awsx components answer, as far as programs use it. */
function answered(type: string): Readonly<Record<string, unknown>> {
  switch (type) {
    case "awsx:ec2:Vpc":
      return { vpcId: "vpc-1", publicSubnets: [], publicSubnetIds: ["subnet-a"], privateSubnetIds: ["subnet-b"] };
    case "awsx:lb:ApplicationLoadBalancer":
      return {
        loadBalancer: { arn: "arn:lb", arnSuffix: "app/web/1", dnsName: "web.elb.amazonaws.com", zoneId: "Z1" },
        defaultTargetGroup: { arn: "arn:tg", arnSuffix: "targetgroup/web/1" },
      };
    case "aws:route53/zone:Zone":
      return { zoneId: "Z2", nameServers: ["ns-1.example.net"] };
    default:
      return {};
  }
}
