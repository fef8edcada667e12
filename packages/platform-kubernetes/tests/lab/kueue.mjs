// @ts-check
// The manifests of Kueue for a manager that runs beside the cluster: what names a Service in them
// names an address on loopback instead.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/**
 * @param {string} source - of Kueue
 * @param {string} authority - path of the certificate (PEM) that the manager's is of
 * @param {number} port - of its webhooks
 */
export function kueueManifests(source, authority, port) {
  const caBundle = readFileSync(authority).toString('base64');
  const at = (/** @type {string} */ path) => ({
    url: `https://127.0.0.1:${port}${path}`,
    caBundle,
  });
  const crd = join(source, 'config', 'components', 'crd');
  // Not every patch that is there is in use.
  const { patches = [] } = parse(readFileSync(join(crd, 'kustomization.yaml'), 'utf8'));
  const converted = new Set(
    patches
      .map((/** @type {{path: string}} */ { path }) => path)
      .filter((/** @type {string} */ path) => /webhook_in_.*\.yaml$/.test(path))
      .map(
        (/** @type {string} */ path) => parse(readFileSync(join(crd, path), 'utf8')).metadata.name,
      ),
  );
  const definitions = readdirSync(join(crd, 'bases'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => {
      const definition = parse(readFileSync(join(crd, 'bases', file), 'utf8'));
      if (converted.has(definition.metadata.name)) {
        definition.spec.conversion = {
          strategy: 'Webhook',
          webhook: { clientConfig: at('/convert'), conversionReviewVersions: ['v1'] },
        };
      }
      return definition;
    });
  const manifests = join(source, 'config', 'components', 'webhook', 'manifests.yaml');
  const webhooks = parseAllDocuments(readFileSync(manifests, 'utf8')).map((document) => {
    const configuration = document.toJS();
    configuration.metadata.name = `kueue-${configuration.metadata.name}`;
    configuration.webhooks = configuration.webhooks
      .filter((/** @type {any} */ { rules }) =>
        rules.every((/** @type {any} */ rule) =>
          rule.apiGroups.every((/** @type {string} */ group) =>
            ['kueue.x-k8s.io', 'batch'].includes(group),
          ),
        ),
      )
      .map((/** @type {any} */ webhook) => ({
        ...webhook,
        clientConfig: at(webhook.clientConfig.service.path),
      }));
    return configuration;
  });
  const list = (/** @type {unknown[]} */ items) => ({ apiVersion: 'v1', kind: 'List', items });
  return { definitions: list(definitions), webhooks: list(webhooks) };
}
