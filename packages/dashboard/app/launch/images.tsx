import { useEffect, useRef, useState } from 'preact/hooks';
import { shortImage } from '../format.js';
import { describedBy, Field } from '../parts/basics.js';
import { t } from '../text.js';
import { change, form, images, imagesAre } from './model.js';

/** Images of a kind that fit what was typed, by their project. */
function groupsOf(kind: string, text: string): [project: string, ids: string[]][] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, string[]>();
  for (const { id, types, project = '' } of images.value) {
    if (!types.includes(kind) || !words.every((word) => id.toLowerCase().includes(word))) continue;
    groups.set(project, [...(groups.get(project) ?? []), id]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

const idOf = (image: string): string => `image-${image.replace(/[^\w-]/g, '_')}`;

interface ListProps {
  readonly groups: readonly [string, string[]][];
  readonly active: string | undefined;
  readonly onPick: (image: string) => void;
}

/** Why there is nothing to choose from. */
const noneWords = {
  known: t.launch.imageNone,
  reading: t.launch.imagesReading,
  unknown: t.launch.imagesUnknown,
};

const ImageList = ({ groups, active, onPick }: ListProps) => (
  <div class="options" id="image-options" role="listbox" aria-label={t.launch.image}>
    {groups.map(([project, ids]) => (
      <div key={project} role="group" aria-label={project || t.launch.noProject}>
        <p class="options-head" aria-hidden="true">
          {project || t.launch.noProject}{' '}
          <span class="faint">{t.launch.imageCount(ids.length)}</span>
        </p>
        {ids.map((image) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above it has the keyboard
          <div
            key={image}
            id={idOf(image)}
            role="option"
            tabIndex={-1}
            class={image === active ? 'option active' : 'option'}
            aria-selected={image === form.value.image}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(image)}
          >
            {shortImage(image)}
          </div>
        ))}
      </div>
    ))}
  </div>
);

const Found = (props: ListProps) =>
  props.groups.length === 0 ? (
    <p class="options hint" role="status">
      {noneWords[imagesAre.value]}
    </p>
  ) : (
    <ImageList {...props} />
  );

/** Chooses an image among those of the kind, or one that the user writes. */
export const ImageField = ({ problem }: { problem: string | undefined }) => {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [place, setPlace] = useState(-1);
  const box = useRef<HTMLInputElement>(null);
  const { kind, image } = form.value;
  const groups = groupsOf(kind, text);
  const flat = groups.flatMap(([, ids]) => ids);
  const active = flat[place];
  useEffect(() => {
    if (active !== undefined)
      document.getElementById(idOf(active))?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const pick = (id: string) => {
    change({ image: id });
    setOpen(false);
    setText('');
    setPlace(-1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setOpen(true);
      setPlace((place + step + flat.length) % Math.max(1, flat.length));
    } else if (event.key === 'Enter' && isOpen && active !== undefined) {
      event.preventDefault();
      pick(active);
    } else if (event.key === 'Escape') setOpen(false);
  };
  return (
    <Field id="image" label={t.launch.image} problem={problem}>
      <div class="combo">
        <input
          id="image"
          ref={box}
          role="combobox"
          autocomplete="off"
          aria-expanded={isOpen}
          aria-controls={isOpen && groups.length > 0 ? 'image-options' : undefined}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && active !== undefined ? idOf(active) : undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={describedBy('image', undefined, problem)}
          placeholder={t.launch.imageSearch}
          value={isOpen ? text : image}
          onFocus={() => setOpen(true)}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onInput={(event) => {
            setOpen(true);
            setPlace(-1);
            setText(event.currentTarget.value);
            change({ image: event.currentTarget.value });
          }}
          onKeyDown={onKeyDown}
        />
        <div hidden={!isOpen}>
          <Found groups={groups} active={active} onPick={pick} />
        </div>
      </div>
    </Field>
  );
};
