import * as pulumi from "@pulumi/pulumi";

import { regionRole, type ActivationRecord } from "./activation.js";
import { activationProgram, resolveActivation } from "./activation-stack.js";
import { Alarms } from "./alarms.js";
import type { AppSpec } from "./app.js";
import { Database } from "./database.js";
import { Dns, type Endpoint } from "./dns.js";
import { ExperimentRole } from "./experiments.js";
import { appTags, regionNames } from "./names.js";
import { Network } from "./network.js";
import { Objects } from "./objects.js";
import { ObjectReplication } from "./replication.js";
import type { ProgramArgs } from "./strategy.js";
import { WebTier } from "./web-tier.js";

/** Declares the resources of one stack of a pilot light. */
export async function program(args: ProgramArgs): Promise<Record<string, unknown>> {
  const { app, stack } = args;
  switch (stack.kind) {
    case "activation":
      return activationProgram(args);
    case "region":
      return regionProgram(app, stack.region, await resolveActivation(args));
    case "replication":
      return replicationProgram(app, stack.region);
    case "global":
      return globalProgram(app, stack.region);
  }
}

/** A Region: everything that runs, waits or is stored there. */
function regionProgram(app: AppSpec, region: string, activation: ActivationRecord): Record<string, unknown> {
  const role = regionRole(activation, region);
  const tags = appTags(app, region);
  const network = new Network(app.name, {
    region,
    cidrBlock: region === app.regions.primary ? "10.0.0.0/16" : "10.1.0.0/16",
    tags,
  });
  const web = new WebTier(`${app.name}-web`, { app, region, network, serves: role !== "standby", tags });
  const database = new Database(`${app.name}-db`, {
    app,
    region,
    activation,
    network,
    clientsSecurityGroupId: web.instancesSecurityGroupId,
    tags,
  });
  const objects = new Objects(app.name, { app, region, tags });
  const experiments = new ExperimentRole(`${app.name}-experiments`, { app, region, tags });
  const alarms = new Alarms(app.name, { app, region, web, tags });
  return {
    region,
    role,
    albArn: web.loadBalancer.arn,
    albDnsName: web.loadBalancer.dnsName,
    albZoneId: web.loadBalancer.zoneId,
    targetGroupArn: web.targetGroup.arn,
    autoScalingGroup: web.group.name,
    databaseIdentifier: regionNames(app, region).database,
    databaseArn: database.instance.arn,
    imagesBucket: objects.images.bucket,
    fenceBucket: objects.fence.bucket,
    experimentRoleArn: experiments.arn,
    replicaLagAlarmArn: alarms.replicaLagArn,
    unhealthyHostsAlarmArn: alarms.unhealthyHostsArn,
    serverErrorsAlarmArn: alarms.serverErrorsArn,
  };
}

/** What binds the buckets of both Regions together. */
function replicationProgram(app: AppSpec, region: string): Record<string, unknown> {
  const { primary, standby } = app.regions;
  new ObjectReplication(`${app.name}-images`, { app, regions: [primary, standby], tags: appTags(app, region) });
  return {};
}

/** How users find the Region that serves them. Depends on no role: a recovery changes nothing here. */
function globalProgram(app: AppSpec, region: string): Record<string, unknown> {
  const dns = new Dns(app.name, {
    app,
    home: endpointOf(app, app.regions.primary),
    standby: endpointOf(app, app.regions.standby),
    tags: appTags(app, region),
  });
  return {
    zoneId: dns.zone.zoneId,
    nameServers: dns.zone.nameServers,
    homeHealthCheckId: dns.homeHealthCheck.id,
  };
}

/** The load balancer of a Region, from its stack's outputs: the Region itself is not asked. */
function endpointOf(app: AppSpec, region: string): Endpoint {
  const stack = `${app.name}-${region}`;
  const reference = new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`);
  const required = (output: string): pulumi.Output<string> =>
    reference.getOutput(output).apply((value: unknown) => {
      if (typeof value === "string") return value;
      // A preview of an app that is not deployed yet shows its records all the same.
      if (pulumi.runtime.isDryRun()) return `${output}.${stack}.not-deployed.invalid`;
      throw new Error(`stack ${stack} has no output ${output}: deploy it first`);
    });
  return { region, dnsName: required("albDnsName"), zoneId: required("albZoneId") };
}
