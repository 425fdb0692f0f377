import type { MixedInstancesPolicy } from "@aws-sdk/client-auto-scaling";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { resolveLaunchTemplate } from "../ec2/launch-templates.js";
import { validationError, type GroupRecord, type LaunchTemplateChoice } from "./state.js";

export interface TemplateInput {
  readonly LaunchTemplate?: LaunchTemplateChoice | undefined;
  readonly MixedInstancesPolicy?: MixedInstancesPolicy | undefined;
}

/**
 * Sets what a group launches, where the request says so. Of a mixed instances policy the instance types count, in
 * order; all are On-Demand.
 *
 * @returns whether the request named a launch template
 * @throws ServiceError ValidationError when the template or version does not exist
 */
export function applyTemplate(world: World, region: string, group: GroupRecord, input: TemplateInput): boolean {
  const mixed = input.MixedInstancesPolicy?.LaunchTemplate;
  const choice = input.LaunchTemplate ?? mixed?.LaunchTemplateSpecification;
  if (!choice) return false;
  const resolved = resolve(world, region, choice);
  // Both the id and the name are answered, whichever was given.
  group.launchTemplate = {
    LaunchTemplateId: resolved.id,
    LaunchTemplateName: resolved.name,
    Version: choice.Version ?? "$Default",
  };
  group.mixedInstancesPolicy = input.LaunchTemplate ? undefined : input.MixedInstancesPolicy;
  group.instanceTypes = input.LaunchTemplate
    ? []
    : (mixed?.Overrides ?? []).flatMap(({ InstanceType }) => InstanceType ?? []);
  return true;
}

function resolve(world: World, region: string, choice: LaunchTemplateChoice) {
  try {
    return resolveLaunchTemplate(world, region, choice);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw validationError(`You must use a valid fully-formed launch template. ${error.message}`);
  }
}
