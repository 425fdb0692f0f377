import { hoursPerMonth, type Usage } from "./usage.js";

/** A resource as a program declares it, with the inputs that the engine's preview showed. */
export interface DeclaredResource {
  readonly stack: string;
  readonly urn: string;
  readonly type: string;
  /** The Region of the stack; the resource's own, where it has one, is in its inputs. */
  readonly region: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A quantity of something that has a price. */
export interface CostPart {
  /** Key in the price table. */
  readonly what: string;
  /** How many of the price's unit in a month. */
  readonly quantity: number;
  /** How the quantity comes about. */
  readonly reason: string;
  /** Region whose price applies. @default the resource's */
  readonly region?: string;
}

/** Says what of a resource is paid for; a text says why that can't be told. */
type Parts = (resource: DeclaredResource, context: PartsContext) => readonly CostPart[] | string;

export interface PartsContext {
  readonly usage: Usage;
  /** Resources of the same stack. */
  readonly siblings: readonly DeclaredResource[];
}

/** What is paid for, by resource type. */
export const partsByType: Readonly<Record<string, Parts>> = {
  "aws:lb/loadBalancer:LoadBalancer": ({ inputs }, { usage }) => {
    const subnets = Array.isArray(inputs["subnets"]) ? inputs["subnets"].length : leastSubnets;
    return [
      { what: "alb", quantity: hoursPerMonth, reason: "stands all month" },
      { what: "alb capacity", quantity: usage.loadBalancerUnits * hoursPerMonth, reason: "units in use" },
      { what: "public ipv4", quantity: subnets * hoursPerMonth, reason: `an address in each of ${subnets} subnets` },
    ];
  },
  "aws:ec2/natGateway:NatGateway": (_resource, { usage }) => [
    { what: "nat", quantity: hoursPerMonth, reason: "stands all month" },
    { what: "nat data", quantity: usage.natGb, reason: "data that passes" },
  ],
  "aws:ec2/eip:Eip": () => [{ what: "public ipv4", quantity: hoursPerMonth, reason: "an address" }],
  "aws:autoscaling/group:Group": groupParts,
  "aws:rds/instance:Instance": databaseParts,
  "aws:kms/key:Key": () => [{ what: "kms key", quantity: 1, reason: "first version of its material" }],
  "aws:cloudwatch/metricAlarm:MetricAlarm": () => [{ what: "cloudwatch alarm", quantity: 1, reason: "one metric" }],
  "aws:route53/zone:Zone": () => [{ what: "route53 zone", quantity: 1, reason: "a hosted zone" }],
  "aws:route53/healthCheck:HealthCheck": ({ inputs }) => {
    const options = [
      inputs["requestInterval"] === 10,
      String(inputs["type"]).startsWith("HTTPS"),
      typeof inputs["searchString"] === "string",
      inputs["measureLatency"] === true,
    ].filter(Boolean).length;
    return [
      { what: "route53 health check", quantity: 1, reason: "of an endpoint in AWS" },
      { what: "route53 health check option", quantity: options, reason: "short interval, HTTPS, text, latency" },
    ];
  },
  "aws:s3/bucket:Bucket": ({ inputs }, { usage }) => [
    { what: "s3 storage", quantity: usage.bucketGb[String(inputs["bucket"])] ?? 0, reason: "standard storage" },
  ],
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": (resource, { usage }) => {
    const copies = regionOf(resource) === usage.activeRegion;
    return [
      {
        what: "inter-Region out",
        quantity: copies ? usage.newObjectsGb : 0,
        reason: copies ? "copies of what users add" : `nothing to copy while users add data in ${usage.activeRegion}`,
      },
    ];
  },
};

/** An Application Load Balancer has at least two subnets; a first preview does not know them yet. */
const leastSubnets = 2;

function groupParts(group: DeclaredResource, { siblings }: PartsContext): readonly CostPart[] | string {
  const running = numberOf(group.inputs["desiredCapacity"] ?? group.inputs["minSize"]);
  if (running === undefined) return "its capacity is not known";
  const template = templateOf(group, siblings);
  if (!template) return "its launch template is not in its stack";
  const instanceType = template.inputs["instanceType"];
  if (typeof instanceType !== "string") return "its launch template names no instance type";
  const volumes = (Array.isArray(template.inputs["blockDeviceMappings"]) ? template.inputs["blockDeviceMappings"] : [])
    .map((mapping: unknown) => (isRecord(mapping) && isRecord(mapping["ebs"]) ? mapping["ebs"] : {}))
    .map((ebs) => ({ type: textOf(ebs["volumeType"]) ?? "gp2", gb: numberOf(ebs["volumeSize"]) ?? 0 }));
  return [
    { what: `ec2 ${instanceType}`, quantity: running * hoursPerMonth, reason: `${running} running` },
    ...volumes.map(({ type, gb }) => ({
      what: `ebs ${type}`,
      quantity: running * gb,
      reason: `${running} volumes of ${gb} GB`,
    })),
  ];
}

/** The launch template of a group: by name where the group gives one, else the only one of the stack. */
function templateOf(group: DeclaredResource, siblings: readonly DeclaredResource[]): DeclaredResource | undefined {
  const templates = siblings.filter(({ type }) => type === "aws:ec2/launchTemplate:LaunchTemplate");
  const reference = group.inputs["launchTemplate"];
  const name = isRecord(reference) ? reference["name"] : undefined;
  const named = templates.find(({ inputs }) => name !== undefined && inputs["name"] === name);
  return named ?? (templates.length === 1 ? templates[0] : undefined);
}

function databaseParts({ inputs }: DeclaredResource, { usage }: PartsContext): readonly CostPart[] | string {
  const storage = numberOf(inputs["allocatedStorage"]);
  if (storage === undefined) return "its storage is not known";
  const copies = inputs["multiAz"] === true ? 2 : 1;
  const zones = copies === 2 ? "in two zones" : "in one zone";
  const source = inputs["replicateSourceDb"];
  const sourceRegion = typeof source === "string" ? source.split(":")[3] : undefined;
  return [
    {
      what: `rds ${String(inputs["engine"])} ${String(inputs["instanceClass"])}`,
      quantity: copies * hoursPerMonth,
      reason: zones,
    },
    {
      what: `rds ${textOf(inputs["storageType"]) ?? "gp2"}`,
      quantity: copies * storage,
      reason: `${storage} GB ${zones}; as much again for backups is free`,
    },
    ...(sourceRegion === undefined
      ? []
      : [
          {
            what: "inter-Region out",
            region: sourceRegion,
            quantity: usage.replicatedGb,
            reason: `replicated from ${sourceRegion}`,
          },
        ]),
  ];
}

/** The Region that a resource is in. */
export function regionOf({ region, inputs }: DeclaredResource): string {
  return typeof inputs["region"] === "string" ? inputs["region"] : region;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
