import type { AppSpec } from "../../programs/app.js";
import { regionNames } from "../../programs/names.js";

/** What a month's bill depends on besides the resources themselves. A month has `hoursPerMonth` hours. */
export interface Usage {
  /** The Region where users add data. */
  readonly activeRegion: string;
  /** GB that each bucket holds, by bucket name; 0 for others. */
  readonly bucketGb: Readonly<Record<string, number>>;
  /** Objects that users add in a month, and their GB; replication copies them. */
  readonly newObjects: number;
  readonly newObjectsGb: number;
  /** GB that a database replica receives in a month. */
  readonly replicatedGb: number;
  /** Load balancer capacity units in use, on average. */
  readonly loadBalancerUnits: number;
  /** GB that pass a NAT gateway in a month. */
  readonly natGb: number;
}

/** Hours in a month, as AWS's own calculator counts. */
export const hoursPerMonth = 730;

const secondsPerMonth = hoursPerMonth * 3600;
const bytesPerGb = 1e9;

/** Bytes of binary log for an order: row, indexes, transaction. Estimate. */
const bytesPerOrder = 2_000;
/** Share of orders with which somebody uploads an image. Estimate. */
const imagesPerOrder = 0.01;
/** Estimate. */
const bytesPerImage = 300_000;
/** Months for which images are kept. Estimate. */
const imageMonths = 12;

/**
 * What a Region that waits uses: replication, and nothing that users would cause. From the app's order rate and the
 * estimates above.
 */
export function standbyUsage(app: AppSpec): Usage {
  const orders = app.traffic.ordersPerSecond * secondsPerMonth;
  const newObjects = orders * imagesPerOrder;
  const newObjectsGb = (newObjects * bytesPerImage) / bytesPerGb;
  const { primary, standby } = app.regions;
  const imagesGb = newObjectsGb * imageMonths;
  return {
    activeRegion: primary,
    bucketGb: Object.fromEntries([primary, standby].map((region) => [regionNames(app, region).imagesBucket, imagesGb])),
    newObjects,
    newObjectsGb,
    replicatedGb: (orders * bytesPerOrder) / bytesPerGb,
    loadBalancerUnits: 0,
    natGb: 0,
  };
}
