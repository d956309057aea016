// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { LiveSessions, SessionView } from '@offhook/protocol';
import { testIds } from '../testids.ts';
import { SessionsPage } from './sessions-page.tsx';

const told: { sessions: LiveSessions['sessions'] } = { sessions: [] };
vi.mock('./api.ts', async (original) => ({
  ...(await original<object>()),
  load: () => Promise.resolve({ now: 10_000, sessions: told.sessions }),
}));

const session = (user: string): SessionView => ({
  user,
  displayName: user,
  guestOf: null,
  address: '192.0.2.1',
  since: 1_000,
  client: null,
  browser: null,
  calls: 0,
  online: true,
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('a question stays asked when a session above it ends', async () => {
  vi.useFakeTimers();
  told.sessions = [session('ann'), session('ben')];
  render(<SessionsPage />);
  await act(() => vi.advanceTimersByTimeAsync(0));
  const rows = screen.getAllByTestId(testIds.qualitySession);
  const ben = rows.find((row) => row.dataset['user'] === 'ben');
  fireEvent.click(within(ben ?? document.body).getByTestId(testIds.qualityEnd));
  expect(screen.getByRole('group', { name: 'Sign ben out, with all calls?' })).toBeTruthy();
  told.sessions = [session('ben')];
  await act(() => vi.advanceTimersByTimeAsync(5_000));
  expect(screen.getAllByTestId(testIds.qualitySession)).toHaveLength(1);
  expect(screen.getByRole('group', { name: 'Sign ben out, with all calls?' })).toBeTruthy();
});
