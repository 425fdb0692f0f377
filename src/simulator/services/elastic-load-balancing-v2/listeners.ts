import type { Action, Listener } from "@aws-sdk/client-elastic-load-balancing-v2";

import { ServiceError } from "../../service.js";
import type { World } from "../../world.js";
import { syncTargetGroup } from "./health.js";
import {
  elbSlot,
  forwardedTo,
  listenerOf,
  loadBalancerOf,
  newElbId,
  page,
  targetGroupOf,
  validationError,
  type ElbHandlers,
  type ListenerRecord,
} from "./state.js";

const DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08";

/** Listeners; their rules are in rules.ts. */
export function listenerHandlers(world: World) {
  return {
    CreateListener: (input, { region }) => {
      const state = world.state(elbSlot, region);
      const loadBalancer = loadBalancerOf(world, region, input.LoadBalancerArn);
      const { Port: port, Protocol: protocol } = input;
      if (!port || port < 1 || port > 65_535) throw validationError("A port between 1 and 65535 must be specified");
      if (protocol !== "HTTP" && protocol !== "HTTPS") {
        throw new ServiceError(
          "UnsupportedProtocolException",
          `Protocol '${String(protocol)}' is not supported by this load balancer`,
        );
      }
      const others = [...state.listeners.values()].filter(
        ({ loadBalancerArn }) => loadBalancerArn === loadBalancer.arn,
      );
      if (others.some((other) => other.port === port)) {
        throw new ServiceError(
          "DuplicateListenerException",
          "A listener already exists on this port for this load balancer",
        );
      }
      checkCertificates(protocol, input.Certificates);
      const defaultActions = checkedActions(world, region, input.DefaultActions);
      const [kind, name, id] = loadBalancer.arn.split("/").slice(-3);
      const prefix = loadBalancer.arn.replace(/:loadbalancer\/.*$/, ":listener");
      const listener: ListenerRecord = {
        arn: `${prefix}/${kind ?? ""}/${name ?? ""}/${id ?? ""}/${newElbId(world, region, ["listener", loadBalancer.arn, port])}`,
        loadBalancerArn: loadBalancer.arn,
        port,
        protocol,
        sslPolicy: protocol === "HTTPS" ? (input.SslPolicy ?? DEFAULT_SSL_POLICY) : undefined,
        certificates: input.Certificates ?? [],
        defaultActions,
        attributes: new Map(),
        tags: [...(input.Tags ?? [])],
        rules: new Map(),
      };
      state.listeners.set(listener.arn, listener);
      syncAllGroups(world, region);
      note(world, region, listener, "listener created");
      return { Listeners: [answer(listener)] };
    },

    DescribeListeners: (input, { region }) => {
      const all = [...world.state(elbSlot, region).listeners.values()];
      if (input.LoadBalancerArn) loadBalancerOf(world, region, input.LoadBalancerArn);
      const selected = input.ListenerArns?.length
        ? input.ListenerArns.map((arn) => listenerOf(world, region, arn))
        : all.filter(({ loadBalancerArn }) => loadBalancerArn === input.LoadBalancerArn);
      const { items, nextMarker } = page(selected, input);
      return { Listeners: items.map(answer), NextMarker: nextMarker };
    },

    ModifyListener: (input, { region }) => {
      const listener = listenerOf(world, region, input.ListenerArn);
      const protocol = input.Protocol ?? listener.protocol;
      const certificates = input.Certificates ?? listener.certificates;
      checkCertificates(protocol, certificates);
      if (input.DefaultActions) listener.defaultActions = checkedActions(world, region, input.DefaultActions);
      listener.port = input.Port ?? listener.port;
      listener.protocol = protocol;
      listener.certificates = certificates;
      listener.sslPolicy =
        protocol === "HTTPS" ? (input.SslPolicy ?? listener.sslPolicy ?? DEFAULT_SSL_POLICY) : undefined;
      syncAllGroups(world, region);
      note(world, region, listener, "listener modified");
      return { Listeners: [answer(listener)] };
    },

    DeleteListener: ({ ListenerArn }, { region }) => {
      const listener = listenerOf(world, region, ListenerArn);
      world.state(elbSlot, region).listeners.delete(listener.arn);
      syncAllGroups(world, region);
      note(world, region, listener, "listener deleted");
      return {};
    },

    DescribeListenerCertificates: ({ ListenerArn }, { region }) => ({
      Certificates: listenerOf(world, region, ListenerArn).certificates.map(({ CertificateArn }) => ({
        CertificateArn,
        IsDefault: true,
      })),
    }),
  } satisfies ElbHandlers;
}

/** Actions in the shape that the service answers: a forward names its groups in both the older and the newer way. */
export function checkedActions(world: World, region: string, actions: readonly Action[] | undefined): Action[] {
  if (!actions?.length) throw validationError("At least one action must be specified");
  for (const { arn } of forwardedTo(actions)) targetGroupOf(world, region, arn);
  return actions.map((action, index) => {
    const Order = actions.length > 1 ? (action.Order ?? index + 1) : action.Order;
    if (action.Type !== "forward") return { ...action, Order };
    const groups = forwardedTo([action]);
    if (groups.length === 0 || groups.some(({ arn }) => !arn))
      throw validationError("A target group ARN must be specified");
    return {
      Type: "forward" as const,
      Order,
      ...(groups.length === 1 ? { TargetGroupArn: groups[0]?.arn } : {}),
      ForwardConfig: {
        TargetGroups: groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
        TargetGroupStickinessConfig: action.ForwardConfig?.TargetGroupStickinessConfig ?? { Enabled: false },
      },
    };
  });
}

/** Lets every target group see which listeners and rules use it now. */
export function syncAllGroups(world: World, region: string): void {
  for (const group of world.state(elbSlot, region).targetGroups.values()) syncTargetGroup(world, region, group);
}

function answer(listener: ListenerRecord): Listener {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    SslPolicy: listener.sslPolicy,
    Certificates: listener.certificates.length > 0 ? [...listener.certificates] : undefined,
    DefaultActions: [...listener.defaultActions],
  };
}

function checkCertificates(protocol: string, certificates: readonly unknown[] | undefined): void {
  if (protocol === "HTTPS" && !certificates?.length) {
    throw validationError("A certificate must be specified for HTTPS listeners");
  }
}

function note(world: World, region: string, listener: ListenerRecord, what: string): void {
  const resource = `${listener.loadBalancerArn.split("/").at(-2) ?? ""}:${listener.port}`;
  world.note({ region, service: "elastic-load-balancing-v2", resource, what });
}
