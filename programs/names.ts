import type { AppSpec } from "./app.js";

/**
 * Physical names, fixed by app and Region, so that a recovery step knows what to call without asking the Region that
 * is gone. Unique where AWS wants it: per account and Region, or for buckets by the owner's domain.
 */
export interface RegionNames {
  readonly loadBalancer: string;
  readonly targetGroup: string;
  readonly autoScalingGroup: string;
  readonly launchTemplate: string;
  /** RDS instance identifier: the same in each Region. */
  readonly database: string;
  readonly imagesBucket: string;
  /** Holds the markers that fence other Regions; see fenceMarkerKey. */
  readonly fenceBucket: string;
  readonly experimentRole: string;
}

export function regionNames(app: AppSpec, region: string): RegionNames {
  const bucketPrefix = app.domain.replaceAll(".", "-");
  return {
    loadBalancer: `${app.name}-web`,
    targetGroup: `${app.name}-web`,
    autoScalingGroup: `${app.name}-web`,
    launchTemplate: `${app.name}-web`,
    database: `${app.name}-db`,
    imagesBucket: `${bucketPrefix}-images-${region}`,
    fenceBucket: `${bucketPrefix}-fence-${region}`,
    experimentRole: `${app.name}-experiments-${region}`,
  };
}

/**
 * Key of the object whose presence, in another Region's fence bucket, makes `fencedRegion` unhealthy for Route 53: a
 * health check inverted on it. Putting an object is a data-plane call to a Region that works.
 */
export function fenceMarkerKey(fencedRegion: string): string {
  return `fence/${fencedRegion}`;
}

/** Tags of every resource of an app; experiments select their targets by them. */
export function appTags(app: AppSpec, region: string): Record<string, string> {
  return { app: app.name, strategy: app.strategy, region };
}
