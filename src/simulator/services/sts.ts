import { defineService } from "../service.js";

/** AWS STS: who am I. Every credential belongs to the simulated account. */
export const sts = defineService({
  id: "sts",
  signingName: "sts",
  loadClient: () => import("@aws-sdk/client-sts"),
  handlers: () => ({
    GetCallerIdentity: (_input, { accountId }) => ({
      Account: accountId,
      Arn: `arn:aws:iam::${accountId}:user/operator`,
      UserId: "AIDASIMULATEDOPERATOR",
    }),
  }),
});
