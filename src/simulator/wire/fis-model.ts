import type { ErrorTuple, OperationTuple, SchemaRef } from "./model.js";

/**
 * AWS FIS as its service model (2020-12-01) has it, for the wire. Client 3.523.0 is generated code without schemas,
 * and drops newer members such as `experimentOptions`; what newer clients and botocore send is accepted all the same.
 * Members of the body are documents: the service checks what is in them.
 */

const NAMESPACE = "com.amazonaws.fis";
const STRING = 0;
const NUMBER = 1;
const DOCUMENT = 15;

type Member = readonly [name: string, schema: SchemaRef];

const label = (name: string): Member => [name, [STRING, { httpLabel: 1 }] as unknown as SchemaRef];
const query = (name: string, type: number = STRING): Member => [
  name,
  [type, { httpQuery: name }] as unknown as SchemaRef,
];
const strings = (name: string): Member => [name, [64 | STRING, { httpQuery: name }] as unknown as SchemaRef];
const text = (name: string): Member => [name, STRING];
const document = (name: string): Member => [name, DOCUMENT];

const page = [query("maxResults", NUMBER), query("nextToken")];

function struct(name: string, members: readonly Member[], required: number): SchemaRef {
  return [
    3,
    NAMESPACE,
    name,
    0,
    members.map(([member]) => member),
    members.map(([, schema]) => schema),
    required,
  ] as never;
}

/** Members that a path names come first and are required; so is what `required` adds to them. */
function operation(
  name: string,
  method: string,
  uri: string,
  input: readonly Member[],
  output: readonly Member[],
  required = 0,
): OperationTuple {
  const labels = [...uri.matchAll(/\{(\w+)\}/g)].map((match) => label(match[1] as string));
  return [
    9,
    NAMESPACE,
    name,
    { http: [method, uri, 200] },
    struct(`${name}Request`, [...labels, ...input], labels.length + required),
    struct(`${name}Response`, output, 0),
  ];
}

const template = [document("experimentTemplate")];
const experiment = [document("experiment")];
const account = [document("targetAccountConfiguration")];
const accounts = [document("targetAccountConfigurations"), text("nextToken")];
const TEMPLATE = "/experimentTemplates/{id}";
const TEMPLATE_ACCOUNTS = "/experimentTemplates/{experimentTemplateId}/targetAccountConfigurations";
const TEMPLATE_ACCOUNT = `${TEMPLATE_ACCOUNTS}/{accountId}`;
const EXPERIMENT_ACCOUNTS = "/experiments/{experimentId}/targetAccountConfigurations";

const templateBody = [
  text("description"),
  document("stopConditions"),
  document("actions"),
  text("roleArn"),
  text("clientToken"),
  document("targets"),
  document("tags"),
  document("logConfiguration"),
  document("experimentOptions"),
  document("experimentReportConfiguration"),
];

const accountBody = [text("roleArn"), text("description"), text("clientToken")];

const startBody = [text("experimentTemplateId"), text("clientToken"), document("experimentOptions"), document("tags")];

/** Every operation of the service, also those that the simulated service does not model. */
export const fisOperations: readonly OperationTuple[] = [
  operation("CreateExperimentTemplate", "POST", "/experimentTemplates", templateBody, template, 4),
  operation("GetExperimentTemplate", "GET", TEMPLATE, [], template),
  operation("UpdateExperimentTemplate", "PATCH", TEMPLATE, templateBody, template),
  operation("DeleteExperimentTemplate", "DELETE", TEMPLATE, [], template),
  operation("ListExperimentTemplates", "GET", "/experimentTemplates", page, [
    document("experimentTemplates"),
    text("nextToken"),
  ]),
  operation("CreateTargetAccountConfiguration", "POST", TEMPLATE_ACCOUNT, accountBody, account, 1),
  operation("GetTargetAccountConfiguration", "GET", TEMPLATE_ACCOUNT, [], account),
  operation("UpdateTargetAccountConfiguration", "PATCH", TEMPLATE_ACCOUNT, accountBody, account),
  operation("DeleteTargetAccountConfiguration", "DELETE", TEMPLATE_ACCOUNT, [], account),
  operation("ListTargetAccountConfigurations", "GET", TEMPLATE_ACCOUNTS, page, accounts),
  operation("StartExperiment", "POST", "/experiments", startBody, experiment, 1),
  operation("GetExperiment", "GET", "/experiments/{id}", [], experiment),
  operation("StopExperiment", "DELETE", "/experiments/{id}", [], experiment),
  operation(
    "ListExperiments",
    "GET",
    "/experiments",
    [...page, query("experimentTemplateId")],
    [document("experiments"), text("nextToken")],
  ),
  operation(
    "ListExperimentResolvedTargets",
    "GET",
    "/experiments/{experimentId}/resolvedTargets",
    [...page, query("targetName")],
    [document("resolvedTargets"), text("nextToken")],
  ),
  operation("ListExperimentTargetAccountConfigurations", "GET", EXPERIMENT_ACCOUNTS, [query("nextToken")], accounts),
  operation("GetExperimentTargetAccountConfiguration", "GET", `${EXPERIMENT_ACCOUNTS}/{accountId}`, [], account),
  operation("GetAction", "GET", "/actions/{id}", [], [document("action")]),
  operation("ListActions", "GET", "/actions", page, [document("actions"), text("nextToken")]),
  operation(
    "GetTargetResourceType",
    "GET",
    "/targetResourceTypes/{resourceType}",
    [],
    [document("targetResourceType")],
  ),
  operation("ListTargetResourceTypes", "GET", "/targetResourceTypes", page, [
    document("targetResourceTypes"),
    text("nextToken"),
  ]),
  operation("TagResource", "POST", "/tags/{resourceArn}", [document("tags")], [], 1),
  operation("UntagResource", "DELETE", "/tags/{resourceArn}", [strings("tagKeys")], []),
  operation("ListTagsForResource", "GET", "/tags/{resourceArn}", [], [document("tags")]),
  operation("GetSafetyLever", "GET", "/safetyLevers/{id}", [], [document("safetyLever")]),
  operation(
    "UpdateSafetyLeverState",
    "PATCH",
    "/safetyLevers/{id}/state",
    [document("state")],
    [document("safetyLever")],
    1,
  ),
];

const error = (name: string, status: number): ErrorTuple => [
  -3,
  NAMESPACE,
  name,
  { error: "client", httpError: status },
  ["message"],
  [STRING],
];

/** The errors of the service, each with its status. */
export const fisErrors: readonly ErrorTuple[] = [
  error("ValidationException", 400),
  error("ServiceQuotaExceededException", 402),
  error("ResourceNotFoundException", 404),
  error("ConflictException", 409),
];
