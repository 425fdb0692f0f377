import { defineService } from "../../service.js";
import { catalogueHandlers } from "./catalogue-handlers.js";
import { experimentHandlers } from "./experiment-handlers.js";
import { templateHandlers } from "./template-handlers.js";

/** AWS FIS: experiment templates and experiments that really act on this world's instances and databases. */
export const fis = defineService({
  id: "fis",
  signingName: "fis",
  loadClient: () => import("@aws-sdk/client-fis"),
  handlers: (world) => ({
    ...templateHandlers(world),
    ...experimentHandlers(world),
    ...catalogueHandlers(world),
  }),
});
