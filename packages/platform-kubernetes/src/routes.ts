import { isRecord } from '@skaha/base/record.js';
import type { PagePlan, Run } from '@skaha/engine/ports/runner.js';
import { type KubernetesClient, type Resource, resources } from './client/client.js';
import { isMissing } from './client/failure.js';
import type { KubernetesObject, OwnerReference } from './client/types.js';
import { labelsOf, type Plan } from './manifest.js';
import { keyLabel, labelFrom, nameFrom } from './names.js';
import type { KubernetesSettings, RouteSettings } from './settings.js';

/** The port of a session's Service. */
const servicePort = 80;

/** Name of the Service of a session, and of what leads to it. */
export const routeName = (key: string): string => `skaha-${nameFrom(key, 40)}-page`;

/** The kind of object that leads to pages. */
export const routeKind = (route: RouteSettings): Resource =>
  route.ingress === undefined ? resources.httpRoutes : resources.ingresses;

/** An object to be made, and of which kind. */
export interface RouteObject {
  readonly resource: Resource;
  readonly object: KubernetesObject & { readonly spec: unknown };
}

/**
 * What leads to the page of a session without passing through the platform: a Service, and an Ingress
 * or an HTTPRoute.
 *
 * @returns nothing for a session without a page, and where its path could not be taken away
 */
export function routeOf(
  run: Run,
  plan: Pick<Plan, 'instance' | 'version' | 'settings'>,
  owner: OwnerReference,
): readonly RouteObject[] {
  const { route } = plan.settings;
  const { page } = run;
  if (route === undefined || page === undefined || page.path === undefined) return [];
  if (route.ingress !== undefined && !page.keepsPath && route.ingress.strip === undefined)
    return [];
  const name = routeName(run.key);
  const metadata = { name, labels: labelsOf(run, plan), ownerReferences: [owner] };
  const service: RouteObject = {
    resource: resources.services,
    object: {
      metadata,
      spec: {
        selector: { [keyLabel]: labelFrom(run.key) },
        ports: [{ name: 'page', port: servicePort, targetPort: page.port }],
      },
    },
  };
  const annotations = annotationsOf(route, page);
  const object = {
    metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) },
    spec: route.ingress === undefined ? httpRoute(name, page, route) : ingress(name, page, route),
  };
  return [service, { resource: routeKind(route), object }];
}

const annotationsOf = ({ ingress: one }: RouteSettings, page: PagePlan) =>
  one === undefined
    ? undefined
    : { ...one.annotations, ...(page.keepsPath ? {} : one.strip?.annotations) };

function ingress(name: string, { path }: PagePlan, { host, ingress: one }: RouteSettings) {
  const { className, tlsSecret } = one ?? {};
  return {
    ...(className === undefined ? {} : { ingressClassName: className }),
    ...(tlsSecret === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecret }] }),
    rules: [
      {
        host,
        http: {
          paths: [
            {
              path,
              pathType: 'Prefix',
              backend: { service: { name, port: { number: servicePort } } },
            },
          ],
        },
      },
    ],
  };
}

function httpRoute(name: string, { path, keepsPath }: PagePlan, { host, gateway }: RouteSettings) {
  const rewrite = { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } };
  return {
    parentRefs: [
      {
        name: gateway?.name ?? '',
        ...(gateway?.namespace === undefined ? {} : { namespace: gateway.namespace }),
        ...(gateway?.section === undefined ? {} : { sectionName: gateway.section }),
      },
    ],
    hostnames: [host],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: path } }],
        ...(keepsPath ? {} : { filters: [{ type: 'URLRewrite', urlRewrite: rewrite }] }),
        backendRefs: [{ name, port: servicePort }],
      },
    ],
  };
}

/**
 * Looks whether a cluster has what a route is made of.
 *
 * @returns why not, in words that follow a colon; undefined when it has
 */
export async function routeObstacle(
  client: KubernetesClient,
  namespace: string,
  { route }: Pick<KubernetesSettings, 'route'>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (route === undefined) return undefined;
  const { version, plural, kind } = routeKind(route);
  let answer: unknown;
  try {
    answer = await client.transport.json<unknown>({ path: `/apis/${version}`, signal });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const found = isRecord(answer) && Array.isArray(answer['resources']) ? answer['resources'] : [];
  if (!found.some((one) => isRecord(one) && one['name'] === plural)) {
    return `the configuration asks for pages through ${kind}, but the cluster has no ${plural} of ${version}`;
  }
  const { gateway, ingress: one } = route;
  if (gateway !== undefined) {
    const place = gateway.namespace ?? namespace;
    if (await isThere(client, resources.gateways, place, gateway.name, signal)) return undefined;
    return `the namespace ${place} has no Gateway ${gateway.name}, to which the configuration refers`;
  }
  const className = one?.className;
  if (className === undefined) return undefined;
  if (await isThere(client, resources.ingressClasses, undefined, className, signal)) {
    return undefined;
  }
  return `the cluster has no IngressClass ${className}, to which the configuration refers`;
}

/** What may not be looked at is taken for there. */
async function isThere(
  client: KubernetesClient,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await client.get(resource, namespace, name, signal);
    return true;
  } catch (error) {
    return !isMissing(error);
  }
}
