import { defineService } from "../../service.js";
import { bucketHandlers } from "./buckets.js";
import { bucketSettingHandlers } from "./bucket-settings.js";
import { inertSettingHandlers } from "./inert-settings.js";
import { listingHandlers } from "./listing.js";
import { multipartHandlers } from "./multipart.js";
import { objectHandlers } from "./objects.js";
import { replicationConfigurationHandlers } from "./replication-configuration.js";

export { httpGetObject, writeObject, type ObjectWriteResult } from "./data-plane.js";
export { replicationLag, unreplicatedObjects, type UnreplicatedObject } from "./replication.js";

/**
 * Amazon S3: buckets, versions, replication, anonymous reads by bucket policy. Bodies are bytes. Not modelled: ACLs,
 * lifecycle actions, event notifications, batch replication.
 */
export const s3 = defineService({
  id: "s3",
  signingName: "s3",
  loadClient: () => import("@aws-sdk/client-s3"),
  handlers: (world) => ({
    ...bucketHandlers(world),
    ...bucketSettingHandlers(world),
    ...inertSettingHandlers(world),
    ...replicationConfigurationHandlers(world),
    ...objectHandlers(world),
    ...listingHandlers(world),
    ...multipartHandlers(world),
  }),
});
