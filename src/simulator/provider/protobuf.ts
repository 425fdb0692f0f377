import { createRequire } from "node:module";

import type anyMessages from "google-protobuf/google/protobuf/any_pb.js";
import type emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import type structMessages from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * The protobuf types that Pulumi's own messages are made of, from the very copy of google-protobuf that Pulumi loads.
 * These files register themselves globally: a second copy, of whatever version, breaks the first one.
 */
const requireLikePulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));

const struct = requireLikePulumi("google-protobuf/google/protobuf/struct_pb.js") as typeof structMessages;
const empty = requireLikePulumi("google-protobuf/google/protobuf/empty_pb.js") as typeof emptyMessages;
const any = requireLikePulumi("google-protobuf/google/protobuf/any_pb.js") as typeof anyMessages;

export const { Struct } = struct;
export type Struct = structMessages.Struct;
export type JavaScriptValue = structMessages.JavaScriptValue;

export const { Empty } = empty;
export type Empty = emptyMessages.Empty;

export const { Any } = any;
