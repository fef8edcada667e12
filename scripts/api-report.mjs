// @ts-check
// The public surface of every entry as text, kept in `api/`: what API Extractor says of it.
// `npm run api:update` writes it; the check fails when the surface changes and the text does not.
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from '@microsoft/api-extractor';
import { libraryEntries } from './docs/library.mjs';
import { runCheck } from './lib/report.mjs';
import { findFiles, readText } from './lib/sources.mjs';

const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable', 'dom'],
  types: [],
  skipLibCheck: true,
};

/**
 * @param {import('./docs/library.mjs').Entry} entry
 * @param {readonly string[]} files - the declarations of all entries
 * @param {string} folder - where its report goes
 */
const configOf = ({ folder: projectFolder, name, types }, files, folder) =>
  ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, 'package.json'),
    configObject: {
      projectFolder,
      mainEntryPointFilePath: types,
      // Private packages are inside the published ones.
      bundledPackages: ['@skaha/*'],
      compiler: { overrideTsconfig: { compilerOptions, files } },
      apiReport: {
        enabled: true,
        reportFileName: name.replaceAll('/', '-'),
        reportFolder: folder,
        reportTempFolder: join(folder, 'new'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });

/** Names that a report says are exported. */
const exports =
  /^export (?:(?:abstract |declare )?(?:class|const|enum|function|interface|type) (\w+)|\{ \w+ as (\w+) \})/gm;

/** The name of what is not exported here. */
const declaration = /^(?:\/\/.*\n)*(?:abstract |declare )?\w+ (\w+?)(?:_\d+)?\b/;

/**
 * Writes every report.
 *
 * @param {string} directory - the repository, built
 * @param {string} folder - an empty one
 * @param {readonly string[]} [packages]
 * @returns {string[]} types and values that the public surface speaks of and no entry exports
 */
export function writeReports(directory, folder, packages) {
  const entries = libraryEntries(directory, packages);
  const files = entries.map(({ types }) => types);
  /** @type {Set<string>} */
  const spoken = new Set();
  /** @type {CompilerState | undefined} */
  let compilerState;
  for (const entry of entries) {
    const config = configOf(entry, files, folder);
    compilerState ??= CompilerState.create(config, { additionalEntryPoints: files });
    Extractor.invoke(config, {
      localBuild: true,
      compilerState,
      messageCallback: (message) => {
        message.handled = true;
        const [, name] = /^The symbol "(\w+?)(?:_\d+)?" needs to be/.exec(message.text) ?? [];
        if (message.messageId === 'ae-forgotten-export' && name) spoken.add(name);
      },
    });
  }
  rmSync(join(folder, 'new'), { recursive: true, force: true });
  const reports = findFiles(folder, () => true).map((path) => {
    const text = readText(folder, path);
    return { path, text, own: new Set([...text.matchAll(exports)].map(([, a, b]) => a ?? b)) };
  });
  const exported = new Set(reports.flatMap(({ own }) => [...own]));
  for (const { path, text } of reports) {
    const blocks = text.split('\n\n').filter((block) => {
      const name = declaration.exec(block)?.[1];
      // What another entry exports is in its own report.
      return /^export /m.test(block) || !exported.has(name);
    });
    writeFileSync(join(folder, path), blocks.join('\n\n'));
  }
  return [...spoken].filter((name) => !exported.has(name)).sort();
}

/**
 * @param {string} directory
 * @param {{packages?: readonly string[], update?: boolean}} [options]
 * @returns {string[]}
 */
export function checkApi(directory, { packages, update = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-api-'));
  try {
    const hidden = writeReports(directory, folder, packages);
    if (update) {
      rmSync(join(directory, 'api'), { recursive: true, force: true });
      cpSync(folder, join(directory, 'api'), { recursive: true });
    }
    const changed = findFiles(folder, () => true).flatMap((path) => {
      const kept = existsSync(join(directory, 'api', path))
        ? readText(directory, `api/${path}`).split('\n')
        : [];
      const now = readText(folder, path).split('\n');
      const line = now.findIndex((each, index) => each !== kept[index]);
      if (now.length === kept.length && line === -1) return [];
      return [
        `api/${path}:${line + 1}: the public surface changed (now: ${now[line]?.trim() || 'something is gone'}); if that is meant, run npm run api:update and say it in CHANGELOG.md`,
      ];
    });
    return [
      ...hidden.map(
        (name) =>
          `api: the public surface speaks of ${name}, which no entry point exports; export it with its documentation, or leave it out of what is public`,
      ),
      ...changed,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runCheck(import.meta, 'Public surface', (directory) =>
  checkApi(directory, { update: process.argv.includes('--update') }),
);
