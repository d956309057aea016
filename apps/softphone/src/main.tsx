import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme, chosenLanguage, storedPreferences } from './lib/preferences.ts';
import { applyLanguage } from './texts/language.ts';
import './styles/index.css';

// The pages for administrators: nothing of them loads with the phone.
const QualityApp = lazy(async () => ({
  default: (await import('./quality/app.tsx')).QualityApp,
}));

// Before the first picture, so that a dark page never flashes light.
const preferences = storedPreferences.read();
applyTheme(preferences.theme);
applyLanguage(chosenLanguage(preferences));

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
