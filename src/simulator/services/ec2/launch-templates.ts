import type { LaunchTemplate, LaunchTemplateVersion, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { applyFilters, page, type FilterFields } from "./filters.js";
import {
  ec2Slot,
  newEc2Id,
  tagsFor,
  withClientToken,
  type Ec2Handlers,
  type LaunchTemplateRecord,
  type LaunchTemplateVersionRecord,
} from "./state.js";

export interface LaunchTemplateReference {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
  /** A number, `$Latest` or `$Default`. @default $Default */
  readonly Version?: string | undefined;
}

export interface ResolvedLaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly data: ResponseLaunchTemplateData;
}

/**
 * What a reference to a launch template means now.
 *
 * @throws ServiceError InvalidLaunchTemplateId.NotFound and its like
 */
export function resolveLaunchTemplate(
  world: World,
  region: string,
  reference: LaunchTemplateReference,
): ResolvedLaunchTemplate {
  const template = templateOf(world, region, reference);
  const version = versionOf(template, reference.Version ?? "$Default");
  return {
    id: template.LaunchTemplateId,
    name: template.LaunchTemplateName,
    version: version.number,
    data: version.data,
  };
}

const templateFields: FilterFields<LaunchTemplateRecord> = {
  "launch-template-name": ({ LaunchTemplateName }) => LaunchTemplateName,
  "create-time": ({ CreateTime }) => CreateTime.toISOString(),
};

/** Launch templates with numbered, immutable versions. */
export function launchTemplateHandlers(world: World) {
  const creator = `arn:aws:iam::${world.accountId}:user/operator`;

  const answer = ({ versions: _versions, ...template }: LaunchTemplateRecord): LaunchTemplate => ({
    ...template,
    CreatedBy: creator,
  });

  const answerVersion = (
    template: LaunchTemplateRecord,
    version: LaunchTemplateVersionRecord,
  ): LaunchTemplateVersion => ({
    LaunchTemplateId: template.LaunchTemplateId,
    LaunchTemplateName: template.LaunchTemplateName,
    VersionNumber: version.number,
    VersionDescription: version.description,
    CreateTime: version.createTime,
    CreatedBy: creator,
    DefaultVersion: version.number === template.DefaultVersionNumber,
    LaunchTemplateData: version.data,
  });

  return {
    CreateLaunchTemplate: (input, { region }) => {
      const { launchTemplates } = world.state(ec2Slot, region);
      const existing = (id: string): LaunchTemplateRecord | undefined => launchTemplates.get(id);
      const template = withClientToken(world, region, "CreateLaunchTemplate", input, existing, () => {
        const name = input.LaunchTemplateName ?? "";
        if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
          throw new ServiceError(
            "InvalidLaunchTemplateName.MalformedException",
            `Invalid launch template name: ${name}`,
          );
        }
        if ([...launchTemplates.values()].some(({ LaunchTemplateName }) => LaunchTemplateName === name)) {
          throw new ServiceError(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            "Launch template name already in use.",
          );
        }
        const id = newEc2Id(world, region, "lt-", [name]);
        const resource: LaunchTemplateRecord = {
          LaunchTemplateId: id,
          LaunchTemplateName: name,
          CreateTime: new Date(world.now()),
          DefaultVersionNumber: 1,
          LatestVersionNumber: 1,
          Tags: tagsFor(input.TagSpecifications, "launch-template"),
          versions: new Map([[1, newVersion(world, 1, input.VersionDescription, dataFrom(input.LaunchTemplateData))]]),
        };
        launchTemplates.set(id, resource);
        world.note({ region, service: "ec2", resource: name, what: "launch template created" });
        return { id, resource };
      });
      return { LaunchTemplate: answer(template) };
    },

    CreateLaunchTemplateVersion: (input, { region }) => {
      const template = templateOf(world, region, input);
      const source = input.SourceVersion ? versionOf(template, input.SourceVersion).data : {};
      const number = template.LatestVersionNumber + 1;
      const data = { ...source, ...dataFrom(input.LaunchTemplateData) };
      const version = newVersion(world, number, input.VersionDescription, data);
      template.versions.set(number, version);
      template.LatestVersionNumber = number;
      world.note({
        region,
        service: "ec2",
        resource: template.LaunchTemplateName,
        what: `launch template version ${number} created`,
      });
      return { LaunchTemplateVersion: answerVersion(template, version) };
    },

    DescribeLaunchTemplates: (input, { region }) => {
      const { launchTemplates } = world.state(ec2Slot, region);
      const selected =
        input.LaunchTemplateIds?.length || input.LaunchTemplateNames?.length
          ? [
              ...(input.LaunchTemplateIds ?? []).map((LaunchTemplateId) =>
                templateOf(world, region, { LaunchTemplateId }),
              ),
              ...(input.LaunchTemplateNames ?? []).map((LaunchTemplateName) =>
                templateOf(world, region, { LaunchTemplateName }),
              ),
            ]
          : [...launchTemplates.values()];
      const { items, nextToken } = page(applyFilters(selected, input.Filters, templateFields), input);
      return { LaunchTemplates: items.map(answer), NextToken: nextToken };
    },

    DescribeLaunchTemplateVersions: (input, { region }) => {
      const { launchTemplates } = world.state(ec2Slot, region);
      const named = input.LaunchTemplateId ?? input.LaunchTemplateName;
      const templates = named ? [templateOf(world, region, input)] : [...launchTemplates.values()];
      const found = templates.flatMap((template) => {
        const versions = input.Versions?.length
          ? input.Versions.map((version) => versionOf(template, version))
          : [...template.versions.values()].reverse();
        const from = Number(input.MinVersion ?? 0);
        const to = Number(input.MaxVersion ?? Number.POSITIVE_INFINITY);
        return versions
          .filter(({ number }) => from <= number && number <= to)
          .map((version) => answerVersion(template, version));
      });
      const { items, nextToken } = page(found, input);
      return { LaunchTemplateVersions: items, NextToken: nextToken };
    },

    ModifyLaunchTemplate: (input, { region }) => {
      const template = templateOf(world, region, input);
      if (input.DefaultVersion) template.DefaultVersionNumber = versionOf(template, input.DefaultVersion).number;
      return { LaunchTemplate: answer(template) };
    },

    DeleteLaunchTemplate: (input, { region }) => {
      const template = templateOf(world, region, input);
      world.state(ec2Slot, region).launchTemplates.delete(template.LaunchTemplateId);
      world.note({ region, service: "ec2", resource: template.LaunchTemplateName, what: "launch template deleted" });
      return { LaunchTemplate: answer(template) };
    },

    DeleteLaunchTemplateVersions: (input, { region }) => {
      const template = templateOf(world, region, input);
      const { LaunchTemplateId, LaunchTemplateName } = template;
      const deleted = [];
      const failed = [];
      for (const wanted of input.Versions ?? []) {
        const VersionNumber = Number(wanted);
        const base = { LaunchTemplateId, LaunchTemplateName, VersionNumber };
        if (VersionNumber !== template.DefaultVersionNumber && template.versions.delete(VersionNumber))
          deleted.push(base);
        else
          failed.push({
            ...base,
            ResponseError: {
              Code: "launchTemplateVersionDoesNotExist" as const,
              Message: "The version does not exist or is the default version",
            },
          });
      }
      return {
        SuccessfullyDeletedLaunchTemplateVersions: deleted,
        UnsuccessfullyDeletedLaunchTemplateVersions: failed,
      };
    },
  } satisfies Ec2Handlers;
}

function templateOf(
  world: World,
  region: string,
  { LaunchTemplateId, LaunchTemplateName }: LaunchTemplateReference,
): LaunchTemplateRecord {
  const { launchTemplates } = world.state(ec2Slot, region);
  if (!LaunchTemplateId && !LaunchTemplateName) {
    throw new ServiceError("MissingParameter", "Either launch template ID or launch template name is required");
  }
  const template = LaunchTemplateId
    ? launchTemplates.get(LaunchTemplateId)
    : [...launchTemplates.values()].find((candidate) => candidate.LaunchTemplateName === LaunchTemplateName);
  if (template) return template;
  throw LaunchTemplateId
    ? new ServiceError(
        "InvalidLaunchTemplateId.NotFound",
        `The specified launch template, with template ID ${LaunchTemplateId}, does not exist.`,
      )
    : new ServiceError(
        "InvalidLaunchTemplateName.NotFoundException",
        `The specified launch template, with template name ${LaunchTemplateName ?? ""}, does not exist.`,
      );
}

function versionOf(template: LaunchTemplateRecord, wanted: string): LaunchTemplateVersionRecord {
  const number =
    wanted === "$Latest"
      ? template.LatestVersionNumber
      : wanted === "$Default"
        ? template.DefaultVersionNumber
        : Number(wanted);
  const version = template.versions.get(number);
  if (!version) {
    throw new ServiceError(
      "InvalidLaunchTemplateId.VersionNotFound",
      `Could not find the specified version ${wanted} for the launch template with ID ${template.LaunchTemplateId}.`,
    );
  }
  return version;
}

function newVersion(
  world: World,
  number: number,
  description: string | undefined,
  data: ResponseLaunchTemplateData,
): LaunchTemplateVersionRecord {
  return { number, description, createTime: new Date(world.now()), data };
}

/** What was asked for is what is answered: the two shapes differ in the names of their types only. */
function dataFrom(data: object | undefined): ResponseLaunchTemplateData {
  const given = structuredClone(data ?? {}) as ResponseLaunchTemplateData;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
