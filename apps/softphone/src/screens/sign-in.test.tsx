import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SignIn } from './sign-in.tsx';
import type { Session } from '../session/session.ts';
import { testIds } from '../testids.ts';

let answers: Record<string, () => Response>;

beforeEach(() => {
  answers = {};
  vi.stubGlobal('fetch', (url: string) =>
    Promise.resolve(answers[url]?.() ?? new Response('', { status: 404 })),
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function show() {
  const sessions: Session[] = [];
  await act(async () => {
    render(
      <SignIn
        busy={false}
        restoring={false}
        failure={null}
        onSignIn={(session) => sessions.push(session)}
        onCancel={() => undefined}
      />,
    );
  });
  return sessions;
}

const type = (id: string, value: string) =>
  fireEvent.change(screen.getByTestId(id), { target: { value } });
const submit = () => fireEvent.submit(screen.getByTestId(testIds.signIn).closest('form')!);

describe('signing in', () => {
  it('takes one click for each user of a demo', async () => {
    answers['/demo/info'] = () => Response.json({ users: ['1001', '1002'] });
    answers['/demo/session'] = () => Response.json({ login_token: 'token', user: '1002' });
    const sessions = await show();
    await act(async () => void fireEvent.click(screen.getByTestId(testIds.signInAs('1002'))));
    expect(sessions).toEqual([
      { kind: 'demo', gateway: 'ws://localhost:3000', user: '1002', token: 'token' },
    ]);
  });

  it('offers no demo where the gateway runs none, or answers with a page', async () => {
    answers['/demo/info'] = () =>
      new Response('<html>', { headers: { 'content-type': 'text/html' } });
    await show();
    expect(screen.queryByText('Try it as')).toBeNull();
  });

  it('says why when the demo gives no token', async () => {
    answers['/demo/info'] = () => Response.json({ users: ['1001'] });
    answers['/demo/session'] = () => Response.json({ message: 'Not here' }, { status: 403 });
    const sessions = await show();
    await act(async () => void fireEvent.click(screen.getByTestId(testIds.signInAs('1001'))));
    expect(sessions).toEqual([]);
    expect(screen.getByTestId(testIds.error).textContent).toContain('403: Not here');
  });

  it('takes a user name and a password, at this page’s gateway unless told otherwise', async () => {
    const sessions = await show();
    type(testIds.login, ' 1001 ');
    type(testIds.password, ' secret ');
    submit();
    type(testIds.gateway, 'calls.example.com');
    submit();
    const session = { kind: 'password', login: '1001', password: ' secret ' };
    expect(sessions).toEqual([
      { ...session, gateway: 'ws://localhost:3000' },
      { ...session, gateway: 'wss://calls.example.com' },
    ]);
  });

  it('takes a token instead', async () => {
    const sessions = await show();
    fireEvent.click(screen.getByTestId(testIds.authKind('token')));
    type(testIds.token, '\nabc.def.ghi ');
    submit();
    expect(sessions[0]).toMatchObject({ kind: 'token', token: 'abc.def.ghi' });
    expect(screen.queryByTestId(testIds.password)).toBeNull();
  });

  it('refuses an address that is none, in words', async () => {
    const sessions = await show();
    type(testIds.gateway, 'not an address');
    submit();
    expect(sessions).toEqual([]);
    expect(screen.getByTestId(testIds.error).textContent).toContain('wss://calls.example.com');
  });
});
