import { act, cleanup, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '@offhook/client';
import { installBrowserStubs } from '../testing/browser-stubs.ts';
import { renderPhone } from '../testing/render-phone.tsx';
import { testIds } from '../testids.ts';

installBrowserStubs();
beforeEach(() => localStorage.clear());
afterEach(cleanup);

const get = (id: string) => screen.getByTestId(id);
const click = (id: string) => fireEvent.click(get(id));
const press = (key: string, target: Element = document.body) => fireEvent.keyDown(target, { key });
const cards = () => screen.queryAllByTestId(testIds.callCard);
const input = () => get(testIds.dialInput) as HTMLInputElement;

function ready() {
  const phone = renderPhone();
  act(() => phone.client.ready());
  return phone;
}

/** A call that the phone placed and somebody answered. */
function talking(phone: ReturnType<typeof renderPhone>, number = '1002') {
  let call!: ReturnType<typeof phone.client.newCall>;
  act(() => {
    call = phone.client.newCall({ destinationNumber: number }).to('active');
  });
  return call;
}

describe('calling', () => {
  it('dials what the keypad typed', () => {
    const { client } = ready();
    for (const key of '10*2#') {
      click(testIds.dialKey(key));
    }
    expect(input().value).toBe('10*2#');
    click(testIds.dialClear);
    click(testIds.callButton);
    expect(client.actions).toContainEqual(['newCall', '10*2']);
    expect(input().value).toBe('');
  });

  it('dials what was typed when Enter is pressed', () => {
    const { client } = ready();
    fireEvent.change(input(), { target: { value: ' sip:1002@example.com ' } });
    fireEvent.submit(input().form as HTMLFormElement);
    expect(client.actions).toContainEqual(['newCall', 'sip:1002@example.com']);
  });

  it('offers the last number again when the field is empty', () => {
    const phone = ready();
    const call = talking(phone);
    act(() => void call.end());
    click(testIds.callButton);
    expect(input().value).toBe('1002');
    expect(cards()).toHaveLength(0);
  });

  it('waits for the connection', () => {
    const { client } = renderPhone();
    fireEvent.change(input(), { target: { value: '1002' } });
    expect(get(testIds.callButton)).toHaveProperty('disabled', true);
    fireEvent.submit(input().form as HTMLFormElement);
    expect(client.actions).toEqual([]);
  });

  it('says that the far end rings, and what became of the call', () => {
    const { client } = ready();
    let call!: ReturnType<typeof client.newCall>;
    act(() => {
      call = client.newCall({ destinationNumber: '1002' }).to('trying');
    });
    expect(get(testIds.callCard).textContent).toContain('Calling…');
    act(() => void call.ring());
    expect(get(testIds.callCard).textContent).toContain('Ringing…');
    act(() => void call.end('SUBSCRIBER_ABSENT', 20));
    expect(cards()).toHaveLength(0);
    expect(get(testIds.lastCall).textContent).toContain('Not signed in');
    expect(get(testIds.lastCall).dataset['cause']).toBe('SUBSCRIBER_ABSENT');
  });
});

describe('on a narrow screen', () => {
  const view = () => document.querySelector('.phone')?.getAttribute('data-view');

  it('a call comes into view, and the keypad comes back after it', () => {
    const phone = ready();
    expect(view()).toBe('keypad');
    const call = talking(phone);
    expect(view()).toBe('calls');
    act(() => void call.end());
    expect(view()).toBe('keypad');
  });

  it('a call that failed stays in view, with what to do', () => {
    const { client } = ready();
    let call!: ReturnType<typeof client.newCall>;
    act(() => {
      call = client.newCall({ destinationNumber: '1002' }).to('trying');
    });
    act(() => void call.end('USER_BUSY', 17));
    expect(view()).toBe('calls');
    click(testIds.tab('keypad'));
    expect(view()).toBe('keypad');
  });
});

describe('the keypad of a call', () => {
  it('is put away while the call is on hold', () => {
    const phone = ready();
    const call = talking(phone);
    click(testIds.dtmfToggle);
    expect(get(testIds.dtmfToggle).getAttribute('aria-expanded')).toBe('true');
    act(() => void call.to('held'));
    expect(get(testIds.dtmfToggle).getAttribute('aria-expanded')).toBe('false');
    expect(get(testIds.dtmfToggle)).toHaveProperty('disabled', true);
  });
});

describe('a call that comes in', () => {
  it('shows who calls, without taking the focus from a person who types', () => {
    const { client } = ready();
    input().focus();
    press('a', input());
    act(() => void client.receiveCall('1002', 'Grace Hopper'));
    expect(screen.getByLabelText('Incoming call from Grace Hopper')).toBeTruthy();
    expect(cards()).toHaveLength(0);
    expect(document.activeElement).toBe(input());
    expect(document.title).toBe('Grace Hopper is calling – Offhook');
  });

  it('is answered by its key while the number field has the focus that nobody gave it', () => {
    const { client } = ready();
    input().focus();
    act(() => void client.receiveCall('1002'));
    expect(document.activeElement).toBe(document.body);
    press('a', document.activeElement ?? document.body);
    expect(get(testIds.callCard).dataset['callState']).toBe('active');
  });

  it('is answered, and the focus goes to it', async () => {
    const { client } = ready();
    act(() => void client.receiveCall('1002'));
    get(testIds.answer).focus();
    click(testIds.answer);
    expect(get(testIds.callCard).dataset['callState']).toBe('active');
    expect(screen.queryByTestId(testIds.incoming)).toBeNull();
    await act(() => Promise.resolve());
    expect(document.activeElement).toBe(get(testIds.callCard));
  });

  it('is declined', () => {
    const { client } = ready();
    let call!: ReturnType<typeof client.receiveCall>;
    act(() => {
      call = client.receiveCall('1002');
    });
    click(testIds.reject);
    expect(call.actions).toEqual([['reject']]);
    expect(get(testIds.lastCall).textContent).toContain('Declined');
  });

  it('is a missed call when the caller gives up', () => {
    const { client } = ready();
    act(() => void client.receiveCall('1002').end('ORIGINATOR_CANCEL', 487));
    expect(get(testIds.lastCall).dataset['outcome']).toBe('missed');
    expect(screen.getByText('Call back')).toBeTruthy();
  });

  it('puts the active call on hold when it is answered', () => {
    const phone = ready();
    const first = talking(phone);
    act(() => void phone.client.receiveCall('1003'));
    expect(get(testIds.answer).textContent).toBe('Hold & answer');
    click(testIds.answer);
    expect(first.actions).toEqual([['hold']]);
    expect(cards().map((card) => card.dataset['callState'])).toEqual(['held', 'active']);
  });
});

describe('during a call', () => {
  it('mutes and unmutes', () => {
    const call = talking(ready());
    click(testIds.mute);
    expect(get(testIds.callCard).dataset['muted']).toBe('true');
    expect(get(testIds.mute).getAttribute('aria-pressed')).toBe('true');
    click(testIds.mute);
    expect(call.actions).toEqual([['muteAudio'], ['unmuteAudio']]);
  });

  it('holds and resumes, and tells when the other side holds', () => {
    const call = talking(ready());
    click(testIds.hold);
    expect(get(testIds.callCard).dataset['callState']).toBe('held');
    click(testIds.hold);
    expect(call.actions).toEqual([['hold'], ['unhold']]);
    act(() => void call.holdRemotely(true));
    expect(get(testIds.callCard).textContent).toContain('They put you on hold');
  });

  it('sends the digits of its own keypad', () => {
    const call = talking(ready());
    expect(get(testIds.dtmfToggle).getAttribute('aria-expanded')).toBe('false');
    click(testIds.dtmfToggle);
    for (const key of '4#') {
      click(testIds.dtmfKey(key));
    }
    expect(call.actions).toEqual([
      ['dtmf', '4'],
      ['dtmf', '#'],
    ]);
    expect(input().value).toBe('');
  });

  it('resuming one of two calls holds the other', () => {
    const phone = ready();
    const first = talking(phone, '1002');
    act(() => void first.to('held'));
    const second = talking(phone, '1003');
    const [card] = cards();
    fireEvent.click(within(card as HTMLElement).getByTestId(testIds.hold));
    expect(first.state).toBe('active');
    expect(second.state).toBe('held');
  });

  it('hangs up, and the focus returns to the number field', async () => {
    const call = talking(ready());
    get(testIds.hangup).focus();
    click(testIds.hangup);
    expect(call.actions).toEqual([['hangup']]);
    await act(() => Promise.resolve());
    expect(document.activeElement).toBe(input());
  });
});

describe('the keyboard', () => {
  it('answers, mutes, holds and ends with single keys', () => {
    const { client } = ready();
    let call!: ReturnType<typeof client.receiveCall>;
    act(() => {
      call = client.receiveCall('1002');
    });
    for (const key of ['a', 'm', 'h', 'e']) {
      act(() => void press(key));
    }
    expect(call.actions).toEqual([['answer'], ['muteAudio'], ['hold'], ['hangup']]);
  });

  it('types digits from anywhere, and sends them while a keypad is open', () => {
    const phone = ready();
    press('7');
    expect(input().value).toBe('7');
    const call = talking(phone);
    act(() => void press('k'));
    act(() => void press('9'));
    expect(call.actions).toEqual([['dtmf', '9']]);
    expect(screen.getByLabelText('Digits sent').textContent).toBe('9');
    expect(input().value).toBe('7');
  });

  it('leaves keys alone in fields, with modifiers, and when switched off', () => {
    const call = talking(ready());
    press('e', input());
    fireEvent.keyDown(document.body, { key: 'e', ctrlKey: true });
    click(testIds.settings);
    press('e');
    fireEvent.click(screen.getByLabelText(/^Single-key/));
    fireEvent.click(screen.getByLabelText('Close'));
    press('e');
    expect(call.actions).toEqual([]);
  });

  it('lists its keys when asked', () => {
    ready();
    act(() => void press('?'));
    expect(screen.getByText('Answer the incoming call')).toBeTruthy();
  });
});

describe('trouble', () => {
  it('is told in words, with what to do, and can be dismissed', () => {
    const { client } = ready();
    act(() => client.fail(42001));
    const error = get(testIds.error);
    expect(error.dataset['code']).toBe('42001');
    expect(error.getAttribute('role')).toBe('alert');
    expect(error.textContent).toContain('Allow the microphone');
    fireEvent.click(within(error).getByLabelText('Dismiss'));
    expect(screen.queryByTestId(testIds.error)).toBeNull();
  });

  it('with the connection is one banner, not a pile of errors', () => {
    const { client } = ready();
    act(() => {
      client.loseSocket();
      client.fail(45002, { fatal: false });
      client.fail(48001, { fatal: false });
    });
    expect(get(testIds.connectionState).dataset['state']).toBe('reconnecting');
    expect(screen.queryByTestId(testIds.error)).toBeNull();
    expect(screen.getByText('Reconnecting to the gateway.')).toBeTruthy();
  });

  it('offers a way on when the phone has given up', () => {
    const { client, onSignOut } = ready();
    act(() => {
      client.session('failed', 'exhausted');
      client.fail(45003);
    });
    expect(get(testIds.connectionState).dataset['state']).toBe('failed');
    fireEvent.click(screen.getByText('Connect again'));
    expect(client.actions).toContainEqual(['connect']);
    click(testIds.signOut);
    expect(onSignOut).toHaveBeenCalled();
  });
});

describe('recent calls', () => {
  it('are kept for this user and can be called again', () => {
    const phone = ready();
    const call = talking(phone, '1003');
    act(() => void call.end());
    phone.unmount();
    const { client } = ready();
    fireEvent.click(screen.getByRole('button', { name: /^Call 1003/ }));
    expect(client.actions).toContainEqual(['newCall', '1003']);
  });

  it('are cleared on request', () => {
    const call = talking(ready(), '1003');
    act(() => void call.end());
    fireEvent.click(screen.getByText('Clear'));
    expect(screen.queryByLabelText(/^Call 1003/)).toBeNull();
  });
});

describe('people who listen', () => {
  it('hear who calls, when a call is up and how it ended', () => {
    const { client, container } = ready();
    const live = (urgency: string) =>
      container.querySelector(`[aria-live=${urgency}].visually-hidden`)?.textContent;
    let call!: ReturnType<typeof client.receiveCall>;
    act(() => {
      call = client.receiveCall('1002', 'Ada');
    });
    expect(live('assertive')).toBe('Incoming call from Ada');
    click(testIds.answer);
    expect(live('polite')).toBe('Connected with Ada');
    act(() => void call.end());
    expect(live('polite')).toContain('Ada: Call ended');
  });
});

describe('handing a call over', () => {
  const live = () => document.querySelector('[aria-live=assertive].visually-hidden')?.textContent;
  const focused = () => document.activeElement;
  const transferButton = () => get(testIds.transfer);
  const takeBack = () => get(testIds.transferCancel);

  function transferring(phone: ReturnType<typeof renderPhone>) {
    const call = talking(phone);
    click(testIds.transfer);
    fireEvent.change(get(testIds.transferInput), { target: { value: '1003' } });
    fireEvent.submit((get(testIds.transferInput) as HTMLInputElement).form as HTMLFormElement);
    return call;
  }

  it('keeps the focus: on the way to take it back, then on the field, then on its control', async () => {
    const call = transferring(ready());
    expect(focused()).toBe(takeBack());
    click(testIds.transferCancel);
    expect(takeBack().textContent).toBe('Taking back…');
    expect(takeBack().getAttribute('aria-disabled')).toBe('true');
    expect(focused()).toBe(takeBack());
    await act(async () => call.transferred?.reject(new TransferError('cancelled', 'no')));
    expect(focused()).toBe(get(testIds.transferInput));
    fireEvent.keyDown(get(testIds.transferInput), { key: 'Escape' });
    expect(focused()).toBe(transferButton());
    press('t');
    expect(screen.queryByTestId(testIds.transferFailure)).toBeNull();
  });

  it('can be taken back whatever is pressed meanwhile, and tells of its failure', async () => {
    const call = transferring(ready());
    const { length } = call.actions;
    input().focus();
    click(testIds.transfer);
    expect(focused()).toBe(takeBack());
    press('t');
    expect(get(testIds.callCard).textContent).toContain('Transferring to 1003');
    expect(call.actions).toHaveLength(length);
    input().focus();
    await act(async () => call.transferred?.reject(new TransferError('no_answer', 'no')));
    expect(live()).toBe('1003 did not answer. You are back in the call.');
    expect(focused()).toBe(input());
  });

  it('outlasts a reconnection, also with another id of the call', async () => {
    const phone = ready();
    const call = transferring(phone);
    const [, , options] = call.actions.at(-1) as unknown as [
      string,
      string,
      { signal: AbortSignal },
    ];
    act(() => void call.to('recovering'));
    expect(focused()).toBe(takeBack());
    act(() => {
      phone.client
        .addCall({ id: 'b', direction: 'outbound', number: '1002', recoveredCallId: call.id })
        .to('active');
    });
    expect(get(testIds.callCard).dataset['callId']).toBe('b');
    expect(focused()).toBe(takeBack());
    click(testIds.transferCancel);
    expect(options.signal.aborted).toBe(true);
    await act(async () => call.transferred?.reject(new TransferError('busy', 'no')));
    expect(get(testIds.transferFailure).textContent).toBe(
      '1003 is busy. You are back in the call.',
    );
  });

  it('does not take the focus when its card comes back', () => {
    const phone = ready();
    let call!: ReturnType<typeof phone.client.receiveCall>;
    act(() => void (call = phone.client.receiveCall('1002', 'Ada').to('active')));
    click(testIds.transfer);
    input().focus();
    let again!: typeof call;
    act(() => {
      again = phone.client.addCall({
        id: 'b',
        direction: 'inbound',
        number: '1002',
        recoveredCallId: call.id,
      });
    });
    expect(screen.queryByTestId(testIds.transferInput)).toBeNull();
    act(() => void again.to('active'));
    expect(get(testIds.transferInput)).toBeTruthy();
    expect(focused()).toBe(input());
  });

  it('says nothing of a failure that the end of the call was', async () => {
    const call = transferring(ready());
    act(() => void call.end());
    await act(async () => call.transferred?.reject(new TransferError('call_ended', 'over')));
    expect(live()).not.toContain('over');
  });

  it('asks for a number, and says why nothing came of it; then takes it back', async () => {
    const phone = ready();
    const call = talking(phone);
    click(testIds.transfer);
    expect(document.activeElement).toBe(get(testIds.transferInput));
    expect(get(testIds.transferGo)).toHaveProperty('disabled', true);
    fireEvent.change(get(testIds.transferInput), { target: { value: ' 1003 ' } });
    fireEvent.submit((get(testIds.transferInput) as HTMLInputElement).form as HTMLFormElement);
    expect(call.actions.at(-1)?.slice(0, 2)).toEqual(['transfer', '1003']);
    expect(get(testIds.callCard).textContent).toContain('Transferring to 1003');
    await act(async () => call.transferred?.reject(new TransferError('busy', 'no')));
    expect(get(testIds.transferFailure).textContent).toBe(
      '1003 is busy. You are back in the call.',
    );
    click(testIds.transferGo);
    const [, , options] = call.actions.at(-1) as unknown as [
      string,
      string,
      { signal: AbortSignal },
    ];
    click(testIds.transferCancel);
    expect(options.signal.aborted).toBe(true);
  });

  it('connects the parties of two calls', () => {
    const phone = ready();
    const first = talking(phone);
    const second = talking(phone, '1003');
    fireEvent.click(screen.getAllByTestId(testIds.transfer)[0] as Element);
    fireEvent.click(get(testIds.transferJoin));
    expect(first.actions.at(-1)?.slice(0, 2)).toEqual(['transfer', second]);
  });

  it('by its key; Escape closes it', () => {
    const phone = ready();
    talking(phone);
    press('t');
    fireEvent.keyDown(get(testIds.transferInput), { key: 'Escape' });
    expect(screen.queryByTestId(testIds.transferInput)).toBeNull();
  });

  it('shows who is there now', () => {
    const phone = ready();
    const call = talking(phone);
    act(() => void call.handOver('Carla', '1003'));
    expect(get(testIds.callCard).textContent).toContain('Carla');
  });
});
