import * as grpc from "@grpc/grpc-js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";

import { RegionUnreachableError, ServiceError } from "../service.js";
import { marshal, type Properties } from "./properties.js";
import { Any } from "./protobuf.js";

/** A call to AWS failed, in the words of the Go SDK that the real provider uses. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";

  constructor(
    /** The error code that the service answered, or "unreachable". */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A resource exists, but what follows its creation failed: the engine records it with its id. */
export class InitialisationError extends Error {
  override readonly name = "InitialisationError";

  constructor(
    readonly id: string,
    readonly properties: Properties,
    readonly reason: string,
  ) {
    super(reason);
  }
}

/** Describes what a service threw as the provider would print it. */
export function awsCallError(error: unknown, service: string, operation: string): unknown {
  if (error instanceof ServiceError) {
    return new AwsCallError(
      error.code,
      `operation error ${service}: ${operation}, https response error StatusCode: ${error.status}, api error ${error.code}: ${error.message}`,
    );
  }
  if (error instanceof RegionUnreachableError) {
    return new AwsCallError(
      "unreachable",
      `operation error ${service}: ${operation}, https response error StatusCode: 0, request send failed: no answer from the endpoint of ${error.region}`,
    );
  }
  return error;
}

/** Whether an error says that the thing called for is not there, as the services word it. */
export function isNotFound(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  return /NotFound|NoSuch/.test(error.code) || (error.code === "ValidationError" && /not found/i.test(error.message));
}

/** Turns any error into one that gRPC sends, with the id of a resource that was half made. */
export function grpcError(error: unknown): Partial<grpc.ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InitialisationError)) return { code: grpc.status.UNKNOWN, details: message, message };

  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(marshal(error.properties));
  detail.setReasonsList([error.reason]);
  const packed = new Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusMessages.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: message, message, metadata };
}
