// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PreferencesProvider } from '../lib/preferences-provider.tsx';
import { storedRecents } from '../lib/recents.ts';
import { testIds } from '../testids.ts';
import { installBrowserStubs } from '../testing/browser-stubs.ts';
import { renderPhone } from '../testing/render-phone.tsx';
import { assistantTexts } from '../texts/assistant.ts';
import { commonTexts } from '../texts/common.ts';
import { manageTexts } from '../texts/manage.ts';
import { phoneTexts } from '../texts/phone.ts';
import { qualityTexts } from '../texts/quality.ts';
import { SignIn } from './sign-in.tsx';

installBrowserStubs();

function browserSpeaks(...languages: string[]): void {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages);
}

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no network')));
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('the language of the phone', () => {
  it('is that of the browser', async () => {
    browserSpeaks('de-AT', 'en');
    const { client } = renderPhone();
    await act(async () => client.ready());
    expect(screen.getByTestId(testIds.connectionState).textContent).toBe('Verbunden');
    await act(async () => void client.receiveCall('1002', 'Grace Hopper'));
    expect(screen.getByLabelText('Eingehender Anruf von Grace Hopper')).toBeTruthy();
    expect(document.title).toBe('Grace Hopper ruft an – Offhook');
  });

  it('is changed under settings, in a call too, and remembered', async () => {
    browserSpeaks('en-GB');
    const { client, unmount } = renderPhone();
    await act(async () => client.ready());
    await act(
      async () =>
        void client.addCall({ id: 'x', direction: 'outbound', number: '1002' }).to('active'),
    );
    fireEvent.click(screen.getByTestId(testIds.settings));
    fireEvent.click(screen.getByLabelText('Deutsch'));
    expect(screen.getByRole('heading', { name: 'Einstellungen' })).toBeTruthy();
    expect(screen.getByTestId(testIds.hangup).textContent).toBe('Auflegen');
    expect(document.documentElement.lang).toBe('de');
    unmount();
    renderPhone();
    expect(screen.getByTestId(testIds.settings).getAttribute('aria-label')).toBe('Einstellungen');
    fireEvent.click(screen.getByTestId(testIds.settings));
    fireEvent.click(screen.getByLabelText('Browser'));
    expect(screen.getByRole('heading', { name: 'Settings' })).toBeTruthy();
    expect(document.documentElement.lang).toBe('en');
  });

  it('is changed before the sign-in by the name of the other one', () => {
    browserSpeaks('en');
    render(
      <PreferencesProvider>
        <SignIn
          busy={false}
          restoring={false}
          failure={null}
          onSignIn={() => undefined}
          onCancel={() => undefined}
        />
      </PreferencesProvider>,
    );
    fireEvent.click(screen.getByRole('button', { name: 'Deutsch' }));
    expect(screen.getByTestId(testIds.signIn).textContent).toBe('Anmelden');
    expect(screen.getByRole('button', { name: 'English' })).toBeTruthy();
  });

  it('tells how earlier calls ended, also of a list that was written before it was chosen', () => {
    browserSpeaks('de');
    const recent = { number: '1', name: '', direction: 'inbound', at: 0, durationMs: 0 };
    localStorage.setItem(
      'offhook.recents.1001',
      JSON.stringify([
        { id: 'a', ...recent, outcome: 'missed', text: 'Missed call' },
        { id: 'b', ...recent, outcome: 'failed', ending: 'busy' },
        { id: 'c', ...recent, outcome: 'failed', ending: 'constructor' },
        { id: 'd', ...recent, outcome: 'toString' },
      ]),
    );
    expect(storedRecents('1001').read()).toHaveLength(3);
    renderPhone();
    const how = [...document.querySelectorAll('.recent__how')].map(
      ({ textContent }) => textContent,
    );
    expect(how).toEqual(['Verpasster Anruf', 'Besetzt', 'Anruf fehlgeschlagen']);
  });
});

/** All texts in a catalogue, by where they are; of one that is made of something, what it makes of `x`. */
function textsIn(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') {
    return [[path, value]];
  }
  // Nothing is to be said.
  if (value === null) {
    return [];
  }
  if (typeof value === 'function') {
    return textsIn((value as (...args: unknown[]) => unknown)('x', 'y', 'z', ''), path);
  }
  return Object.entries(value as object).flatMap(([key, part]) => textsIn(part, `${path}.${key}`));
}

it.each([
  ['phone', phoneTexts],
  ['common', commonTexts],
  ['pages on calls', qualityTexts],
  ['pages on users', manageTexts],
  ['page of the assistant', assistantTexts],
])('every text of the %s says something in each language', (_name, { en, de }) => {
  const english = textsIn(en);
  const german = new Map(textsIn(de));
  expect(german.size).toBe(english.length);
  const empty = english.filter(([path, text]) => (text === '') !== (german.get(path) === ''));
  expect(empty).toEqual([]);
  const informal = [...german].filter(([, text]) => /\b(du|dich|dein\w*|dir)\b/i.test(text));
  expect(informal).toEqual([]);
});
