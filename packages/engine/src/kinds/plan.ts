import { delimiter, isAbsolute, join } from 'node:path';
import { isProgram } from '@skaha/base/is-program.js';
import type { KnownSessionKind } from '@skaha/wire/kinds.js';
import { type CatalogueImage, commandFor } from '../images/catalogue.js';
import type { PagePlan } from '../ports/runner.js';
import { pageKind } from './pages.js';
import { desktopAppScript, desktopScript, notebookScript } from './scripts.js';

/** What a session of a kind runs. */
export interface KindPlan {
  /** Empty if neither the platform nor the catalogue has one. */
  readonly command: readonly string[];
  readonly page?: PagePlan | undefined;
  /** Why this machine cannot run the session, and what to install. */
  readonly missing?: string | undefined;
}

/** Where sessions run. */
export interface Ground {
  /** Whether sessions run the programs of their image. */
  readonly runsImages: boolean;
  /** Where sessions on this machine search for programs, as in `PATH`. */
  readonly path: string;
  /** The file of a program that comes with the platform; undefined for other words. */
  ownProgram(word: string): string | undefined;
}

/**
 * Whether sessions on this machine find a program.
 *
 * @param path - folders to search, as in `PATH`
 */
export function isInstalled(program: string, path: string): boolean {
  if (isAbsolute(program)) return isProgram(program);
  return path.split(delimiter).some((folder) => isProgram(join(folder, program)));
}

const script = (text: string, name: string, ...rest: readonly string[]): string[] => [
  '/bin/sh',
  '-c',
  text,
  name,
  ...rest,
];

const containers = 'Or run sessions in containers (runner: container)';

const needs = {
  notebook:
    'A notebook session needs a Jupyter server: install JupyterLab or Notebook ' +
    `(Debian, Ubuntu: apt install jupyter-notebook python3-ipykernel). ${containers}`,
  desktop:
    'A desktop session needs a VNC server and a window manager: install them ' +
    `(Debian, Ubuntu: apt install tigervnc-standalone-server openbox xterm). ${containers}`,
};

/** Decides what a session of this kind runs and serves, and what it lacks. */
export function planKind(
  kind: KnownSessionKind,
  reference: string,
  image: CatalogueImage | undefined,
  ground: Ground,
): KindPlan {
  const known = commandFor(image, kind);
  const page = pageKind(kind);
  const plan = ground.runsImages
    ? inImage(kind)
    : onMachine(kind, { reference, known, isScripted: isScripted(kind, image) }, ground);
  return page === undefined
    ? plan
    : { ...plan, page: { port: page.port, socket: listensOnSocket(kind, image, ground) } };
}

/**
 * Whether the platform's own script runs a kind on this machine: unless the image names a command
 * for the kind, or is labelled only for others. An image that is not in the catalogue may be of any
 * kind.
 */
const isScripted = (kind: string, image: CatalogueImage | undefined): boolean =>
  (kind === 'notebook' || kind === 'desktop') &&
  (image === undefined ||
    (image.types.includes(kind) && !Object.hasOwn(image.commands ?? {}, kind)));

/** What the platform itself runs in an image; for other kinds, the image decides. */
const inImage = (kind: KnownSessionKind): KindPlan => ({
  command: kind === 'notebook' ? script(notebookScript, 'notebook') : [],
});

interface Wanted {
  readonly reference: string;
  readonly known: readonly string[] | undefined;
  readonly isScripted: boolean;
}

function onMachine(kind: KnownSessionKind, wanted: Wanted, ground: Ground): KindPlan {
  const has = (program: string) => isInstalled(program, ground.path);
  if (kind === 'notebook' && wanted.isScripted) {
    const ready = has('jupyter-lab') || has('jupyter-notebook');
    return {
      command: script(notebookScript, 'notebook'),
      missing: ready ? undefined : needs.notebook,
    };
  }
  if (kind === 'desktop' && wanted.isScripted) {
    const ready = has('Xtigervnc') || has('Xvnc');
    return {
      command: script(desktopScript, 'desktop'),
      missing: ready ? undefined : needs.desktop,
    };
  }
  const known = wanted.known?.map((word) => ground.ownProgram(word) ?? word);
  return named(kind, { ...wanted, known }, has);
}

/** Plans a kind that runs what the catalogue says. */
function named(
  kind: KnownSessionKind,
  { reference, known: command = [] }: Wanted,
  has: (program: string) => boolean,
): KindPlan {
  if (kind === 'headless') return { command };
  const [program] = command;
  if (program === undefined) return { command: [], missing: nothingNamed(kind, reference) };
  const missing = has(program)
    ? undefined
    : `The image ${reference} needs the program "${program}", which is not installed here: ` +
      `install it. ${containers}`;
  return {
    command: kind === 'desktop-app' ? script(desktopAppScript, 'app', ...command) : command,
    missing,
  };
}

function nothingNamed(kind: KnownSessionKind, reference: string): string {
  if (kind === 'carta' || kind === 'firefly') {
    return (
      `A ${kind} session runs from its image: install Podman or Docker and run sessions in ` +
      'containers (runner: container)'
    );
  }
  return (
    `The image ${reference} has no program for a ${kind} session: give it one in the ` +
    `configuration of the platform (images, commands: { ${kind}: [...] }). ${containers}`
  );
}

/** The platform's programs listen on a unix socket: other users could reach a port. */
const listensOnSocket = (
  kind: KnownSessionKind,
  image: CatalogueImage | undefined,
  { runsImages, ownProgram }: Ground,
): boolean =>
  !runsImages &&
  (isScripted(kind, image) ||
    image?.socket === true ||
    commandFor(image, kind)?.some((word) => ownProgram(word) !== undefined) === true);
