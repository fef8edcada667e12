import { effect } from '@preact/signals';
import { type ComponentType, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { findMe, login, me, problemOf, takeKey } from './api.js';
import { keepLive, link, sessions } from './live.js';
import { Empty, ProblemBox } from './parts/basics.js';
import { Frame, Login } from './parts/frame.js';
import { route, to } from './router.js';
import { SessionsView } from './sessions/view.js';
import { t } from './text.js';

/** A view that is fetched when it is first shown. */
function lazy(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return () => {
    const [, arrived] = useState(0);
    const [error, setError] = useState<unknown>(undefined);
    useEffect(() => {
      if (loaded !== undefined) return;
      load().then((view) => {
        loaded = view;
        arrived((count) => count + 1);
      }, setError);
    }, []);
    if (error !== undefined) {
      return <ProblemBox problem={problemOf(error)} onRetry={() => location.reload()} />;
    }
    const View = loaded;
    return View === undefined ? <p class="loading">{t.common.loading}</p> : <View />;
  };
}

const views = {
  launch: lazy(() => import('./launch/view.js').then((module) => module.LaunchView)),
  batches: lazy(() => import('./batches/view.js').then((module) => module.BatchesView)),
  storage: lazy(() => import('./storage/view.js').then((module) => module.StorageView)),
  platform: lazy(() => import('./platform/view.js').then((module) => module.PlatformView)),
};

const isView = (name: string | undefined): name is keyof typeof views =>
  name !== undefined && Object.hasOwn(views, name);

const Nowhere = () => (
  <Empty title={t.nowhere.title} words={t.nowhere.words}>
    <a class="button main" href={to('sessions')}>
      <span>{t.views.sessions}</span>
    </a>
  </Empty>
);

/** What is shown, the most special first: of many tabs each is found again. */
function titleOf([name, one, , file]: readonly string[]): string {
  const view = isView(name) || name === 'sessions' ? t.views[name] : t.nowhere.title;
  const shown = {
    sessions: sessions.value.get(one ?? '')?.name,
    batches: one,
    storage: file,
  }[name ?? ''];
  return [shown, view, me.value?.name, t.product].filter(Boolean).join(' · ');
}

/** As long as nobody has said who is here. */
const Starting = () => {
  const { problem } = link.value;
  return problem === undefined ? (
    <p class="starting">{t.common.loading}</p>
  ) : (
    <main class="login" id="content">
      <h1>{t.connection.lost}</h1>
      <ProblemBox problem={problem} />
      <p>{t.connection.goesOn}</p>
    </main>
  );
};

const App = () => {
  const [name] = route.value;
  if (login.value !== 'in') return <Login />;
  if (me.value === undefined) return <Starting />;
  const View = isView(name) ? views[name] : name === 'sessions' ? SessionsView : Nowhere;
  return (
    <Frame>
      <View key={name} />
    </Frame>
  );
};

/** The server of this page may be away, too, when the page starts. */
async function begin(): Promise<void> {
  for (;;) {
    try {
      await findMe();
      keepLive();
      return;
    } catch (error) {
      if (login.value !== 'in') return;
      link.value = { state: 'lost', at: undefined, problem: problemOf(error) };
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
  }
}

/** A platform that is back may be another one: it was set up again, or the login leads elsewhere. */
async function greetAgain(): Promise<void> {
  const place = () => `${me.value?.server} ${me.value?.version}`;
  const before = place();
  await findMe().catch(() => undefined);
  if (place() !== before) location.reload();
}

document.documentElement.lang = t.language;
let stateBefore = link.value.state;
effect(() => {
  const { state } = link.value;
  if (stateBefore === 'lost' && state === 'live' && me.value !== undefined) void greetAgain();
  stateBefore = state;
});
effect(() => {
  document.title = titleOf(route.value);
});
takeKey();
const root = document.querySelector('#app');
if (root !== null) render(<App />, root);
void begin();
