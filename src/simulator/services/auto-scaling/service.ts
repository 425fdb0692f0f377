import { defineService } from "../../service.js";
import { groupHandlers } from "./groups.js";
import { memberHandlers } from "./members.js";
import { settingHandlers } from "./settings.js";

/** EC2 Auto Scaling: groups that keep a desired number of healthy instances. */
export const autoScaling = defineService({
  id: "auto-scaling",
  signingName: "autoscaling",
  loadClient: () => import("@aws-sdk/client-auto-scaling"),
  handlers: (world) => ({ ...groupHandlers(world), ...memberHandlers(world), ...settingHandlers(world) }),
});
