import type { ResponseLaunchTemplateData, Tag } from "@aws-sdk/client-ec2";

import type { LatencyRowId } from "../../../latency/table.js";
import { workFor } from "../../region-outages.js";
import { ServiceError } from "../../service.js";
import type { StateSlot, World } from "../../world.js";
import { amazonLinuxImageId } from "./catalogue.js";
import type { Instance, InstanceChange, InstanceRecord } from "./instance-record.js";
import { createInterface, deleteInterface } from "./interfaces.js";
import { securityGroupOf, subnetOf } from "./lookup.js";
import { publicAddress } from "./nat-gateways.js";
import { ec2Quota, lacksCapacity, vcpusOf } from "./quotas.js";
import { ec2Slot, newEc2Id } from "./state.js";

/** Milliseconds for which a terminated instance can still be described; the EC2 user guide says about an hour. */
const TERMINATED_VISIBLE_MS = 3_600_000;

type InstanceListener = (instance: Instance, change: InstanceChange) => void;

const listenerSlot: StateSlot<InstanceListener[]> = { name: "ec2-instance-listeners", create: () => [] };

/** The instance, also while it is terminated and still visible; undefined when there is none. */
export function getInstance(world: World, region: string, id: string): Instance | undefined {
  const record = world.state(ec2Slot, region).instances.get(id);
  return record && view(world, region, record);
}

/** Every visible instance of the Region, terminated ones included. */
export function listInstances(world: World, region: string): Instance[] {
  return [...world.state(ec2Slot, region).instances.values()].map((record) => view(world, region, record));
}

/** Is told of every change of an instance in the Region, at the instant of the change and within its cause. */
export function onInstanceChange(world: World, region: string, listener: InstanceListener): void {
  world.state(listenerSlot, region).push(listener);
}

export interface LaunchSpec {
  /** What this instance is among others, so that its id does not depend on the order of calls. */
  readonly key: readonly string[];
  readonly subnetId: string;
  /** Launch template data, with what the caller overrides. */
  readonly data: ResponseLaunchTemplateData;
  readonly tags: readonly Tag[];
  readonly reservationId?: string;
  readonly clientToken?: string | undefined;
}

/**
 * Launches one instance: running and booted after `ec2.launch`; its application serves when the user data has run
 * (`ec2.bootstrap`), or at once when there is none, because then the image has to hold the application.
 *
 * @throws ServiceError as RunInstances would: InsufficientInstanceCapacity, VcpuLimitExceeded, InvalidSubnetID.NotFound …
 */
export function launchInstance(world: World, region: string, spec: LaunchSpec): Instance {
  const state = world.state(ec2Slot, region);
  const { data } = spec;
  const subnet = subnetOf(world, region, spec.subnetId);
  const instanceType = data.InstanceType ?? "m1.small";
  const imageId = resolveImage(world, region, data.ImageId);
  const groupIds = securityGroupsOf(world, region, subnet.VpcId, data);
  const userData = data.UserData ?? "";
  if (Buffer.from(userData, "base64").length > 16_384) {
    throw new ServiceError("InvalidParameterValue", "User data is limited to 16384 bytes");
  }
  checkVcpus(world, region, instanceType);
  checkCapacity(world, region, subnet.AvailabilityZone, instanceType, spec.key.join("/"));

  const id = newEc2Id(world, region, "i-", [spec.subnetId, ...spec.key]);
  const networkInterface = createInterface(world, region, {
    key: [id],
    subnetId: subnet.SubnetId,
    type: "interface",
    description: "",
    groupIds,
  });
  const wantsPublicIp = data.NetworkInterfaces?.[0]?.AssociatePublicIpAddress ?? subnet.MapPublicIpOnLaunch ?? false;
  const record: InstanceRecord = {
    InstanceId: id,
    ReservationId: spec.reservationId ?? newEc2Id(world, region, "r-", [id]),
    subnetId: subnet.SubnetId,
    vpcId: subnet.VpcId,
    az: subnet.AvailabilityZone,
    privateIp: networkInterface.PrivateIpAddress,
    publicIp: wantsPublicIp ? publicAddress(world, `${region}/${id}`) : undefined,
    interfaceId: networkInterface.NetworkInterfaceId,
    launchTime: world.now(),
    state: "pending",
    stateReason: undefined,
    transitionReason: "",
    applicationUp: false,
    bootstrapped: false,
    generation: 0,
    instanceType,
    securityGroupIds: groupIds,
    userDataBase64: userData,
    terminationProtected: data.DisableApiTermination ?? false,
    stopProtected: data.DisableApiStop ?? false,
    sourceDestCheck: true,
    data: { ...data, ImageId: imageId },
    clientToken: spec.clientToken,
    Tags: [...spec.tags],
  };
  state.instances.set(id, record);
  announce(world, region, record, "launched");
  later(world, region, record, "ec2.launch", () => {
    record.state = "running";
    announce(world, region, record, "running");
    if (userData === "") applicationStarts(world, region, record);
    else later(world, region, record, "ec2.bootstrap", () => applicationStarts(world, region, record));
  });
  return view(world, region, record);
}

/** Starts a stopped instance; its application comes up with the system, if user data once ran to its end. */
export function startInstance(world: World, region: string, record: InstanceRecord): void {
  if (record.state === "running" || record.state === "pending") return;
  if (record.state !== "stopped") throw wrongState(record, "started");
  checkVcpus(world, region, record.instanceType);
  checkCapacity(world, region, record.az, record.instanceType, `${record.InstanceId}/${record.generation}`);
  record.generation++;
  record.state = "pending";
  record.stateReason = undefined;
  record.transitionReason = "";
  record.launchTime = world.now();
  announce(world, region, record, "launched");
  later(world, region, record, "ec2.start", () => {
    record.state = "running";
    announce(world, region, record, "running");
    if (record.bootstrapped || record.userDataBase64 === "") applicationStarts(world, region, record);
  });
}

/** Stops an instance; it serves nothing from now on. */
export function stopInstance(world: World, region: string, record: InstanceRecord): void {
  if (record.state === "stopped" || record.state === "stopping") return;
  if (record.state !== "running" && record.state !== "pending") throw wrongState(record, "stopped");
  if (record.stopProtected) {
    throw new ServiceError(
      "OperationNotPermitted",
      `The instance '${record.InstanceId}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
    );
  }
  goDown(world, record, "stopping", "Client.UserInitiatedShutdown: User initiated shutdown");
  announce(world, region, record, "stopping");
  later(world, region, record, "ec2.stop", () => {
    record.state = "stopped";
    announce(world, region, record, "stopped");
  });
}

/** Reboots an instance: it stays `running`, its application is down until the system is back. */
export function rebootInstance(world: World, region: string, record: InstanceRecord): void {
  if (record.state !== "running") throw wrongState(record, "rebooted");
  const served = record.bootstrapped || record.userDataBase64 === "";
  record.generation++;
  record.applicationUp = false;
  announce(world, region, record, "not serving");
  later(world, region, record, "ec2.reboot", () => {
    if (served) applicationStarts(world, region, record);
  });
}

/** Terminates an instance; it serves nothing from now on. */
export function terminateInstance(world: World, region: string, record: InstanceRecord): void {
  if (record.state === "terminated" || record.state === "shutting-down") return;
  goDown(world, record, "shutting-down", "Client.UserInitiatedShutdown: User initiated shutdown");
  announce(world, region, record, "shutting-down");
  later(world, region, record, "ec2.terminate", () => {
    record.state = "terminated";
    if (record.interfaceId) deleteInterface(world, region, record.interfaceId);
    record.interfaceId = undefined;
    record.publicIp = undefined;
    announce(world, region, record, "terminated");
    world.at(TERMINATED_VISIBLE_MS, () => world.state(ec2Slot, region).instances.delete(record.InstanceId));
  });
}

function goDown(world: World, record: InstanceRecord, state: "stopping" | "shutting-down", reason: string): void {
  const [code = "", message = ""] = reason.split(": ");
  record.generation++;
  record.applicationUp = false;
  record.state = state;
  record.stateReason = { Code: code, Message: reason };
  record.transitionReason = `${message.replace("shutdown", "")}(${new Date(world.now()).toISOString().slice(0, 19).replace("T", " ")} GMT)`;
}

function applicationStarts(world: World, region: string, record: InstanceRecord): void {
  record.applicationUp = true;
  record.bootstrapped = true;
  announce(world, region, record, "serving");
}

/** Lets `then` happen after a latency, unless the instance has meanwhile been started, stopped or terminated. */
function later(world: World, region: string, record: InstanceRecord, row: LatencyRowId, then: () => void): void {
  const { generation, InstanceId: resource } = record;
  const subject = { region, resource, ...(generation > 0 ? { occurrence: String(generation) } : {}) };
  workFor(world, row, subject, () => {
    if (record.generation === generation) then();
  });
}

function announce(world: World, region: string, record: InstanceRecord, change: InstanceChange): void {
  world.note({ region, service: "ec2", resource: record.InstanceId, what: describe(change) });
  const instance = view(world, region, record);
  for (const listener of world.state(listenerSlot, region)) listener(instance, change);
}

function describe(change: InstanceChange): string {
  switch (change) {
    case "launched":
      return "instance launched";
    case "serving":
      return "application began to serve";
    case "not serving":
      return "application stopped serving";
    case "running":
    case "stopping":
    case "stopped":
    case "shutting-down":
    case "terminated":
      return `instance became ${change}`;
  }
}

function view(world: World, region: string, record: InstanceRecord): Instance {
  return {
    id: record.InstanceId,
    region,
    state: record.state,
    serving: record.applicationUp && !world.impairment(region),
    az: record.az,
    subnetId: record.subnetId,
    vpcId: record.vpcId,
    privateIp: record.privateIp,
    securityGroupIds: record.securityGroupIds,
    tags: Object.fromEntries(record.Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
    get userData() {
      return Buffer.from(record.userDataBase64, "base64").toString("utf8");
    },
    launchTime: record.launchTime,
    instanceType: record.instanceType,
    imageId: record.data.ImageId ?? "",
  };
}

function resolveImage(world: World, region: string, image: string | undefined): string {
  if (!image) throw new ServiceError("MissingParameter", "The request must contain the parameter ImageId");
  // Which images exist is not modelled: every well-formed id and every Systems Manager alias counts as one.
  if (image.startsWith("resolve:ssm:"))
    return amazonLinuxImageId(world, region, image.includes("arm64") ? "arm64" : "x86_64");
  if (!/^ami-[0-9a-f]+$/.test(image)) {
    throw new ServiceError("InvalidAMIID.Malformed", `Invalid id: "${image}" (expecting "ami-...")`);
  }
  return image;
}

function securityGroupsOf(world: World, region: string, vpcId: string, data: ResponseLaunchTemplateData): string[] {
  const given = data.NetworkInterfaces?.[0]?.Groups ?? data.SecurityGroupIds ?? [];
  const groups = given.map((id) => securityGroupOf(world, region, id));
  const foreign = groups.find((group) => group.VpcId !== vpcId);
  if (foreign) {
    throw new ServiceError(
      "InvalidParameter",
      `Security group ${foreign.GroupId} and subnet belong to different networks.`,
    );
  }
  if (groups.length > 0) return groups.map(({ GroupId }) => GroupId);
  const all = [...world.state(ec2Slot, region).securityGroups.values()];
  return all.filter((group) => group.VpcId === vpcId && group.GroupName === "default").map(({ GroupId }) => GroupId);
}

function checkVcpus(world: World, region: string, instanceType: string): void {
  const limit = ec2Quota(world, region, "standardVcpus");
  const counts = (record: InstanceRecord): boolean => ["pending", "running", "stopping"].includes(record.state);
  const used = [...world.state(ec2Slot, region).instances.values()]
    .filter(counts)
    .reduce((sum, record) => sum + vcpusOf(record.instanceType), 0);
  if (used + vcpusOf(instanceType) > limit) {
    throw new ServiceError(
      "VcpuLimitExceeded",
      `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to.`,
    );
  }
}

function checkCapacity(world: World, region: string, zone: string, instanceType: string, attempt: string): void {
  if (!lacksCapacity(world, region, zone, attempt)) return;
  throw new ServiceError(
    "InsufficientInstanceCapacity",
    `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${zone}).`,
    { status: 500 },
  );
}

function wrongState(record: InstanceRecord, verb: string): ServiceError {
  return new ServiceError(
    "IncorrectInstanceState",
    `The instance '${record.InstanceId}' is not in a state from which it can be ${verb}.`,
  );
}
