import { ServiceError } from "../../service.js";

/** 400: the request can't be right. */
export function validation(message: string): ServiceError {
  return new ServiceError("ValidationException", message, { status: 400 });
}

/** 404: no such template, experiment, action or tagged resource. */
export function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message, { status: 404 });
}

/** 409: the request contradicts an earlier one. */
export function conflict(message: string): ServiceError {
  return new ServiceError("ConflictException", message, { status: 409 });
}

/** 402, as the service really answers: a quota is used up. */
export function quotaExceeded(message: string): ServiceError {
  return new ServiceError("ServiceQuotaExceededException", message, { status: 402 });
}
