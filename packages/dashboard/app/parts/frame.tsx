import { effect, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { login, logout, me, type Problem } from '../api.js';
import { now } from '../clock.js';
import { clockTime } from '../format.js';
import { link, lookNow } from '../live.js';
import { dismiss, type Notice, notices } from '../notices.js';
import { route, to } from '../router.js';
import { t } from '../text.js';
import { Button, Select, toMain } from './basics.js';
import { Icon, type IconName } from './icons.js';

/** How the dashboard can look. */
const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const storedTheme = localStorage.getItem('skaha.dashboard.theme');
const chosenTheme = signal<Theme>(themes.find((theme) => theme === storedTheme) ?? 'auto');

/** Looks so from now on, in this browser. */
function setTheme(name: string): void {
  chosenTheme.value = themes.find((theme) => theme === name) ?? 'auto';
  localStorage.setItem('skaha.dashboard.theme', chosenTheme.value);
}

effect(() => {
  if (chosenTheme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosenTheme.value;
});

const places = [
  'sessions',
  'launch',
  'batches',
  'storage',
  'platform',
] as const satisfies readonly IconName[];

const Navigation = () => (
  <nav class="navigation" aria-label={t.product}>
    {places.map((place) => (
      <a key={place} href={to(place)} aria-current={route.value[0] === place ? 'page' : undefined}>
        <Icon name={place} />
        <span>{t.views[place]}</span>
      </a>
    ))}
  </nav>
);

/** How the connection stands, in a word and a shape. */
const Connection = () => {
  const { state } = link.value;
  const words = {
    live: t.connection.live,
    connecting: t.connection.connecting,
    lost: t.connection.lost,
  };
  return (
    <span class={`connection is-${state}`}>
      <span class="dot" aria-hidden="true" />
      {words[state]}
    </span>
  );
};

const Account = () => (
  <div class="account">
    <div class="where">
      <span class="platform-name">{me.value?.name}</span>
      <Connection />
    </div>
    <Select
      label={t.account.theme}
      value={chosenTheme.value}
      options={themes.map((theme) => [theme, t.account.themes[theme]])}
      onChange={setTheme}
    />
    <Button icon="user" tone="quiet" onClick={() => void logout()}>
      {t.account.logout}
    </Button>
  </div>
);

/** What is the matter, in a sentence, and what is known of it and can be done. */
function wordsOf(problem: Problem | undefined): { first: string; more: string } {
  const { code = '', message = '', hint = '' } = problem ?? {};
  if (code === 'dashboard.away') return { first: message, more: hint };
  const isLogin = /^(?:authentication|config|context)\./.test(code);
  return isLogin
    ? { first: t.connection.loginWords, more: `${message} ${t.connection.loginHint}` }
    : { first: t.connection.lostWords, more: `${message} ${hint}` };
}

/** Says that the platform is out of reach, and when it is asked again. */
const Banner = () => {
  const { state, problem, again, at } = link.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (state !== 'lost') return undefined;
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, [state]);
  if (state !== 'lost') return null;
  const { first, more } = wordsOf(problem);
  const seconds = Math.ceil(((again ?? now.value) - Date.now()) / 1_000);
  return (
    <div class="banner">
      <Icon name="warning" />
      <p>
        <strong>{first}</strong> <span class="fine">{more}</span>{' '}
        <span class="fine" aria-hidden="true">
          {t.connection.again(seconds)}
        </span>{' '}
        {at === undefined ? null : (
          <span class="fine">{t.connection.asOf(clockTime(new Date(at)))}</span>
        )}
      </p>
      <Button onClick={lookNow}>{t.connection.now}</Button>
    </div>
  );
};

const NoticeBox = ({ notice }: { notice: Notice }) => (
  <div class={`notice ${notice.tone}`}>
    <div class="notice-words">
      <p>{notice.text}</p>
      {notice.hint === undefined ? null : <p class="hint">{notice.hint}</p>}
      {notice.items === undefined ? null : (
        <ul class="outcomes" aria-label={t.actions.outcomes}>
          {notice.items.map(({ label, ok, words }, index) => (
            <li key={`${label} ${index}`} class={ok ? 'ok' : 'not-ok'}>
              <Icon name={ok ? 'check' : 'warning'} />
              <strong>{label}</strong> {words}
            </li>
          ))}
        </ul>
      )}
    </div>
    {notice.actions?.map(({ label, run }, index) => (
      <Button
        key={label}
        isFocused={index === 0 && notice.takesFocus}
        onClick={() => {
          run();
          toMain();
        }}
      >
        {label}
      </Button>
    ))}
    <Button
      icon="close"
      tone="quiet"
      label={t.common.close}
      onClick={() => {
        dismiss(notice.id);
        toMain();
      }}
    />
  </div>
);

/** What is said in passing; screen readers hear it. */
const Notices = () => (
  <div class="notices" role="status" aria-live="polite">
    {notices.value.map((notice) => (
      <NoticeBox key={notice.id} notice={notice} />
    ))}
  </div>
);

/** The way in, for a browser that is not logged in. */
export const Login = () => (
  <main class="login" id="content">
    <img src="/icon.svg" alt="" width={56} height={56} />
    <h1>{t.login.title}</h1>
    <p>{login.value === 'spent' ? t.login.spent : t.login.words}</p>
    <dl>
      <dt>{t.login.any}</dt>
      <dd>
        <code>{t.login.anyCommand}</code>
      </dd>
      <dt>{t.login.platform}</dt>
      <dd>
        <code>{t.login.platformCommand}</code>
      </dd>
    </dl>
  </main>
);

/** What stands around every view. */
export const Frame = ({ children }: { children: ComponentChildren }) => (
  <div class="frame">
    {/* biome-ignore lint/a11y/useValidAnchor: a link is what people expect first on a page */}
    <a class="skip" href="#content" onClick={(event) => toContent(event)}>
      {t.skip}
    </a>
    <header class="side">
      <a class="brand" href={to('sessions')}>
        <img src="/icon.svg" alt="" width={32} height={32} />
        <span>
          <strong>{t.product}</strong>
          <small>{t.tagline}</small>
        </span>
      </a>
      <Navigation />
      <Account />
    </header>
    <div class="body">
      <div role="status" aria-live="polite">
        <Banner />
      </div>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
    <Notices />
  </div>
);

/** The hash of the address is the view: a jump must not change it. */
function toContent(event: MouseEvent): void {
  event.preventDefault();
  toMain();
}
