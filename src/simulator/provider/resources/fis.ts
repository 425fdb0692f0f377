import type { ExperimentTemplateArgs, ExperimentTemplateState } from "@pulumi/aws/fis/experimentTemplate.js";

import { fis } from "../../services/fis/service.js";
import { defineResource, sameSet, type Inputs, type ResourceContext } from "../resource-type.js";
import { defined } from "./defined.js";
import { required, tagChange, tagMap } from "./tags.js";

type TemplateInputs = Inputs<ExperimentTemplateArgs>;

const experimentTemplate = defineResource<ExperimentTemplateArgs, ExperimentTemplateState>({
  token: "aws:fis/experimentTemplate:ExperimentTemplate",
  label: "FIS Experiment Template",
  replaceOn: [],
  computed: ["experimentOptions"],
  sameValue: { actions: sameSet, targets: sameSet, stopConditions: sameSet },
  create: (aws, inputs) => {
    const { experimentOptions: options } = inputs;
    const request = defined({
      clientToken: aws.token,
      ...templateRequest(inputs),
      experimentOptions:
        options &&
        defined({
          accountTargeting: options.accountTargeting as "single-account" | undefined,
          emptyTargetResolutionMode: options.emptyTargetResolutionMode as "fail" | undefined,
        }),
      tags: inputs.tags,
    });
    const { experimentTemplate: created } = aws.call(fis, "CreateExperimentTemplate", request);
    return required(created?.id, "experimentTemplate.id");
  },
  read: (aws, id) => {
    const found = templateOf(aws, id);
    return (
      found && {
        inputs: {
          description: found.description ?? "",
          roleArn: found.roleArn ?? "",
          tags: found.tags ?? {},
        },
        outputs: {},
      }
    );
  },
  update: (aws, id, change) => {
    const { after } = change;
    if (change.has("actions", "description", "experimentOptions", "roleArn", "stopConditions", "targets")) {
      aws.call(fis, "UpdateExperimentTemplate", { id, ...templateRequest(after) });
    }
    const { set, remove } = tagChange(change);
    const resourceArn = templateArn(aws, id);
    if (remove.length > 0) aws.call(fis, "UntagResource", { resourceArn, tagKeys: [...remove] });
    if (Object.keys(set).length > 0) aws.call(fis, "TagResource", { resourceArn, tags: set });
  },
  delete: (aws, id) => {
    aws.call(fis, "DeleteExperimentTemplate", { id });
  },
});

function templateOf(aws: ResourceContext, id: string) {
  return aws.call(fis, "GetExperimentTemplate", { id }).experimentTemplate;
}

function templateArn(aws: ResourceContext, id: string): string {
  return `arn:aws:fis:${aws.region}:${aws.accountId}:experiment-template/${id}`;
}

/** What creation and update take alike. FIS wants maps where Terraform has lists of named blocks. */
function templateRequest(inputs: TemplateInputs) {
  const actions = inputs.actions.map(
    ({ actionId, description, name, parameters, startAfters, target }) =>
      [
        name,
        defined({
          actionId,
          description,
          parameters: Object.fromEntries((parameters ?? []).map(({ key, value }) => [key, value])),
          startAfter: startAfters,
          targets: target && { [target.key]: target.value },
        }),
      ] as const,
  );
  const targets = (inputs.targets ?? []).map(
    ({ filters, name, parameters, resourceArns, resourceTags, resourceType, selectionMode }) =>
      [
        name,
        defined({
          resourceType,
          selectionMode,
          resourceArns,
          resourceTags: resourceTags && tagMap(resourceTags.map(({ key, value }) => ({ Key: key, Value: value }))),
          filters: filters?.map(({ path, values }) => ({ path, values })),
          parameters,
        }),
      ] as const,
  );
  return {
    description: inputs.description,
    roleArn: inputs.roleArn,
    stopConditions: inputs.stopConditions.map(({ source, value }) => defined({ source, value })),
    actions: Object.fromEntries(actions),
    targets: Object.fromEntries(targets),
  };
}

/** Experiment templates. */
export const fisTypes = [experimentTemplate];
