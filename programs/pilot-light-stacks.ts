import type { AppSpec } from "./app.js";
import type { StackSpec, Strategy } from "./strategy.js";

/**
 * Pilot light: the data lives in both Regions, the standby's load balancer stands, its instances don't run. A recovery
 * touches one stack, the standby Region's; names are fixed by Region, so nothing is read from the Region that is gone.
 */
export const pilotLight: Strategy = {
  name: "pilot-light",
  module: new URL("./pilot-light.js", import.meta.url).href,
  stacks: (app: AppSpec): readonly StackSpec[] => {
    const { primary, standby } = app.regions;
    const activation = `${app.name}-activation`;
    const regionStack = (region: string): string => `${app.name}-${region}`;
    return [
      { name: activation, kind: "activation", region: standby, after: [] },
      { name: regionStack(primary), kind: "region", region: primary, after: [activation] },
      { name: regionStack(standby), kind: "region", region: standby, after: [activation, regionStack(primary)] },
      {
        name: `${app.name}-replication`,
        kind: "replication",
        region: standby,
        after: [regionStack(primary), regionStack(standby)],
      },
      {
        name: `${app.name}-global`,
        kind: "global",
        region: standby,
        after: [regionStack(primary), regionStack(standby)],
      },
    ];
  },
};
