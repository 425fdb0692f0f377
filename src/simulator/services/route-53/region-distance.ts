/**
 * Where the Regions are, for latency records: Route 53 answers with the Region of the lowest measured latency, and
 * distance stands in for it. Degrees north and east of the cities that AWS names.
 */
const places: Readonly<Record<string, readonly [latitude: number, longitude: number]>> = {
  "af-south-1": [-33.9, 18.4],
  "ap-east-1": [22.3, 114.2],
  "ap-northeast-1": [35.7, 139.7],
  "ap-northeast-2": [37.6, 127.0],
  "ap-northeast-3": [34.7, 135.5],
  "ap-south-1": [19.1, 72.9],
  "ap-southeast-1": [1.4, 103.8],
  "ap-southeast-2": [-33.9, 151.2],
  "ca-central-1": [45.5, -73.6],
  "eu-central-1": [50.1, 8.7],
  "eu-north-1": [59.3, 18.1],
  "eu-west-1": [53.3, -6.3],
  "eu-west-2": [51.5, -0.1],
  "eu-west-3": [48.9, 2.4],
  "me-south-1": [26.1, 50.6],
  "sa-east-1": [-23.5, -46.6],
  "us-east-1": [38.9, -77.4],
  "us-east-2": [40.0, -83.0],
  "us-west-1": [37.4, -122.0],
  "us-west-2": [45.8, -119.7],
};

/** Great-circle distance of two Regions in radians; a Region that is not known is farther than any. */
export function regionDistance(a: string, b: string): number {
  if (a === b) return 0;
  const [from, to] = [places[a], places[b]];
  if (!from || !to) return Infinity;
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (degrees: number): number => Math.sin(radians(degrees) / 2) ** 2;
  const [latitude, longitude] = [to[0] - from[0], to[1] - from[1]];
  const h = half(latitude) + Math.cos(radians(from[0])) * Math.cos(radians(to[0])) * half(longitude);
  return 2 * Math.asin(Math.sqrt(h));
}
