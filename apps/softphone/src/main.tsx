import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme, storedPreferences } from './lib/preferences.ts';
import './styles/index.css';

// Before the first picture, so that a dark page never flashes light.
applyTheme(storedPreferences.read().theme);

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
