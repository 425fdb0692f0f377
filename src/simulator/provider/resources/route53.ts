import type { HealthCheckConfig, ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { HealthCheckArgs, HealthCheckState } from "@pulumi/aws/route53/healthCheck.js";
import type { RecordArgs, RecordState } from "@pulumi/aws/route53/record.js";
import type { ZoneArgs, ZoneState } from "@pulumi/aws/route53/zone.js";

import type { StateSlot } from "../../world.js";
import { route53 } from "../../services/route-53/service.js";
import { asText } from "../properties.js";
import { defineResource, sameSet, type Change, type Inputs, type ResourceContext } from "../resource-type.js";
import { required, tagChange, tagList, type Tags } from "./tags.js";

type RecordInputs = Inputs<RecordArgs>;

/** service/route53 wait.go: the first look after 10 to 30 seconds, drawn, then every 15 seconds; at most 30 minutes. */
const change = { minDelay: 10, maxDelay: 30, pollSeconds: 15, timeoutSeconds: 1800 } as const;

/** The change that created a record, by the token of the creation, so that a repeated creation waits for the same one. */
const changesSlot: StateSlot<Map<string, string>> = {
  name: "pulumi-provider/route53-changes",
  create: () => new Map(),
};

async function waitInsync(aws: ResourceContext, changeId: string | undefined): Promise<void> {
  const Id = required(changeId, "ChangeInfo.Id");
  const { minDelay, maxDelay, pollSeconds, timeoutSeconds } = change;
  await aws.wait({
    label: `waiting for Route 53 change (${Id}) synchronize`,
    state: () => aws.call(route53, "GetChange", { Id }).ChangeInfo?.Status,
    target: ["INSYNC"],
    delaySeconds: minDelay + Math.floor((maxDelay - minDelay) * aws.world.draw(`provider/route53/${aws.urn}`)),
    pollSeconds,
    timeoutSeconds,
  });
}

const zone = defineResource<ZoneArgs, ZoneState>({
  token: "aws:route53/zone:Zone",
  label: "Route 53 Hosted Zone",
  replaceOn: ["delegationSetId", "name"],
  defaults: { comment: "Managed by Pulumi", forceDestroy: false },
  sameValue: { vpcs: sameSet, name: (before, after) => withoutDot(before) === withoutDot(after) },
  create: (aws, inputs) => {
    const vpc = inputs.vpcs?.[0];
    const { HostedZone } = aws.call(route53, "CreateHostedZone", {
      Name: inputs.name,
      // A repeated creation with the same reference is refused, so it must be new whenever the zone is.
      CallerReference: aws.token,
      HostedZoneConfig: { Comment: inputs.comment, PrivateZone: vpc !== undefined },
      DelegationSetId: inputs.delegationSetId,
      VPC: vpc && { VPCId: vpc.vpcId, VPCRegion: (vpc.vpcRegion ?? aws.region) as never },
    });
    return zoneIdOf(required(HostedZone?.Id, "HostedZone.Id"));
  },
  finishCreate: (aws, id, inputs) => {
    if (inputs.tags) updateTags(aws, "hostedzone", id, { set: inputs.tags, remove: [] });
    return Promise.resolve();
  },
  read: (aws, id) => {
    const { HostedZone, DelegationSet } = aws.call(route53, "GetHostedZone", { Id: id });
    const servers = [...(DelegationSet?.NameServers ?? [])].sort();
    return (
      HostedZone && {
        inputs: { name: withoutDot(HostedZone.Name), comment: HostedZone.Config?.Comment },
        outputs: {
          arn: `arn:aws:route53:::hostedzone/${id}`,
          zoneId: id,
          nameServers: servers,
          primaryNameServer: servers[0],
        },
      }
    );
  },
  update: (aws, id, changed) => {
    if (changed.has("comment"))
      aws.call(route53, "UpdateHostedZoneComment", { Id: id, Comment: changed.after.comment ?? "" });
    updateTags(aws, "hostedzone", id, tagChange(changed));
  },
  delete: async (aws, id, before) => {
    if (before.forceDestroy) await deleteRecordsIn(aws, id);
    aws.call(route53, "DeleteHostedZone", { Id: id });
  },
});

/** What `forceDestroy` asks for: every record but the zone's own NS and SOA. */
async function deleteRecordsIn(aws: ResourceContext, zoneId: string): Promise<void> {
  const { HostedZone } = aws.call(route53, "GetHostedZone", { Id: zoneId });
  const sets = aws.call(route53, "ListResourceRecordSets", { HostedZoneId: zoneId }).ResourceRecordSets ?? [];
  const own = sets.filter(
    ({ Name, Type }) => !(withoutDot(Name) === withoutDot(HostedZone?.Name) && (Type === "NS" || Type === "SOA")),
  );
  if (own.length === 0) return;
  const { ChangeInfo } = aws.call(route53, "ChangeResourceRecordSets", {
    HostedZoneId: zoneId,
    ChangeBatch: { Changes: own.map((ResourceRecordSet) => ({ Action: "DELETE" as const, ResourceRecordSet })) },
  });
  await waitInsync(aws, ChangeInfo?.Id);
}

const record = defineResource<RecordArgs, RecordState>({
  token: "aws:route53/record:Record",
  label: "Route 53 Record",
  tagged: false,
  replaceOn: ["name", "setIdentifier", "zoneId"],
  computed: ["allowOverwrite"],
  sameValue: {
    records: sameSet,
    name: (before, after) => withoutDot(before).toLowerCase() === withoutDot(after).toLowerCase(),
  },
  timeouts: { create: 1800, update: 1800, delete: 1800 },
  create: (aws, inputs) => {
    const Action = inputs.allowOverwrite ? "UPSERT" : "CREATE";
    const changeId = changeRecords(aws, inputs, [{ Action, ResourceRecordSet: recordSet(aws, inputs) }]);
    aws.world.state(changesSlot, "global").set(aws.token, changeId);
    return [inputs.zoneId, withoutDot(inputs.name).toLowerCase(), inputs.type, inputs.setIdentifier]
      .filter(Boolean)
      .join("_");
  },
  finishCreate: (aws) => waitInsync(aws, aws.world.state(changesSlot, "global").get(aws.token)),
  read: (aws, _id, known) => {
    const found = recordOf(aws, known);
    return (
      found && {
        inputs: {
          ttl: found.TTL,
          ...(known.records
            ? { records: found.ResourceRecords?.map(({ Value = "" }) => Value.replace(/^"(.*)"$/, "$1")) }
            : {}),
          healthCheckId: found.HealthCheckId,
        },
        outputs: { fqdn: withoutDot(found.Name) },
      }
    );
  },
  update: async (aws, _id, changed) => {
    const { before, after } = changed;
    const moved = changed.has("type", "setIdentifier", "name");
    const gone = moved ? recordOf(aws, before) : undefined;
    const changeId = changeRecords(aws, after, [
      ...(gone ? [{ Action: "DELETE" as const, ResourceRecordSet: gone }] : []),
      { Action: moved ? "CREATE" : "UPSERT", ResourceRecordSet: recordSet(aws, after) },
    ]);
    await waitInsync(aws, changeId);
  },
  delete: async (aws, _id, before) => {
    const found = recordOf(aws, before);
    if (!found) return;
    await waitInsync(aws, changeRecords(aws, before as RecordInputs, [{ Action: "DELETE", ResourceRecordSet: found }]));
  },
});

/** Sends a change and answers its id. */
function changeRecords(
  aws: ResourceContext,
  inputs: Pick<RecordInputs, "zoneId">,
  changes: { Action: "CREATE" | "DELETE" | "UPSERT"; ResourceRecordSet: ResourceRecordSet }[],
): string {
  const { ChangeInfo } = aws.call(route53, "ChangeResourceRecordSets", {
    HostedZoneId: inputs.zoneId,
    ChangeBatch: { Comment: "Managed by Terraform", Changes: changes },
  });
  return required(ChangeInfo?.Id, "ChangeInfo.Id");
}

function recordOf(aws: ResourceContext, inputs: Partial<RecordInputs>): ResourceRecordSet | undefined {
  if (!inputs.zoneId || !inputs.name) return undefined;
  const name = fullName(aws, inputs.zoneId, inputs.name);
  const { ResourceRecordSets } = aws.call(route53, "ListResourceRecordSets", { HostedZoneId: inputs.zoneId });
  return ResourceRecordSets?.find(
    ({ Name, SetIdentifier, Type }) =>
      withoutDot(Name).toLowerCase() === name &&
      Type === inputs.type &&
      (SetIdentifier ?? "") === (inputs.setIdentifier ?? ""),
  );
}

/** A name without the zone's is completed with it. */
function fullName(aws: ResourceContext, zoneId: string, name: string): string {
  const zoneName = withoutDot(aws.call(route53, "GetHostedZone", { Id: zoneId }).HostedZone?.Name).toLowerCase();
  const given = withoutDot(name).toLowerCase();
  return given === zoneName || given.endsWith(`.${zoneName}`) ? given : `${given}.${zoneName}`;
}

function recordSet(aws: ResourceContext, inputs: RecordInputs): ResourceRecordSet {
  const alias = inputs.aliases?.[0];
  const geolocation = inputs.geolocationRoutingPolicies?.[0];
  const set = {
    Name: fullName(aws, inputs.zoneId, inputs.name),
    Type: inputs.type,
    TTL: inputs.ttl,
    ResourceRecords: inputs.records?.map((value) => ({ Value: inputs.type === "TXT" ? `"${value}"` : value })),
    AliasTarget: alias && {
      DNSName: alias.name,
      EvaluateTargetHealth: alias.evaluateTargetHealth,
      HostedZoneId: alias.zoneId,
    },
    HealthCheckId: inputs.healthCheckId,
    SetIdentifier: inputs.setIdentifier,
    Failover: inputs.failoverRoutingPolicies?.[0]?.type,
    Weight: inputs.weightedRoutingPolicies?.[0]?.weight,
    Region: inputs.latencyRoutingPolicies?.[0]?.region,
    MultiValueAnswer: inputs.multivalueAnswerRoutingPolicy,
    GeoLocation: geolocation && {
      ContinentCode: geolocation.continent,
      CountryCode: geolocation.country,
      SubdivisionCode: geolocation.subdivision,
    },
  };
  // Plain strings where the SDK has enumerations; the service checks them.
  return Object.fromEntries(
    Object.entries(set).filter(([, value]) => value !== undefined),
  ) as unknown as ResourceRecordSet;
}

const healthCheck = defineResource<HealthCheckArgs, HealthCheckState>({
  token: "aws:route53/healthCheck:HealthCheck",
  label: "Route 53 Health Check",
  replaceOn: ["measureLatency", "referenceName", "requestInterval", "routingControlArn", "type"],
  computed: ["enableSni"],
  defaults: { disabled: false, invertHealthcheck: false, measureLatency: false },
  sameValue: { regions: sameSet, childHealthchecks: sameSet },
  create: (aws, inputs) => {
    const { HealthCheck } = aws.call(route53, "CreateHealthCheck", {
      CallerReference: aws.token,
      HealthCheckConfig: checkConfig(inputs),
    });
    return required(HealthCheck?.Id, "HealthCheck.Id");
  },
  finishCreate: (aws, id, inputs) => {
    if (inputs.tags) updateTags(aws, "healthcheck", id, { set: inputs.tags, remove: [] });
    return Promise.resolve();
  },
  read: (aws, id) => {
    const config = aws.call(route53, "GetHealthCheck", { HealthCheckId: id }).HealthCheck?.HealthCheckConfig;
    return (
      config && {
        inputs: {
          disabled: config.Disabled,
          invertHealthcheck: config.Inverted,
          failureThreshold: config.FailureThreshold,
          fqdn: config.FullyQualifiedDomainName,
          port: config.Port,
          resourcePath: config.ResourcePath,
          enableSni: config.EnableSNI,
        },
        outputs: { arn: `arn:aws:route53:::healthcheck/${id}` },
      }
    );
  },
  update: (aws, id, changed) => {
    const { after } = changed;
    if (Object.keys(after).some((name) => name !== "tags" && changed.has(name as keyof typeof after))) {
      const config = checkConfig(after);
      aws.call(route53, "UpdateHealthCheck", {
        HealthCheckId: id,
        AlarmIdentifier: config.AlarmIdentifier,
        ChildHealthChecks: config.ChildHealthChecks,
        Disabled: config.Disabled,
        EnableSNI: config.EnableSNI,
        FailureThreshold: config.FailureThreshold,
        FullyQualifiedDomainName: config.FullyQualifiedDomainName,
        HealthThreshold: config.HealthThreshold,
        InsufficientDataHealthStatus: config.InsufficientDataHealthStatus,
        Inverted: config.Inverted,
        IPAddress: config.IPAddress,
        Port: config.Port,
        Regions: config.Regions,
        ResourcePath: config.ResourcePath,
        SearchString: config.SearchString,
      });
    }
    updateTags(aws, "healthcheck", id, tagChange(changed as Change<{ readonly tags?: Tags | undefined }>));
  },
  delete: (aws, id) => {
    aws.call(route53, "DeleteHealthCheck", { HealthCheckId: id });
  },
});

function checkConfig(inputs: Inputs<HealthCheckArgs>): HealthCheckConfig {
  const config = {
    Type: inputs.type,
    AlarmIdentifier: inputs.cloudwatchAlarmName && {
      Name: inputs.cloudwatchAlarmName,
      Region: inputs.cloudwatchAlarmRegion,
    },
    ChildHealthChecks: inputs.childHealthchecks,
    HealthThreshold: inputs.type === "CALCULATED" ? inputs.childHealthThreshold : undefined,
    Disabled: inputs.disabled,
    EnableSNI: inputs.enableSni,
    FailureThreshold: inputs.failureThreshold,
    FullyQualifiedDomainName: inputs.fqdn,
    InsufficientDataHealthStatus: inputs.insufficientDataHealthStatus,
    Inverted: inputs.invertHealthcheck,
    IPAddress: inputs.ipAddress,
    // Kinds that ask nobody have no latency to measure.
    MeasureLatency: ["CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"].includes(inputs.type)
      ? undefined
      : inputs.measureLatency,
    Port: inputs.port,
    Regions: inputs.regions,
    RequestInterval: inputs.requestInterval,
    ResourcePath: inputs.resourcePath,
    RoutingControlArn: inputs.routingControlArn,
    SearchString: inputs.searchString,
  };
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as unknown as HealthCheckConfig;
}

function updateTags(
  aws: ResourceContext,
  ResourceType: "healthcheck" | "hostedzone",
  ResourceId: string,
  { set, remove }: { readonly set: Tags; readonly remove: readonly string[] },
): void {
  if (Object.keys(set).length === 0 && remove.length === 0) return;
  aws.call(route53, "ChangeTagsForResource", {
    ResourceType,
    ResourceId,
    AddTags: tagList(set),
    RemoveTagKeys: [...remove],
  });
}

function zoneIdOf(id: string): string {
  return id.replace(/^\/hostedzone\//, "");
}

function withoutDot(name: unknown): string {
  return asText(name).replace(/\.$/, "");
}

/** Zones, records and health checks. */
export const route53Types = [zone, record, healthCheck];
