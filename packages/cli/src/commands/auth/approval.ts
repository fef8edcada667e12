import { type Io, isMachine } from '@skaha/terminal/io.js';
import { createProgress } from '@skaha/terminal/output/progress.js';
import { plain, width } from '@skaha/terminal/output/text.js';
import type { Verification } from 'skaha/account';
import type { Deps } from '../../deps.js';

/** How to show where a login is approved. */
export interface ApprovalOptions {
  noBrowser: boolean;
  noQr: boolean;
}

/** `9:05` */
export function clockFace(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** An address as a QR code, when the terminal has room for it. */
async function qrCode(io: Io, address: string): Promise<string | undefined> {
  const { renderUnicodeCompact } = await import('uqr');
  const lines = renderUnicodeCompact(address, { ecc: 'L', border: 2 }).split('\n');
  if (Math.max(...lines.map(width)) + 2 > io.columns) return undefined;
  // Colours of its own, because not every reader takes light squares on a dark ground.
  const [on, off] = io.errStyle('bold', 'x') === 'x' ? ['', ''] : ['\u001B[97;40m', '\u001B[0m'];
  return lines.map((line) => `  ${on}${line}${off}\n`).join('');
}

/** Counts down on one line until it is told to stop. */
function countDown(io: Io, deps: Deps, milliseconds: number): () => void {
  const progress = createProgress(io);
  // A terminal that cannot write over a line is told once.
  if (io.env['TERM'] === 'dumb') io.err('Waiting for approval. Press Ctrl-C to cancel.\n');
  const stop = new AbortController();
  const end = deps.now() + milliseconds;
  const tick = async () => {
    for (;;) {
      const left = end - deps.now();
      progress.show(`Waiting for approval, ${clockFace(left)} left. Press Ctrl-C to cancel.`);
      if (left <= 0) return;
      await deps.clock.sleep(1000, AbortSignal.any([stop.signal, io.signal]));
    }
  };
  void tick().catch(() => undefined);
  return () => {
    stop.abort();
    progress.clear();
  };
}

async function openPage(io: Io, deps: Deps, url: string | undefined): Promise<void> {
  if (url === undefined || (await deps.openBrowser(url))) return;
  io.err('No browser could be opened here; open the address yourself.\n\n');
}

/**
 * Shows where a login is approved. On a terminal with everything that helps; elsewhere on one line,
 * and to a program as one JSON line.
 */
export class Approval {
  readonly #io: Io;
  readonly #deps: Deps;
  readonly #options: ApprovalOptions;
  #stop: () => void = () => {};

  constructor(io: Io, deps: Deps, options: ApprovalOptions) {
    this.#io = io;
    this.#deps = deps;
    this.#options = options;
  }

  /** Shows link and code of a login that is approved on any device. */
  async showCode(verification: Verification): Promise<void> {
    const { userCode, verificationUri, expiresInMs } = verification;
    const complete = verification.verificationUriComplete ?? verificationUri;
    const io = this.#io;
    if (isMachine(io.format)) {
      const event = {
        event: 'verification',
        verification_uri: verificationUri,
        verification_uri_complete: verification.verificationUriComplete ?? null,
        user_code: userCode,
        expires_in: Math.round(expiresInMs / 1000),
      };
      io.err(`${JSON.stringify(event)}\n`);
      return;
    }
    if (!io.errIsTty) {
      io.err(
        `Open ${plain(complete)} and approve the login with the code ${plain(userCode)}; it is valid for ${clockFace(expiresInMs)} minutes.\n`,
      );
      return;
    }
    io.err(`\nOpen this page, on this device or another, to approve the login:\n\n`);
    io.err(`  ${io.errStyle('bold', plain(complete))}\n\n`);
    io.err(`  Code: ${io.errStyle('bold', plain(userCode))}\n\n`);
    const useQr = !this.#options.noQr && io.env['TERM'] !== 'dumb';
    const picture = useQr ? await qrCode(io, complete) : undefined;
    if (picture !== undefined) io.err(`${picture}\n`);
    if (!this.#options.noBrowser) await openPage(io, this.#deps, verification.browserUrl);
    this.#stop = countDown(io, this.#deps, expiresInMs);
  }

  /** Opens the page of a login that is approved in the browser of this machine. */
  async openWeb(url: string, patienceMs: number): Promise<void> {
    const io = this.#io;
    if (isMachine(io.format)) {
      io.err(`${JSON.stringify({ event: 'authorization', url })}\n`);
      return;
    }
    io.err(`Approve the login in a browser on this machine:\n\n  ${plain(url)}\n\n`);
    if (!this.#options.noBrowser && io.errIsTty) await openPage(io, this.#deps, url);
    this.#stop = countDown(io, this.#deps, patienceMs);
  }

  /** Takes away what was shown only while waiting. */
  end(): void {
    this.#stop();
  }
}
