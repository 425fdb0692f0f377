import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import type { AppSpec } from "./app.js";
import { fenceMarkerKey, regionNames } from "./names.js";
import { healthPath } from "./web-tier.js";

/** Where a Region's users are sent. */
export interface Endpoint {
  readonly region: string;
  readonly dnsName: pulumi.Input<string>;
  /** The hosted zone of the load balancer's name. */
  readonly zoneId: pulumi.Input<string>;
}

/** What an app's name service is made of. */
export interface DnsArgs {
  readonly app: AppSpec;
  readonly home: Endpoint;
  readonly standby: Endpoint;
  readonly tags: Readonly<Record<string, string>>;
}

/** Seconds for which Route 53 lets clients keep the answer of an alias to a load balancer; it can't be set. */
export const aliasTtlSeconds = 60;

/**
 * The app's zone, with a failover pair at its apex that no recovery ever edits.
 *
 * The home Region answers while its load balancer does *and* no fence marker stands in the standby's bucket. So users
 * move away by themselves when the Region fails, and one object keeps them away when it comes back: health checks and
 * answers are Route 53's data plane, the object is S3's in the Region that works.
 */
export class Dns extends pulumi.ComponentResource {
  readonly zone: aws.route53.Zone;
  readonly homeHealthCheck: aws.route53.HealthCheck;

  constructor(name: string, args: DnsArgs, options?: pulumi.ComponentResourceOptions) {
    const { app, home, standby } = args;
    const { ttlSeconds } = app.traffic;
    if (ttlSeconds !== aliasTtlSeconds) {
      throw new Error(
        `traffic.ttlSeconds: must be ${aliasTtlSeconds} with route53-failover, not ${ttlSeconds}: ` +
          "Route 53 answers an alias to a load balancer with the load balancer's own time to live",
      );
    }
    if (home.region === standby.region) throw new Error(`standby.region: must be another Region than ${home.region}`);
    super("region-runbook:dns:Dns", name, {}, options);
    const child = { parent: this };
    const tags = { ...args.tags };
    const timing = {
      requestInterval: app.traffic.healthCheck.intervalSeconds,
      failureThreshold: app.traffic.healthCheck.failureThreshold,
    };

    this.zone = new aws.route53.Zone(
      name,
      { name: app.domain, comment: `${app.name}: users`, tags },
      // Another zone would have other name servers, and the domain's owner would have to delegate anew.
      { ...child, protect: true },
    );
    const answers = new aws.route53.HealthCheck(
      `${name}-home-answers`,
      {
        type: "HTTP",
        fqdn: home.dnsName,
        port: 80,
        resourcePath: healthPath,
        ...timing,
        tags: { ...tags, Name: `${app.name}-home-answers` },
      },
      child,
    );
    const notFenced = new aws.route53.HealthCheck(
      `${name}-home-not-fenced`,
      {
        type: "HTTP",
        fqdn: `${regionNames(app, standby.region).fenceBucket}.s3.${standby.region}.amazonaws.com`,
        port: 80,
        resourcePath: `/${fenceMarkerKey(home.region)}`,
        // Healthy while the marker can't be read: also when the standby's Region is gone.
        invertHealthcheck: true,
        ...timing,
        tags: { ...tags, Name: `${app.name}-home-not-fenced` },
      },
      child,
    );
    this.homeHealthCheck = new aws.route53.HealthCheck(
      `${name}-home`,
      {
        type: "CALCULATED",
        childHealthchecks: [answers.id, notFenced.id],
        childHealthThreshold: 2,
        tags: { ...tags, Name: `${app.name}-home` },
      },
      child,
    );

    const record = (type: "PRIMARY" | "SECONDARY", endpoint: Endpoint, healthCheckId?: pulumi.Input<string>): void => {
      new aws.route53.Record(
        `${name}-${type.toLowerCase()}`,
        {
          zoneId: this.zone.zoneId,
          name: app.domain,
          type: "A",
          setIdentifier: endpoint.region,
          failoverRoutingPolicies: [{ type }],
          ...(healthCheckId === undefined ? {} : { healthCheckId }),
          // The health check decides alone: with the target's health as well, a standby without instances would count
          // as ill, and Route 53 would send users back to the Region that is gone.
          aliases: [{ name: endpoint.dnsName, zoneId: endpoint.zoneId, evaluateTargetHealth: false }],
        },
        child,
      );
    };
    record("PRIMARY", home, this.homeHealthCheck.id);
    record("SECONDARY", standby);
    this.registerOutputs({ zoneId: this.zone.zoneId });
  }
}
