import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { parseRecord } from '@skaha/base/json.js';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';

/** How the owner's other processes reach a running platform. */
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

/** How often a platform looks whether its file is still there. */
const lookMs = 1_000;

/**
 * Writes the file, and again whenever it is lost: without it the owner cannot reach the platform.
 * The certificate of the authority, which they need as well, is kept in the same way.
 *
 * @returns ends it
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
      // A full disk, or a directory that is gone: the next look tries again.
    }
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Reads the file; it says nothing about whether that platform still runs. */
export function readServerFile(layout: DataLayout): ServerFile | undefined {
  const { port, pid, control } = parseRecord(readIfPresent(layout.server) ?? '') ?? {};
  return typeof port === 'number' && typeof pid === 'number' && typeof control === 'string'
    ? { port, pid, control }
    : undefined;
}

/** Removes the file of this platform; that of a successor stays. */
export function removeServerFile(layout: DataLayout, control: string): void {
  if (readServerFile(layout)?.control === control) rmSync(layout.server, { force: true });
}
