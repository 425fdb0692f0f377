import { z } from "zod";

/**
 * What an app is, for every strategy: its Regions, objectives, data, capacity and traffic. Programs turn it into
 * resources; the engine reads its objectives. This file imports no Pulumi, so that it loads at once.
 */

const regionName = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS Region such as us-east-1");

/** Where a class of data lives, and what may be lost of it. */
const dataClass = z.strictObject({
  name: z.string().min(1),
  /** The store that holds it: rows of the database, or objects in the bucket. */
  store: z.enum(["database", "objects"]),
  /** Seconds of acknowledged writes that a disaster may cost, at most. */
  rpoSeconds: z.number().nonnegative("must be 0 or more seconds"),
  /** What it is, for people. */
  description: z.string().optional(),
});

export const appSpecSchema = z
  .strictObject({
    /** Prefix of every resource and stack name. */
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,18}[a-z0-9]$/, "must be 3 to 20 of a-z, 0-9 and -, starting with a letter"),
    strategy: z.enum(["pilot-light"]),
    regions: z.strictObject({ primary: regionName, standby: regionName }),
    /** The name that users ask for; the app's hosted zone has the same name. */
    domain: z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, "must be a domain name such as shop.example.com"),
    objectives: z.strictObject({
      /** Seconds from the fault until users are served again, at most. */
      rtoSeconds: z.number().positive("must be more than 0 seconds"),
      /** Seconds of acknowledged writes that may be lost, at most; each data class may set less. */
      rpoSeconds: z.number().nonnegative("must be 0 or more seconds"),
    }),
    dataClasses: z.array(dataClass).min(1),
    /** Instances of the web tier in the Region that serves. */
    capacity: z.strictObject({
      instanceType: z.string().min(1),
      desired: z.int().positive(),
      max: z.int().positive(),
    }),
    database: z.strictObject({
      engine: z.enum(["mysql", "postgres"]),
      engineVersion: z.string().min(1),
      instanceClass: z.string().startsWith("db."),
      allocatedStorageGb: z.int().min(20),
      backupRetentionDays: z.int().min(1, "must be 1 or more: a replica without backups can't be promoted").max(35),
    }),
    traffic: z.strictObject({
      mechanism: z.enum(["route53-failover"]),
      /** Seconds that clients may keep an answer. AWS advises at most 60 for health-checked records. */
      ttlSeconds: z.int().min(1).max(300),
      healthCheck: z.strictObject({
        intervalSeconds: z.union([z.literal(10), z.literal(30)], { error: "must be 10 or 30" }),
        failureThreshold: z.int().min(1).max(10),
      }),
      /** Orders a second in ordinary times: what drills simulate and what costs are computed with. */
      ordersPerSecond: z.number().positive(),
    }),
    /** What must hold for users, measured from outside. */
    steadyState: z.strictObject({
      /** Share of requests that succeed within the window, 0 to 1. */
      successRate: z.number().min(0).max(1),
      windowSeconds: z.number().positive(),
    }),
  })
  .refine(({ regions }) => regions.primary !== regions.standby, {
    path: ["regions", "standby"],
    error: "must be another Region than the primary",
  })
  .refine(({ capacity }) => capacity.max >= capacity.desired, {
    path: ["capacity", "max"],
    error: "must be at least capacity.desired",
  });

/** An app as a caller describes it. */
export type AppSpec = z.infer<typeof appSpecSchema>;

/** A description of an app that can't be used; `field` is the path of the first wrong property. */
export class AppSpecError extends Error {
  override readonly name = "AppSpecError";

  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field}: ${problem}`);
  }
}

/**
 * Checks a description of an app.
 *
 * @throws AppSpecError naming the first field that is wrong and what is allowed in it
 */
export function parseAppSpec(value: unknown): AppSpec {
  const parsed = appSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknownKeys = issue?.code === "unrecognized_keys" ? issue.keys : [];
  const path = [...(issue?.path ?? []), ...unknownKeys.slice(0, 1)].join(".") || "app";
  throw new AppSpecError(
    path,
    unknownKeys.length > 0 ? "is not a property of an app" : (issue?.message ?? "is invalid"),
  );
}
