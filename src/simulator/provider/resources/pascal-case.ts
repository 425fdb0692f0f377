/** Names that are no plain change of case between Pulumi's properties and the members of AWS's shapes. */
const irregular: Readonly<Record<string, string>> = {
  id: "ID",
  kmsMasterKeyId: "KMSMasterKeyID",
  replicaKmsKeyId: "ReplicaKmsKeyID",
  sseAlgorithm: "SSEAlgorithm",
};

/** Turns nested settings into AWS's shape: `storageClass` becomes `StorageClass`, whatever the depth. */
export function pascalCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascalCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined && inner !== null)
      .map(([key, inner]) => [irregular[key] ?? `${key.charAt(0).toUpperCase()}${key.slice(1)}`, pascalCase(inner)]),
  );
}
