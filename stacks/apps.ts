import { parseAppSpec, type AppSpec } from "../programs/app.js";
import { strategies } from "../programs/strategies.js";
import type { StackSpec } from "../programs/strategy.js";

/** A food shop with customers in Korea: orders must survive a disaster, images and reviews may lag behind. */
const foodShop = parseAppSpec({
  name: "food-shop",
  strategy: "pilot-light",
  regions: { primary: "ap-northeast-2", standby: "us-east-1" },
  domain: "shop.example.com",
  objectives: { rtoSeconds: 900, rpoSeconds: 5 },
  dataClasses: [
    { name: "orders", store: "database", rpoSeconds: 5, description: "Paid for: none may be lost once acknowledged" },
    { name: "reviews", store: "database", rpoSeconds: 60, description: "Customers can write them again" },
    { name: "images", store: "objects", rpoSeconds: 900, description: "Restaurants keep their originals" },
  ],
  capacity: { instanceType: "t3.medium", desired: 4, max: 8 },
  database: {
    engine: "mysql",
    engineVersion: "8.0",
    instanceClass: "db.t3.medium",
    allocatedStorageGb: 100,
    backupRetentionDays: 7,
  },
  traffic: {
    mechanism: "route53-failover",
    ttlSeconds: 60,
    healthCheck: { intervalSeconds: 10, failureThreshold: 3 },
    ordersPerSecond: 5,
  },
  steadyState: { successRate: 0.9, windowSeconds: 60 },
});

/** The example apps, by name. */
export const apps: Readonly<Record<string, AppSpec>> = { [foodShop.name]: foodShop };

/** A stack, and the app that it belongs to. */
export interface AppStack {
  readonly app: AppSpec;
  readonly stack: StackSpec;
}

/** Every stack of every example app, each app's in the order in which they are deployed. */
export function listStacks(): readonly AppStack[] {
  return Object.values(apps).flatMap((app) => strategies[app.strategy].stacks(app).map((stack) => ({ app, stack })));
}

/**
 * Finds the example stack of a name.
 *
 * @throws Error naming the stacks that exist
 */
export function findStack(stackName: string): AppStack {
  const stacks = listStacks();
  const found = stacks.find(({ stack }) => stack.name === stackName);
  if (found) return found;
  throw new Error(`stack: must be one of ${stacks.map(({ stack }) => stack.name).join(", ")}, not ${stackName}`);
}
