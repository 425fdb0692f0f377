import { TargetUnavailableError } from "../errors.js";
import { AwsCallError } from "./aws-error.js";
import { defineAwsService, type AwsScope } from "./aws-service.js";

const sts = defineAwsService(
  "sts",
  () => import("@aws-sdk/client-sts"),
  (sdk, settings) => new sdk.STSClient(settings),
);

/** Answers the account that the credentials belong to. @throws AwsCallError */
export async function getAccount(scope: AwsScope): Promise<string> {
  const { Account } = await sts.call(scope, (client, sdk, options) =>
    client.send(new sdk.GetCallerIdentityCommand({}), options),
  );
  if (Account === undefined)
    throw new AwsCallError("unavailable", "sts", scope.region, "NoAccount", "no account in the answer");
  return Account;
}

/**
 * Checks that a target answers to the credentials at hand, before anything else is done.
 *
 * @returns the account
 * @throws TargetUnavailableError in one line: what does not answer, or what is wrong with the credentials
 */
export async function checkTarget(scope: AwsScope): Promise<string> {
  try {
    return await getAccount(scope);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    throw new TargetUnavailableError(unavailable(scope, error));
  }
}

function unavailable({ target, region }: AwsScope, error: AwsCallError): string {
  const where = `target ${target.name} in ${region}`;
  switch (error.kind) {
    case "expired-credentials":
      return `${where}: the AWS credentials are absent, expired or unknown (${error.code}): sign in again`;
    case "access-denied":
      return `${where}: the AWS credentials may not ask who they are (${error.code})`;
    case "unreachable":
      return `${where}: no answer (${error.code}): check the network, or the simulator's address`;
    case "throttled":
    case "unavailable":
    case "conflict":
    case "not-found":
    case "invalid":
      return `${where}: ${error.message}`;
    default:
      return error.kind satisfies never;
  }
}
