import type { KnownSessionKind } from '@skaha/wire/kinds.js';
import { type CatalogueImage, commandFor } from '../images/catalogue.js';
import type { PagePlan } from '../ports/runner.js';
import { isInstalled } from './find-program.js';
import { pageKind } from './pages.js';
import { desktopAppScript, desktopScript, notebookScript } from './scripts.js';

/** What a session of a kind runs. */
export interface KindPlan {
  /** Empty when neither the platform nor the catalogue names any. */
  readonly command: readonly string[];
  readonly page?: PagePlan | undefined;
  /** Why the programs of this machine cannot be this session, and what would help. */
  readonly missing?: string | undefined;
}

/** Where sessions run. */
export interface Ground {
  /** Whether it is the image's own programs that run. */
  readonly runsImages: boolean;
  /** Where sessions of this machine look for programs. */
  readonly path: string;
  /** The file of a program of the platform's own, by its name in the catalogue; undefined for others. */
  ownProgram(word: string): string | undefined;
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

/** Says what a session of this kind runs, serves and lacks. */
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
 * Whether a script of the platform's own finds the programs of a kind on this machine: unless the
 * image names a command for the kind, or is labelled for others only. One that the catalogue does
 * not know may be of any kind.
 */
const isScripted = (kind: string, image: CatalogueImage | undefined): boolean =>
  (kind === 'notebook' || kind === 'desktop') &&
  (image === undefined ||
    (image.types.includes(kind) && !Object.hasOwn(image.commands ?? {}, kind)));

/** What of its own the platform runs in an image; all else is up to the image. */
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

/** Kinds that run here what the catalogue says. */
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

/** Programs of the platform's own can do without a port, which others on the machine could reach. */
const listensOnSocket = (
  kind: KnownSessionKind,
  image: CatalogueImage | undefined,
  { runsImages, ownProgram }: Ground,
): boolean =>
  !runsImages &&
  (isScripted(kind, image) ||
    image?.socket === true ||
    commandFor(image, kind)?.some((word) => ownProgram(word) !== undefined) === true);
