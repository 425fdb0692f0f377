import { ServiceError } from "../../service.js";
import { notFound, validation } from "./errors.js";

/** An action that experiments may run, as GetAction describes it. */
export interface ActionType {
  readonly id: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, ParameterType>>;
  /** Target types by the name that a template's action gives its target. */
  readonly targets: Readonly<Record<string, string>>;
}

interface ParameterType {
  readonly description: string;
  readonly required: boolean;
  readonly kind: "duration" | "boolean";
}

/** A type of resource that targets may select, as GetTargetResourceType describes it. */
export interface TargetType {
  readonly resourceType: string;
  readonly description: string;
}

const instances = { Instances: "aws:ec2:instance" };

/** The actions of issue 3 that are modelled (FIS user guide, fis-actions-reference.md). */
const actionTypes: readonly ActionType[] = [
  {
    id: "aws:ec2:reboot-instances",
    description: "Reboot the specified EC2 instances.",
    parameters: {},
    targets: instances,
  },
  {
    id: "aws:ec2:stop-instances",
    description: "Stop the specified EC2 instances.",
    parameters: {
      startInstancesAfterDuration: {
        description: "The time to wait before starting the instances (ISO 8601 duration).",
        required: false,
        kind: "duration",
      },
      completeIfInstancesTerminated: {
        description: "Whether the action completes when instances were terminated outside of FIS.",
        required: false,
        kind: "boolean",
      },
    },
    targets: instances,
  },
  {
    id: "aws:ec2:terminate-instances",
    description: "Terminate the specified EC2 instances.",
    parameters: {},
    targets: instances,
  },
  {
    id: "aws:fis:wait",
    description: "Wait for the specified duration.",
    parameters: {
      duration: { description: "The time to wait (ISO 8601 duration).", required: true, kind: "duration" },
    },
    targets: {},
  },
  {
    id: "aws:rds:reboot-db-instances",
    description: "Reboot the specified DB instances.",
    parameters: {
      forceFailover: {
        description: "Whether the reboot is conducted through a failover of a Multi-AZ instance.",
        required: false,
        kind: "boolean",
      },
    },
    targets: { DBInstances: "aws:rds:db" },
  },
];

const targetTypes: readonly TargetType[] = [
  { resourceType: "aws:ec2:instance", description: "An Amazon EC2 instance" },
  { resourceType: "aws:rds:db", description: "An Amazon RDS DB instance" },
];

/** Every modelled action, by id. */
export function listActionTypes(): readonly ActionType[] {
  return actionTypes;
}

/** Every modelled type of target. */
export function listTargetTypes(): readonly TargetType[] {
  return targetTypes;
}

/** @throws ServiceError ResourceNotFoundException */
export function requireActionType(id: string): ActionType {
  const found = actionTypes.find((action) => action.id === id);
  if (!found) throw notFound(`Action ${id} could not be found.`);
  return found;
}

/** @throws ServiceError ResourceNotFoundException */
export function requireTargetType(resourceType: string): TargetType {
  const found = targetTypes.find((target) => target.resourceType === resourceType);
  if (!found) throw notFound(`Target resource type ${resourceType} could not be found.`);
  return found;
}

/**
 * The type of a template's action.
 *
 * @throws ServiceError NotImplemented for what AWS may well have and the simulator does not; ValidationException for
 * what can't be an action of AWS
 */
export function actionTypeOf(name: string, id: string): ActionType {
  const found = actionTypes.find((action) => action.id === id);
  if (found) return found;
  if (/^aws:[a-z0-9-]+:[a-z0-9-]+(\/.+)?$/.test(id)) throw notModelled(`action ${id}`);
  throw validation(`Action ${name} has an invalid action id ${id}.`);
}

/** For parts of the service that the simulator does not have. */
export function notModelled(what: string): ServiceError {
  return new ServiceError("NotImplemented", `the simulated fis does not model ${what}`, { status: 501 });
}
