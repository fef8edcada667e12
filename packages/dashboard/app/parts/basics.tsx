import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../api.js';
import { t, wordFor } from '../text.js';
import { Icon, type IconName, StatusMark } from './icons.js';

/** The state of a session: a word, a shape, a colour. */
export const Status = ({ status }: { status: string }) => (
  <span class={`status is-${status.toLowerCase()}`}>
    <StatusMark status={status} />
    <span>{wordFor(t.status, status) ?? status}</span>
  </span>
);

interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  /** What a screen reader says, where the button shows a picture alone. */
  readonly label?: string;
  readonly tone?: 'danger' | 'main' | 'plain' | 'quiet';
  readonly disabled?: boolean | undefined;
  readonly pressed?: boolean | undefined;
  readonly type?: 'button' | 'submit';
  /** Takes the focus when it appears. */
  readonly isFocused?: boolean | undefined;
  readonly onClick?: (event: MouseEvent) => void;
}

function focusOnce(element: HTMLElement | null): void {
  element?.focus();
}

/** Puts the focus on what the page is about, where the thing that had it is there no more. */
export function toMain(): void {
  document.querySelector<HTMLElement>('#content')?.focus({ preventScroll: true });
}

/** Closes what Escape closes; in a field that key empties it. */
export function onEscape({ key, target }: KeyboardEvent, close: () => void): void {
  if (key === 'Escape' && !(target instanceof HTMLInputElement)) close();
}

export const Button = ({
  children,
  icon,
  label,
  tone = 'plain',
  disabled,
  pressed,
  type = 'button',
  isFocused,
  onClick,
}: ButtonProps) => (
  <button
    type={type}
    ref={isFocused === true ? focusOnce : null}
    class={`button ${tone}${children === undefined ? ' square' : ''}`}
    aria-label={label}
    title={label}
    aria-pressed={pressed}
    disabled={disabled}
    onClick={onClick}
  >
    {icon === undefined ? null : <Icon name={icon} />}
    {children === undefined ? null : <span>{children}</span>}
  </button>
);

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
  readonly children: ComponentChildren;
}

/** Ids of what describes a field. */
export const describedBy = (id: string, hint: unknown, problem: unknown): string | undefined =>
  [hint === undefined ? '' : `${id}-hint`, problem === undefined ? '' : `${id}-problem`]
    .filter((one) => one !== '')
    .join(' ') || undefined;

/** A field with its label; what is wrong with it is said right there. */
export const Field = ({ id, label, hint, problem, children }: FieldProps) => (
  <div class={problem === undefined ? 'field' : 'field has-problem'}>
    <label for={id}>{label}</label>
    {children}
    {hint === undefined ? null : (
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
    )}
    {problem === undefined ? null : (
      <p class="problem" id={`${id}-problem`}>
        <Icon name="warning" />
        {problem}
      </p>
    )}
  </div>
);

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChange: (value: string) => void;
}

/** A choice whose label is for screen readers: its value says what it is about. */
export const Select = ({ label, value, options, onChange }: SelectProps) => (
  <select
    class="select"
    aria-label={label}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
  >
    {options.map(([key, words]) => (
      <option key={key} value={key}>
        {words}
      </option>
    ))}
  </select>
);

/** What went wrong, and what to do about it. */
export const ProblemBox = ({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) => (
  <div class="box bad" role="alert">
    <Icon name="warning" />
    <div>
      <p>{problem.message}</p>
      {problem.hint === undefined ? null : <p class="hint">{problem.hint}</p>}
    </div>
    {onRetry === undefined ? null : <Button onClick={onRetry}>{t.common.retry}</Button>}
  </div>
);

/** There is nothing to show. */
export const Empty = ({
  title,
  words,
  children,
}: {
  title: string;
  words?: string;
  children?: ComponentChildren;
}) => (
  <div class="empty">
    <h2>{title}</h2>
    {words === undefined ? null : <p>{words}</p>}
    {children}
  </div>
);

/** Copies a text. */
export const CopyButton = ({ text, label }: { text: string; label: string }) => {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  return (
    <Button
      icon={isCopied ? 'check' : 'copy'}
      tone="quiet"
      label={isCopied ? t.common.copied : t.common.copy(label)}
      onClick={copy}
    />
  );
};

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}

/** A question that has to be answered first. */
export const Dialog = ({ title, children, onClose }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    // One that is taken away with its dialog leaves the focus nowhere.
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) {
        opener.focus();
      } else toMain();
    };
  }, []);
  return (
    <dialog class="dialog" ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
};

/** A share of a whole, said in words next to it. */
export const Meter = ({ value, label, tone }: { value: number; label: string; tone?: string }) => (
  <div
    class={`meter ${tone ?? ''}`}
    role="meter"
    aria-label={label}
    aria-valuemin={0}
    aria-valuemax={100}
    aria-valuenow={Math.round(Math.min(1, value) * 100)}
  >
    <div style={{ width: `${Math.min(1, Math.max(0, value)) * 100}%` }} />
  </div>
);
