import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { problemOf } from '../api.js';
import { t } from '../text.js';
import { ProblemBox } from './basics.js';

/** A view that is fetched when it is first shown. */
export function lazy(load: () => Promise<ComponentType>): ComponentType {
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
