import { useRef, useState, type ReactElement } from 'react';
import { useAudioLevels, useProblems, type CallSnapshot } from '@offhook/react';
import { shortNumber } from '../lib/format.ts';
import { callHint } from '../lib/problems.ts';
import { useFocusReturn } from '../lib/use-focus-return.ts';
import { useNow } from '../lib/use-now.ts';
import { testIds } from '../testids.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Control } from '../ui/button.tsx';
import { KeyPad } from '../ui/key-pad.tsx';
import { Meter } from '../ui/meter.tsx';
import { describeState, isUp, lineOf, partyOf } from './call-kinds.ts';
import { CallTimer } from './call-timer.tsx';
import { TransferPanel } from './transfer-panel.tsx';
import type { CallActions } from './use-call-actions.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

export function CallCard({
  call,
  actions,
  keypadShown,
  onKeypad,
}: {
  readonly call: CallSnapshot;
  readonly actions: CallActions;
  readonly keypadShown: boolean;
  readonly onKeypad: (shown: boolean) => void;
}): ReactElement {
  const card = useFocusReturn<HTMLElement>('.call', '#dial-input', '.phone__main');
  const t = useTexts(phoneTexts);
  const party = partyOf(call, t);
  const keypadId = `keypad-${call.id}`;
  const transferId = `transfer-${lineOf(call)}`;
  const { transfers } = actions;
  const transfer = transfers.of(call);
  const transferPanel = useRef<HTMLDivElement>(null);
  const transferControl = useRef<HTMLButtonElement>(null);
  const [openedHere, setOpenedHere] = useState(false);
  const up = isUp(call);
  const state = describeState(call, t);

  const closeTransfer = () => {
    transfers.close(call);
    // The control is off while the call reconnects.
    (up ? transferControl : card).current?.focus();
  };
  const onTransfer = () => {
    if (transfer?.under) {
      transferPanel.current?.querySelector('button')?.focus();
    } else if (transfer) {
      closeTransfer();
    } else {
      setOpenedHere(true);
      transfers.open(call);
    }
  };

  return (
    <article
      ref={card}
      className="call"
      tabIndex={-1}
      aria-label={t.call.with(party)}
      data-testid={testIds.callCard}
      data-call-id={call.id}
      data-call-state={call.state}
      data-ringing={call.ringing}
      data-muted={call.muted}
      data-remote-held={call.remoteHeld}
      data-remote-away={call.remoteAway}
    >
      <div className="call__head">
        <span className="call__avatar">
          <Avatar name={call.name} number={call.number} size="large" />
        </span>
        <div className="call__who">
          <h3 className="call__party" dir="auto">
            {shortNumber(party)}
          </h3>
          <p className="call__state">
            {call.startedAt !== null && (
              <>
                <CallTimer since={call.startedAt} />
                <span aria-hidden="true"> · </span>
              </>
            )}
            {state}
          </p>
        </div>
        <Hint callId={call.id} />
      </div>
      {call.state === 'active' && <Levels call={call} />}
      <div className="call__controls">
        <Control
          icon={call.muted ? 'micOff' : 'mic'}
          label={call.muted ? t.call.unmute : t.call.mute}
          aria-pressed={call.muted}
          data-testid={testIds.mute}
          onClick={() => actions.toggleMute(call)}
        />
        <Control
          icon={call.held ? 'play' : 'pause'}
          label={call.held ? t.call.resume : t.call.hold}
          aria-pressed={call.held}
          disabled={!up}
          data-testid={testIds.hold}
          onClick={() => actions.toggleHold(call)}
        />
        <Control
          icon="keypad"
          label={t.call.keypad}
          aria-expanded={keypadShown}
          aria-controls={keypadId}
          disabled={(!up && call.state !== 'early') || call.held}
          data-testid={testIds.dtmfToggle}
          onClick={() => onKeypad(!keypadShown)}
        />
        <Control
          ref={transferControl}
          icon="transfer"
          label={t.call.transfer}
          aria-expanded={transfer !== null}
          aria-controls={transferId}
          disabled={!up && !transfer}
          data-testid={testIds.transfer}
          onClick={onTransfer}
        />
        <Control
          icon="hangup"
          label={up ? t.call.end : t.call.cancel}
          tone="danger"
          data-testid={testIds.hangup}
          onClick={() => actions.hangup(call)}
        />
      </div>
      <div ref={transferPanel} id={transferId} className="call__panel">
        {transfer && (
          <TransferPanel
            call={call}
            transfer={transfer}
            transfers={transfers}
            takesFocus={openedHere}
            onClose={closeTransfer}
          />
        )}
      </div>
      <div id={keypadId}>{keypadShown && <TonePad call={call} actions={actions} />}</div>
    </article>
  );
}

function TonePad({
  call,
  actions,
}: {
  readonly call: CallSnapshot;
  readonly actions: CallActions;
}): ReactElement {
  const t = useTexts(phoneTexts);
  return (
    <div className="call__keypad">
      <p className="call__digits" role="status" aria-label={t.call.digitsSent}>
        {actions.sentDigits[call.id] ?? ' '}
      </p>
      <KeyPad
        label={t.call.keypadFor(partyOf(call, t))}
        testId={testIds.dtmfKey}
        onKey={(digit) => actions.sendDigit(call, digit)}
      />
    </div>
  );
}

function Levels({ call }: { readonly call: CallSnapshot }): ReactElement {
  const { local, remote } = useAudioLevels(call.call);
  const { you, them } = useTexts(phoneTexts).call;
  return (
    <div className="call__levels">
      <Meter label={you} level={call.muted ? 0 : local} />
      <Meter label={them} level={remote} />
    </div>
  );
}

function Hint({ callId }: { readonly callId: string }): ReactElement | null {
  const problems = useProblems();
  const warned = problems.some((problem) => problem.callId === callId);
  const hint = callHint(problems, callId, useNow(warned));
  const { hints } = useTexts(phoneTexts);
  return hint ? (
    <p className="call__hint" role="status">
      {hints[hint]}
    </p>
  ) : null;
}
