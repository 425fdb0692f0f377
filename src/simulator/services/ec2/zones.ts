/** Availability Zones that accounts see, where they are not plainly a, b and c. */
const zoneLetters: Readonly<Record<string, string>> = {
  "us-east-1": "abcdef",
  "us-west-1": "ac",
  "us-west-2": "abcd",
  "ap-northeast-1": "acd",
  "ap-northeast-2": "abcd",
  "ca-central-1": "abd",
};

/** Names of the Region's Availability Zones, in order: "us-east-1a", … */
export function availabilityZones(region: string): readonly string[] {
  return Array.from(zoneLetters[region] ?? "abc", (letter) => `${region}${letter}`);
}

/** The zone's id, such as "apne2-az1" for ap-northeast-2a; in this account the letters follow the ids. */
export function zoneId(zone: string): string {
  const region = zone.slice(0, -1);
  const [area = "", direction = "", number = ""] = region.split("-");
  const initials = direction.replace(
    /^(north|south)(east|west)?$/,
    (_all, first: string, second?: string) => `${first[0] ?? ""}${second?.[0] ?? ""}`,
  );
  const short = initials === direction ? (direction[0] ?? "") : initials;
  return `${area}${short}${number}-az${availabilityZones(region).indexOf(zone) + 1}`;
}
