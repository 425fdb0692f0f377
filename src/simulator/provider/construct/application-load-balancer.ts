import { isObject, unknownValue, type Properties, type Value } from "../properties.js";
import type { ComponentInputs } from "./construct.js";
import { track, trackAll, type Child, type Monitor, type Tracked } from "./monitor.js";

/** Inputs of the component that are not inputs of aws.lb.LoadBalancer. */
const ownInputs = new Set([
  "subnetIds",
  "subnets",
  "defaultTargetGroup",
  "defaultTargetGroupPort",
  "defaultSecurityGroup",
  "listener",
  "listeners",
]);

const DEFAULT_PORT = 80;

/** Traffic from anywhere: what the component opens when the program names no security group. */
const anywhere = { cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] };

/**
 * Registers the children of an awsx.lb.ApplicationLoadBalancer, as pulumi-awsx v3.9 does
 * (awsx/lb/applicationLoadBalancer.ts).
 */
export async function constructApplicationLoadBalancer(
  monitor: Monitor,
  inputs: ComponentInputs,
  references: (input: string) => readonly string[],
): Promise<Readonly<Record<string, Tracked>>> {
  const { name } = monitor.component;
  refuseContradictions(inputs);
  const { subnets, vpcId } = await placement(monitor, inputs, references("subnets"));

  const ownGroup = await securityGroup(monitor, inputs, vpcId);
  const groups = inputs["securityGroups"] ?? (ownGroup.id ? trackAll([ownGroup.id]) : undefined);
  const balancer = monitor.register({
    type: "aws:lb/loadBalancer:LoadBalancer",
    name,
    inputs: {
      ...Object.fromEntries(Object.entries(inputs).filter(([input]) => !ownInputs.has(input))),
      loadBalancerType: "application",
      subnets,
      securityGroups: groups,
    },
  });
  const targetGroup = monitor.register({
    type: "aws:lb/targetGroup:TargetGroup",
    name,
    inputs: {
      vpcId,
      targetType: "ip",
      ...defaultProtocol(inputs),
      ...spread(inputs["defaultTargetGroup"]),
    },
  });
  const [loadBalancer, defaultTargetGroup] = await Promise.all([balancer, targetGroup]);

  const listeners = await Promise.all(
    listenerSpecs(inputs).map((given, index) => {
      const action = defaultTargetGroup.output("arn");
      return monitor.register({
        type: "aws:lb/listener:Listener",
        name: `${name}-${index}`,
        inputs: {
          defaultActions: { ...action, tracked: [{ type: "forward", targetGroupArn: action.tracked ?? null }] },
          ...given,
          loadBalancerArn: loadBalancer.output("arn"),
        },
      });
    }),
  );
  return {
    loadBalancer: loadBalancer.reference(),
    defaultTargetGroup: defaultTargetGroup.reference(),
    listeners: trackAll(listeners.map((listener) => listener.reference())),
    ...(ownGroup.created ? { defaultSecurityGroup: ownGroup.created.reference() } : {}),
    vpcId,
  };
}

/** The subnets that were asked for and the VPC that they are in. */
async function placement(
  monitor: Monitor,
  inputs: ComponentInputs,
  subnetUrns: readonly string[],
): Promise<{ readonly subnets: Tracked | undefined; readonly vpcId: Tracked }> {
  const [firstUrn] = subnetUrns;
  if (inputs["subnets"] && firstUrn) {
    return { subnets: inputs["subnets"], vpcId: await monitor.propertyOf(firstUrn, "vpcId") };
  }
  const given = inputs["subnetIds"] ?? inputs["subnets"];
  const mappings = inputs["subnetMappings"];
  if (given || mappings) {
    const source = given ?? mappings;
    const first = Array.isArray(source?.tracked) ? (source.tracked[0] as Value) : unknownValue;
    const id = isObject(first) ? (first["subnetId"] ?? unknownValue) : first;
    const subnet = await monitor.invoke("aws:ec2/getSubnet:getSubnet", { id }, inputs["region"]);
    return { subnets: given, vpcId: track(subnet?.["vpcId"] ?? unknownValue, source?.dependencies) };
  }
  const vpc = await monitor.invoke("aws:ec2/getVpc:getVpc", { default: true }, inputs["region"]);
  const filter = [{ name: "vpc-id", values: [vpc?.["id"] ?? null] }];
  const found = await monitor.invoke("aws:ec2/getSubnets:getSubnets", { filters: filter }, inputs["region"]);
  const ids = (found?.["ids"] ?? []) as readonly string[];
  const details = await Promise.all(
    ids.map((id) => monitor.invoke("aws:ec2/getSubnet:getSubnet", { id }, inputs["region"])),
  );
  const open = ids.filter((_id, at) => details[at]?.["mapPublicIpOnLaunch"] === true);
  return { subnets: track(open), vpcId: track(vpc?.["id"] ?? unknownValue) };
}

async function securityGroup(
  monitor: Monitor,
  inputs: ComponentInputs,
  vpcId: Tracked,
): Promise<{ readonly id?: Tracked; readonly created?: Child }> {
  const options = inputs["defaultSecurityGroup"];
  const wanted: Properties = isObject(options?.tracked) ? options.tracked : {};
  if (inputs["securityGroups"] || wanted["skip"] === true) return {};
  if (wanted["args"] && wanted["securityGroupId"]) {
    throw new Error("Only one of [defaultSecurityGroup] [args] or [securityGroupId] can be specified");
  }
  if (wanted["securityGroupId"]) return { id: track(wanted["securityGroupId"], options?.dependencies) };
  const args = isObject(wanted["args"])
    ? spread(track(wanted["args"], options?.dependencies, options?.secret))
    : {
        vpcId,
        ingress: [{ fromPort: 0, toPort: 0, protocol: "-1", ...anywhere }],
        egress: [{ fromPort: 0, toPort: 65535, protocol: "tcp", ...anywhere }],
      };
  const created = await monitor.register({
    type: "aws:ec2/securityGroup:SecurityGroup",
    name: monitor.component.name,
    inputs: args,
  });
  return { id: created.id, created };
}

function listenerSpecs(inputs: ComponentInputs): readonly Readonly<Record<string, Tracked | Value | undefined>>[] {
  const { listener, listeners } = inputs;
  if (listeners && Array.isArray(listeners.tracked)) {
    return (listeners.tracked as readonly Properties[]).map((one) => ({
      ...protocolOf(one),
      ...spread(track(one, listeners.dependencies, listeners.secret)),
    }));
  }
  return [{ ...defaultProtocol(inputs), ...spread(listener) }];
}

/**
 * Port and protocol of the target group and of a single listener. With a list of exactly one listener the real
 * component takes none, which is a slip in it (`length !== 1`), but what it registers.
 */
function defaultProtocol(inputs: ComponentInputs): Properties {
  const list = inputs["listeners"]?.tracked;
  if (Array.isArray(list) && list.length === 1) return {};
  const listener = Array.isArray(list) ? (list[0] as Value) : inputs["listener"]?.tracked;
  return protocolOf(isObject(listener) ? listener : undefined, inputs["defaultTargetGroupPort"]?.tracked);
}

function protocolOf(listener: Properties | undefined, defaultPort?: Value): Properties {
  const { port, protocol } = listener ?? {};
  if (port) return { port, protocol: protocol ?? (port === 443 ? "HTTPS" : "HTTP") };
  if (protocol) return { protocol, port: protocol === "HTTPS" ? 443 : DEFAULT_PORT };
  return { port: defaultPort ?? DEFAULT_PORT, protocol: "HTTP" };
}

/** The members of an object input, each with what the whole comes from. */
function spread(input: Tracked | undefined): Record<string, Tracked> {
  if (!input || !isObject(input.tracked)) return {};
  return Object.fromEntries(
    Object.entries(input.tracked).map(([member, value]) => [member, track(value, input.dependencies, input.secret)]),
  );
}

function refuseContradictions(inputs: ComponentInputs): void {
  const given = ["subnets", "subnetIds", "subnetMappings"].filter((input) => inputs[input]);
  if (given.length > 1) throw new Error("Only one of [subnets], [subnetIds] or [subnetMappings] can be specified");
  if (inputs["listener"] && inputs["listeners"])
    throw new Error("Only one of [listener] and [listeners] can be specified");
  if (inputs["defaultTargetGroup"] && inputs["defaultTargetGroupPort"]) {
    throw new Error("Only one of `defaultTargetGroup` or `defaultTargetGroupPort` can be provided.");
  }
}
