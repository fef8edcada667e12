import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { parseRecord } from '@skaha/base/json.js';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';

/** How other processes of the owner reach a running platform. */
export interface ServerFile {
  readonly port: number;
  readonly pid: number;
  /** Authorises control requests; a secret, new with every start. */
  readonly control: string;
}

/** Writes the file, readable by the owner only. */
function writeServerFile(layout: DataLayout, content: ServerFile): void {
  replaceFileSync(layout.server, `${JSON.stringify(content)}\n`);
}

/** How often a platform checks whether its file still exists. */
const lookMs = 1_000;

/**
 * Writes the file, and again whenever it is lost, because the owner needs it to reach the platform.
 * The same is done with the certificate of the authority, which the owner needs too.
 *
 * @returns a function that ends this
 */
export function keepServerFile(layout: DataLayout, content: ServerFile, ca: string): () => void {
  writeServerFile(layout, content);
  const timer = setInterval(() => {
    try {
      if (readServerFile(layout)?.control !== content.control) {
        mkdirSync(layout.secrets, { recursive: true, mode: 0o700 });
        writeServerFile(layout, content);
      }
      if (!existsSync(layout.ca)) replaceFileSync(layout.ca, ca, 0o644);
    } catch {
      // The disk is full, or the directory is missing: tried again at the next check.
    }
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Reads the file, which does not mean that the platform is still running. */
export function readServerFile(layout: DataLayout): ServerFile | undefined {
  const { port, pid, control } = parseRecord(readIfPresent(layout.server) ?? '') ?? {};
  return typeof port === 'number' && typeof pid === 'number' && typeof control === 'string'
    ? { port, pid, control }
    : undefined;
}

/** Removes the file of this platform, but not that of a successor. */
export function removeServerFile(layout: DataLayout, control: string): void {
  if (readServerFile(layout)?.control === control) rmSync(layout.server, { force: true });
}
