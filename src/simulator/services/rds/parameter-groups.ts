import type { Parameter } from "@aws-sdk/client-rds";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { page } from "./paging.js";
import { parameterFamily } from "./settings.js";
import { invalidValue, rdsArn, rdsSlot, tagsOf, type ParameterGroup, type RdsHandlers } from "./state.js";

/** Parameter groups as named collections: a parameter's value is kept, and changes nothing about an instance. */
export function parameterGroupHandlers(world: World) {
  const groupsOf = (region: string): Map<string, ParameterGroup> => world.state(rdsSlot, region).parameterGroups;

  function findGroup(region: string, name: string): ParameterGroup | undefined {
    const group = groupsOf(region).get(name.toLowerCase());
    const family = /^default\.((?:mysql|mariadb|postgres)[\d.]+)$/.exec(name)?.[1];
    if (group ?? family === undefined) return group;
    // AWS's own groups are there without being made.
    return {
      DBParameterGroupName: name,
      DBParameterGroupFamily: family,
      Description: `Default parameter group for ${family}`,
      DBParameterGroupArn: rdsArn(world, region, "pg", name),
      parameters: new Map(),
    };
  }

  function requireGroup(region: string, name: string | undefined): ParameterGroup {
    const group = findGroup(region, name ?? "");
    if (group) return group;
    throw new ServiceError("DBParameterGroupNotFoundFault", `DBParameterGroup not found: ${name ?? ""}`, {
      status: 404,
    });
  }

  function requireOwnGroup(region: string, name: string | undefined): ParameterGroup {
    const group = requireGroup(region, name);
    if (group.DBParameterGroupName.startsWith("default."))
      throw new ServiceError(
        "InvalidDBParameterGroupStateFault",
        `${group.DBParameterGroupName} is a default parameter group.`,
      );
    return group;
  }

  return {
    CreateDBParameterGroup: (input, { region }) => {
      const name = (input.DBParameterGroupName ?? "").toLowerCase();
      if (!/^[a-z](-?[a-z0-9.])*$/.test(name) || name.startsWith("default."))
        throw invalidValue(`The parameter DBParameterGroupName is not a valid identifier: ${name}`);
      if (groupsOf(region).has(name))
        throw new ServiceError("DBParameterGroupAlreadyExistsFault", `Parameter group ${name} already exists`);
      const group: ParameterGroup = {
        DBParameterGroupName: name,
        DBParameterGroupFamily: input.DBParameterGroupFamily,
        Description: input.Description,
        DBParameterGroupArn: rdsArn(world, region, "pg", name),
        parameters: new Map(),
      };
      groupsOf(region).set(name, group);
      for (const { Key, Value } of input.Tags ?? [])
        tagsOf(world, region, group.DBParameterGroupArn).set(Key ?? "", Value ?? "");
      return { DBParameterGroup: answer(group) };
    },

    DescribeDBParameterGroups: (input, { region }) => {
      const state = world.state(rdsSlot, region);
      const inUse = [...state.instances.values()].map(({ settings }) =>
        parameterFamily(settings.engine, settings.engineVersion),
      );
      const defaults = [...new Set(inUse)].map((family) => requireGroup(region, `default.${family}`));
      const all =
        input.DBParameterGroupName === undefined
          ? [...groupsOf(region).values(), ...defaults].sort((a, b) =>
              a.DBParameterGroupName < b.DBParameterGroupName ? -1 : 1,
            )
          : [requireGroup(region, input.DBParameterGroupName)];
      const { items, Marker } = page(all, input, (group) => group.DBParameterGroupName);
      return { DBParameterGroups: items.map(answer), ...(Marker ? { Marker } : {}) };
    },

    ModifyDBParameterGroup: (input, { region }) => {
      const group = requireOwnGroup(region, input.DBParameterGroupName);
      for (const parameter of input.Parameters ?? []) {
        if (!parameter.ParameterName) throw invalidValue("A parameter needs a name.");
        group.parameters.set(parameter.ParameterName, { ...parameter, Source: "user", IsModifiable: true });
      }
      return { DBParameterGroupName: group.DBParameterGroupName };
    },

    ResetDBParameterGroup: (input, { region }) => {
      const group = requireOwnGroup(region, input.DBParameterGroupName);
      if (input.ResetAllParameters) group.parameters.clear();
      for (const { ParameterName } of input.Parameters ?? []) group.parameters.delete(ParameterName ?? "");
      return { DBParameterGroupName: group.DBParameterGroupName };
    },

    /** Only parameters that somebody set: the engine's defaults are not modelled. */
    DescribeDBParameters: (input, { region }) => {
      const group = requireGroup(region, input.DBParameterGroupName);
      const all = [...group.parameters.values()].filter(
        ({ Source }) => input.Source === undefined || Source === input.Source,
      );
      const named = (parameter: Parameter): string => parameter.ParameterName ?? "";
      const { items, Marker } = page(
        all.sort((a, b) => (named(a) < named(b) ? -1 : 1)),
        input,
        named,
      );
      return { Parameters: [...items], ...(Marker ? { Marker } : {}) };
    },

    DeleteDBParameterGroup: (input, { region }) => {
      const group = requireOwnGroup(region, input.DBParameterGroupName);
      const state = world.state(rdsSlot, region);
      const used = [...state.instances.values()].some(
        ({ settings }) => settings.parameterGroup.toLowerCase() === group.DBParameterGroupName,
      );
      if (used)
        throw new ServiceError(
          "InvalidDBParameterGroupStateFault",
          "One or more database instances are still members of this parameter group, so the group cannot be deleted",
        );
      groupsOf(region).delete(group.DBParameterGroupName);
      state.tags.delete(group.DBParameterGroupArn);
      return {};
    },
  } satisfies RdsHandlers;
}

function answer({ parameters: _parameters, ...group }: ParameterGroup): Omit<ParameterGroup, "parameters"> {
  return group;
}
