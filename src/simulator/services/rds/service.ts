import { defineService } from "../../service.js";
import { createHandlers } from "./create.js";
import { deleteHandlers } from "./delete.js";
import { describeHandlers } from "./describe.js";
import { modifyHandlers } from "./modify.js";
import { parameterGroupHandlers } from "./parameter-groups.js";
import { replicaHandlers } from "./read-replica.js";
import { restartHandlers } from "./restart.js";
import { subnetGroupHandlers } from "./subnet-groups.js";
import { tagHandlers } from "./tags.js";

export { isReadable, isWritable, replicaLagSeconds, rows, writeRow, type WriteResult } from "./replication.js";

/**
 * Amazon RDS for MySQL, MariaDB and PostgreSQL: instances, read replicas, Multi-AZ. Not modelled: Aurora, restores,
 * renaming, option groups, the daily backup (so an instance is `backing-up` only after backups were enabled).
 */
export const rds = defineService({
  id: "rds",
  signingName: "rds",
  loadClient: () => import("@aws-sdk/client-rds"),
  handlers: (world) => ({
    ...createHandlers(world),
    ...replicaHandlers(world),
    ...describeHandlers(world),
    ...modifyHandlers(world),
    ...restartHandlers(world),
    ...deleteHandlers(world),
    ...subnetGroupHandlers(world),
    ...parameterGroupHandlers(world),
    ...tagHandlers(world),
  }),
});
