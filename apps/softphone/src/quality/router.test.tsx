// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callPath, Link, navigate, parseRoute, pathOf, useRoute } from './router.tsx';

describe('an address', () => {
  it.each([
    ['/quality', 'overview'],
    ['/quality/', 'overview'],
    ['/quality/live', 'live'],
    ['/quality/calls', 'calls'],
    ['/quality/calls/a%2Fb', 'call'],
    ['/quality/sign-in', 'sign-in'],
    ['/quality/live/more', 'unknown'],
    ['/quality/nothing', 'unknown'],
    ['/quality/calls/a/b', 'unknown'],
  ])('%s is the page %s', (path, page) => {
    expect(parseRoute(path, '').page).toBe(page);
  });

  it('of a call leads back to it, whatever its id is made of', () => {
    for (const id of ['a/b', '%', 'ü?x=1', '7c1d2f64']) {
      expect(parseRoute(callPath(id), '')).toEqual({ page: 'call', id });
    }
    expect(parseRoute('/quality/calls/%E0%A4', '')).toEqual({ page: 'call', id: '%E0%A4' });
  });
});

describe('a link', () => {
  function Here() {
    return <p>{useRoute().page}</p>;
  }
  beforeEach(() => {
    history.replaceState(null, '', '/quality');
    vi.stubGlobal('scrollTo', () => undefined);
  });
  afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
  });

  it('changes the page without a reload, and the way back works', async () => {
    render(
      <>
        <Link to={pathOf('live')}>go</Link>
        <Here />
      </>,
    );
    fireEvent.click(screen.getByText('go'));
    expect(screen.getByText('live')).toBeTruthy();
    expect(location.pathname).toBe('/quality/live');
    const back = new Promise<void>((resolve) => {
      addEventListener('popstate', () => resolve(), { once: true });
    });
    history.back();
    await act(() => back);
    expect(screen.getByText('overview')).toBeTruthy();
  });

  it('is left to the browser when it is to open elsewhere', () => {
    render(<Link to={pathOf('live')}>go</Link>);
    expect(fireEvent.click(screen.getByText('go'), { ctrlKey: true })).toBe(true);
    expect(fireEvent.click(screen.getByText('go'))).toBe(false);
    act(() => navigate(pathOf('overview'), 'replace'));
  });
});
