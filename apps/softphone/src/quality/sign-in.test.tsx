// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AdminSignInWays } from '@offhook/protocol';
import { PreferencesProvider } from '../lib/preferences-provider.tsx';
import { testIds } from '../testids.ts';
import { AdminSignIn } from './sign-in.tsx';

const told: { ways: Promise<AdminSignInWays> } = { ways: Promise.reject(new Error('not asked')) };
told.ways.catch(() => undefined);
vi.mock('./api.ts', async (original) => ({
  ...(await original<object>()),
  signInWays: () => told.ways,
}));

const language = vi.spyOn(navigator, 'languages', 'get');
beforeEach(() => {
  language.mockReturnValue(['en']);
});
afterEach(() => {
  cleanup();
  localStorage.clear();
  history.replaceState(null, '', '/');
});

const show = (path: string, ways: AdminSignInWays): void => {
  history.replaceState(null, '', path);
  told.ways = Promise.resolve(ways);
  render(
    <PreferencesProvider>
      <AdminSignIn message={null} onSignedIn={() => undefined} />
    </PreferencesProvider>,
  );
};
const provider = { name: 'Example Login' };

it('shows the button of a provider beside the passwords, which comes back to the page', async () => {
  show('/quality/calls?page=2', { passwords: true, provider });
  const link = await screen.findByRole('link', { name: 'Sign in with Example Login' });
  expect(link.getAttribute('href')).toBe('/oidc/start?return_to=%2Fquality%2Fcalls%3Fpage%3D2');
  expect(screen.getByTestId(testIds.password)).toBeTruthy();
  expect(screen.queryByTestId(testIds.error)).toBeNull();
});

it('shows no passwords where there are none, in German too', async () => {
  language.mockReturnValue(['de-AT']);
  show('/quality/sign-in?failed=no_admin', { passwords: false, provider });
  const link = await screen.findByRole('link', { name: 'Mit Example Login anmelden' });
  expect(link.getAttribute('href')).toBe('/oidc/start?return_to=%2Fquality');
  expect(screen.queryByTestId(testIds.password)).toBeNull();
  expect(screen.getByTestId(testIds.error).textContent).toContain('kein Administrator');
});

it('shows no button without a provider, and no failure that the gateway does not know', async () => {
  show('/quality/sign-in?failed=constructor', { passwords: true, provider: null });
  await told.ways;
  await screen.findByTestId(testIds.signIn);
  expect(screen.queryByTestId(testIds.signInByProvider)).toBeNull();
  expect(screen.queryByTestId(testIds.error)).toBeNull();
});
