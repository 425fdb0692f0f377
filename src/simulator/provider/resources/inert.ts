import type { AnyResourceType } from "../resource-type.js";
import { stableHex } from "../urn.js";

/**
 * A resource type that is not modelled: it exists in name only, does nothing, and shows what was declared. Its ARN is
 * a guess in AWS's usual form, for policies and tags that mention it.
 */
export function inertResourceType(token: string): AnyResourceType {
  const [, module = "", kind = ""] = token.split(":");
  const service = module.split("/")[0] ?? module;
  return {
    token,
    label: token,
    replaceOn: [],
    tagged: false,
    create: (aws) => `${aws.name}-${stableHex(7, "id", aws.urn)}`,
    read: (aws, id, known) => ({
      outputs: {
        arn: `arn:aws:${service}:${aws.region}:${aws.accountId}:${kind.toLowerCase()}/${id}`,
        ...("tags" in known ? { tagsAll: known["tags"] ?? {} } : {}),
      },
    }),
    update: () => {},
    delete: () => {},
  };
}
