import assert from "node:assert/strict";

import * as grpc from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";

import { createSimulatedClock, type SimulatedClock } from "../../src/simulator/clock.js";
import { asText, marshal, unmarshal, type Properties } from "../../src/simulator/provider/properties.js";
import { Empty } from "../../src/simulator/provider/protobuf.js";
import { startProviderServer, type ProviderServer } from "../../src/simulator/provider/server.js";
import { createApi, type Api } from "../../src/simulator/service.js";
import { createWorld, type World } from "../../src/simulator/world.js";

type Done<Response> = (error: grpc.ServiceError | null, response: Response) => void;
const answer = <Response>(start: (done: Done<Response>) => unknown): Promise<Response> =>
  new Promise((resolve, reject) => {
    start((error, response) => {
      if (error) reject(error);
      else resolve(response);
    });
  });

describe("the simulated provider over gRPC", () => {
  let clock: SimulatedClock;
  let world: World;
  let api: Api;
  let provider: ProviderServer;
  const clients: service.ResourceProviderClient[] = [];

  beforeEach(async () => {
    clock = createSimulatedClock();
    world = createWorld({ clock, profile: "low" });
    api = createApi(world);
    provider = await startProviderServer(world, api, { cause: "test" });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await provider.close();
    clock.stop();
  });

  /** A connection of its own, as each provider instance of an engine has. */
  async function attach(config: Properties = { region: "us-east-1" }): Promise<service.ResourceProviderClient> {
    const options = { "grpc.use_local_subchannel_pool": 1 };
    const client = new service.ResourceProviderClient(
      `127.0.0.1:${provider.port}`,
      grpc.credentials.createInsecure(),
      options,
    );
    clients.push(client);
    const request = new messages.ConfigureRequest();
    request.setArgs(marshal(config));
    await answer<messages.ConfigureResponse>((done) => client.configure(request, done));
    return client;
  }

  async function create(client: service.ResourceProviderClient, type: string, name: string, inputs: Properties) {
    const request = new messages.CreateRequest();
    request.setUrn(`urn:pulumi:test::project::${type}::${name}`);
    request.setProperties(marshal(inputs));
    const response = await answer<messages.CreateResponse>((done) => client.create(request, done));
    return { id: response.getId(), state: unmarshal(response.getProperties()).values };
  }

  async function invoke(
    client: service.ResourceProviderClient,
    token: string,
    args: Properties = {},
  ): Promise<Properties> {
    const request = new messages.InvokeRequest();
    request.setTok(token);
    request.setArgs(marshal(args));
    return unmarshal((await answer<messages.InvokeResponse>((done) => client.invoke(request, done))).getReturn())
      .values;
  }

  const vpc = ["aws:ec2/vpc:Vpc", "vpc", { cidrBlock: "10.0.0.0/16" }] as const;

  it("tells connections apart by their peer: each has its own Region", async () => {
    const [home, away] = await Promise.all([attach(), attach({ region: "ap-northeast-2" })]);
    const zones = async (client: service.ResourceProviderClient) =>
      ((await invoke(client, "aws:index/getAvailabilityZones:getAvailabilityZones"))["names"] as string[])[0];
    assert.deepEqual(await Promise.all([zones(home), zones(away)]), ["us-east-1a", "ap-northeast-2a"]);
  });

  it("answers the same resource when the engine, having died, creates it again", async () => {
    const client = await attach();
    const first = await create(client, ...vpc);
    const again = await create(await attach(), ...vpc);
    assert.equal(again.id, first.id);
    assert.equal(api.calls.filter(({ operation }) => operation === "CreateVpc").length, 1);
    const other = await create(client, "aws:ec2/vpc:Vpc", "other", { cidrBlock: "10.0.0.0/16" });
    assert.notEqual(other.id, first.id);
  });

  it("creates a resource anew after it was deleted", async () => {
    const client = await attach();
    const first = await create(client, ...vpc);
    const request = new messages.DeleteRequest();
    request.setUrn("urn:pulumi:test::project::aws:ec2/vpc:Vpc::vpc");
    request.setId(first.id);
    request.setProperties(marshal(first.state));
    await answer((done) => client.delete(request, done));
    await create(client, ...vpc);
    assert.equal(api.calls.filter(({ operation }) => operation === "CreateVpc").length, 2);
  });

  it("finds a resource by its id, and answers no id for one that is gone", async () => {
    const client = await attach();
    const { id } = await create(client, ...vpc);
    const read = async (wanted: string) => {
      const request = new messages.ReadRequest();
      request.setUrn("urn:pulumi:test::project::aws:ec2/vpc:Vpc::imported");
      request.setId(wanted);
      return answer<messages.ReadResponse>((done) => client.read(request, done));
    };
    const found = await read(id);
    assert.equal(unmarshal(found.getInputs()).values["cidrBlock"], "10.0.0.0/16");
    assert.equal(unmarshal(found.getProperties()).values["enableDnsSupport"], true);
    assert.equal((await read("vpc-00000000000000000")).getId(), "");
  });

  it("says what it waits for, and ends its waits when the engine cancels, with the id of what exists", async () => {
    const held = clock.watch(() => false);
    const client = await attach();
    const database = create(client, "aws:rds/instance:Instance", "db", {
      identifier: "shop-db",
      engine: "mysql",
      engineVersion: "8.4",
      instanceClass: "db.t3.medium",
      allocatedStorage: 20,
      username: "root_user",
      password: "not-for-anybody",
    });
    while (provider.waiting().length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(provider.outstanding(), ["aws:rds/instance:Instance::db"]);
    assert.deepEqual(provider.waiting(), ["aws:rds/instance:Instance::db"]);
    const failed = assert.rejects(database, (error: grpc.ServiceError) => {
      assert.match(error.details, /creating RDS DB Instance \(db\): the operation was cancelled/);
      assert.match(String(error.metadata.get("grpc-status-details-bin")[0]), /ErrorResourceInitFailed/);
      return true;
    });
    await answer((done) => client.cancel(new Empty(), done));
    await failed;
    assert.deepEqual(provider.outstanding(), []);
    held();
  });

  it("words a refusal as the real provider does, with the service's code", async () => {
    const client = await attach();
    await assert.rejects(
      create(client, "aws:ec2/vpc:Vpc", "vpc", { cidrBlock: "10.0.0.0/8" }),
      /1 error occurred:\s+\* creating EC2 VPC \(vpc\): operation error ec2: CreateVpc, .* api error InvalidVpc\.?Range/,
    );
  });

  it("gets no further than its configuration when STS gives no answer, unless another Region is asked", async () => {
    world.impair("us-east-1", { kind: "lost", since: world.now() });
    await assert.rejects(attach(), /GetCallerIdentity.*no answer from the endpoint of us-east-1/);
    await attach({ region: "us-east-1", stsRegion: "ap-northeast-2" });
  });

  it("refuses a configuration without a Region, and a function that it does not model", async () => {
    await assert.rejects(attach({}), /missing region information/);
    const client = await attach();
    await assert.rejects(
      invoke(client, "aws:lambda/getFunction:getFunction"),
      /does not model the function aws:lambda\/getFunction/,
    );
  });

  it("looks up the images of Amazon Linux by filter and by their public parameter", async () => {
    const client = await attach();
    const byFilter = await invoke(client, "aws:ec2/getAmi:getAmi", {
      owners: ["amazon"],
      mostRecent: true,
      filters: [{ name: "architecture", values: ["arm64"] }],
    });
    const byName = await invoke(client, "aws:ssm/getParameter:getParameter", {
      name: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    });
    assert.match(asText(byName["value"]), /^ami-[0-9a-f]{17}$/);
    assert.equal(byFilter["id"], byName["value"]);
  });
});
