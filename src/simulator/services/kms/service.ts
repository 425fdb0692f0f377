import { defineService } from "../../service.js";
import { keyHandlers } from "./keys.js";
import { settingHandlers } from "./settings.js";
import { tagHandlers } from "./tags.js";

/** AWS KMS: keys per Region, their aliases, policies, rotation and deletion. Nothing is encrypted. */
export const kms = defineService({
  id: "kms",
  signingName: "kms",
  loadClient: () => import("@aws-sdk/client-kms"),
  handlers: (world) => ({ ...keyHandlers(world), ...settingHandlers(world), ...tagHandlers(world) }),
});
