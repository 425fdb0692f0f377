import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ListenerArgs, ListenerState } from "@pulumi/aws/lb/listener.js";

import { elasticLoadBalancingV2 as elb } from "../../services/elastic-load-balancing-v2/service.js";
import { defineResource, type Inputs } from "../resource-type.js";
import { tagsOf, tagsOrNone, updateTags } from "./lb-shared.js";
import { required } from "./tags.js";

const listener = defineResource<ListenerArgs, ListenerState>({
  token: "aws:lb/listener:Listener",
  label: "ELBv2 Listener",
  replaceOn: ["loadBalancerArn"],
  computed: [
    "mutualAuthentication",
    "protocol",
    "sslPolicy",
    "tcpIdleTimeoutSeconds",
    "routingHttpResponseServerEnabled",
  ],
  timeouts: { create: 300, update: 300 },
  validate: ({ defaultActions }) =>
    defaultActions?.length === 0 ? [{ property: "defaultActions", reason: "at least 1 action is required" }] : [],
  create: (aws, inputs) => {
    const { Listeners } = aws.call(elb, "CreateListener", {
      LoadBalancerArn: inputs.loadBalancerArn,
      ...listenerRequest(inputs),
      Tags: tagsOrNone(inputs.tags),
    });
    return required(Listeners?.[0]?.ListenerArn, "ListenerArn");
  },
  read: (aws, arn) => {
    const found = aws.call(elb, "DescribeListeners", { ListenerArns: [arn] }).Listeners?.[0];
    return (
      found && {
        inputs: {
          loadBalancerArn: required(found.LoadBalancerArn, "LoadBalancerArn"),
          port: found.Port,
          protocol: found.Protocol,
          sslPolicy: found.SslPolicy,
          tags: tagsOf(aws, arn),
        },
        outputs: { arn },
      }
    );
  },
  update: (aws, arn, change) => {
    if (change.has("port", "protocol", "sslPolicy", "certificateArn", "defaultActions")) {
      aws.call(elb, "ModifyListener", { ListenerArn: arn, ...listenerRequest(change.after) });
    }
    updateTags(aws, arn, change);
  },
  delete: (aws, arn) => {
    aws.call(elb, "DeleteListener", { ListenerArn: arn });
  },
});

function listenerRequest(inputs: Inputs<ListenerArgs>) {
  return {
    Port: inputs.port,
    Protocol: inputs.protocol as "HTTP" | undefined,
    SslPolicy: inputs.sslPolicy,
    Certificates: inputs.certificateArn ? [{ CertificateArn: inputs.certificateArn }] : undefined,
    DefaultActions: inputs.defaultActions.map(actionOf),
  };
}

function actionOf(action: Inputs<ListenerArgs>["defaultActions"][number], index: number): Action {
  const { fixedResponse, forward, redirect } = action;
  const request = {
    Type: action.type,
    Order: action.order ?? index + 1,
    TargetGroupArn: action.targetGroupArn,
    FixedResponseConfig: fixedResponse && {
      ContentType: fixedResponse.contentType,
      MessageBody: fixedResponse.messageBody,
      StatusCode: fixedResponse.statusCode,
    },
    ForwardConfig: forward && {
      TargetGroups: forward.targetGroups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
    },
    RedirectConfig: redirect && {
      Host: redirect.host,
      Path: redirect.path,
      Port: redirect.port,
      Protocol: redirect.protocol,
      Query: redirect.query,
      StatusCode: redirect.statusCode,
    },
  };
  return request as Action;
}

/** Listeners. */
export const listenerTypes = [listener];
