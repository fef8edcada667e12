import { render } from 'preact';
import { findMe, login, me, takeKey } from './api.js';
import { keepLive, link } from './live.js';
import { Frame, Login } from './parts/frame.js';
import { lazy } from './parts/lazy.js';
import { route } from './router.js';
import { SessionsView } from './sessions/view.js';
import { t } from './text.js';

const views = {
  launch: lazy(() => import('./launch/view.js').then((module) => module.LaunchView)),
  batches: lazy(() => import('./batches/view.js').then((module) => module.BatchesView)),
  storage: lazy(() => import('./storage/view.js').then((module) => module.StorageView)),
  platform: lazy(() => import('./platform/view.js').then((module) => module.PlatformView)),
};

const isView = (name: string | undefined): name is keyof typeof views =>
  name !== undefined && name in views;

const App = () => {
  const [name] = route.value;
  if (login.value !== 'in') return <Login />;
  if (me.value === undefined) return <p class="starting">{t.common.loading}</p>;
  document.title = `${isView(name) ? t.views[name] : t.views.sessions} · ${t.product}`;
  const View = isView(name) ? views[name] : SessionsView;
  return (
    <Frame>
      <View key={name} />
    </Frame>
  );
};

/** Whoever serves this page may be away, too, when it begins. */
async function begin(): Promise<void> {
  for (;;) {
    try {
      await findMe();
      keepLive();
      return;
    } catch {
      if (login.value !== 'in') return;
      link.value = { state: 'lost', at: undefined };
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
  }
}

document.documentElement.lang = t.language;
takeKey();
const root = document.querySelector('#app');
if (root !== null) render(<App />, root);
void begin();
