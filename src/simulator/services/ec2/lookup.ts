import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { found } from "./filters.js";
import { ec2Slot, type SecurityGroupRecord, type SubnetRecord, type VpcRecord } from "./state.js";

/** @throws ServiceError InvalidVpcID.NotFound */
export function vpcOf(world: World, region: string, id: string | undefined): VpcRecord {
  return found(world.state(ec2Slot, region).vpcs, id, "InvalidVpcID.NotFound", "vpc");
}

/** @throws ServiceError InvalidSubnetID.NotFound */
export function subnetOf(world: World, region: string, id: string | undefined): SubnetRecord {
  return found(world.state(ec2Slot, region).subnets, id, "InvalidSubnetID.NotFound", "subnet");
}

/** @throws ServiceError InvalidGroup.NotFound */
export function securityGroupOf(world: World, region: string, id: string | undefined): SecurityGroupRecord {
  return found(world.state(ec2Slot, region).securityGroups, id, "InvalidGroup.NotFound", "security group");
}

export function invalidParameter(message: string): ServiceError {
  return new ServiceError("InvalidParameterValue", message);
}
