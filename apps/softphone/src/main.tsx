import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme, storedPreferences } from './lib/preferences.ts';
import './styles/index.css';

// The pages for administrators: nothing of them loads with the phone.
const QualityApp = lazy(async () => ({
  default: (await import('./quality/app.tsx')).QualityApp,
}));

// Before the first picture, so that a dark page never flashes light.
applyTheme(storedPreferences.read().theme);

const root = document.getElementById('root');
if (root) {
  const quality = /^\/quality(\/|$)/.test(location.pathname);
  createRoot(root).render(
    <StrictMode>
      {quality ? (
        <Suspense>
          <QualityApp />
        </Suspense>
      ) : (
        <App />
      )}
    </StrictMode>,
  );
}
