import { useState } from 'react';
import { assistantTool, useAssistant } from '@offhook/react';
import { BOOKING_SCHEMA, BookingCard, type Booking } from './BookingCard.tsx';
import { Transcript } from './Transcript.tsx';

/** Where the gateway is, and which of its assistants: `VITE_GATEWAY=wss://phone.example.com VITE_ASSISTANT=front-desk npm run build` */
const HOST = (import.meta.env['VITE_GATEWAY'] as string) ?? 'ws://localhost:8080';
const ASSISTANT = (import.meta.env['VITE_ASSISTANT'] as string) ?? 'demo';

/** Whose turn it is. */
const TURNS = {
  connecting: 'Connecting',
  listening: 'Listening',
  thinking: 'Thinking',
  speaking: 'Speaking',
  ended: 'Off',
};

export function App() {
  const [booking, setBooking] = useState<Booking>({});
  // Visitors have no account. Nothing happens before start(), and nothing is left after stop().
  const assistant = useAssistant({
    host: HOST,
    targetId: ASSISTANT,
    tools: [
      // The gateway decides which tools its assistant has; this page does what this one asks for. What comes fits the schema.
      assistantTool('fill_booking', BOOKING_SCHEMA, (change) => {
        setBooking((before) => ({ ...before, ...change }));
        return { ok: true };
      }),
    ],
  });
  const { status, state, transcript, callerSpeaking, muted, problem } = assistant;
  const isLive = status === 'live';
  const isOn = isLive || status === 'connecting';

  const start = () => {
    setBooking({});
    void assistant.start();
  };
  // Returns nothing: React empties the form when a promise settles, and with it what was typed meanwhile.
  const send = (fields: FormData) => {
    // A text that the gateway does not take shows as `problem`.
    assistant.send(String(fields.get('message')).trim()).catch(() => undefined);
  };

  return (
    <main className="page">
      <BookingCard booking={booking} />
      <section className="card talk" aria-label="Assistant" data-status={status}>
        <header className="head">
          <h1>Book a table</h1>
          <p className="status" role="status" data-state={isLive ? 'ready' : status}>
            {isLive ? (callerSpeaking ? 'Hearing you' : TURNS[state]) : isOn ? 'Connecting' : 'Off'}
          </p>
        </header>
        <Transcript entries={transcript} />
        {problem && (
          <p className="problem" role="alert">
            {problem.message}
          </p>
        )}
        {isLive && (
          <form className="row" action={send}>
            <label className="field">
              Message
              <input name="message" placeholder="Or type it" autoComplete="off" required />
            </label>
            <button>Send</button>
          </form>
        )}
        <div className="actions">
          {isOn ? (
            <>
              <button disabled={!isLive} onClick={assistant.toggleMute}>
                {muted ? 'Unmute' : 'Mute'}
              </button>
              <button disabled={state !== 'speaking'} onClick={assistant.interrupt}>
                Interrupt
              </button>
              <button className="end" onClick={() => void assistant.stop()}>
                End
              </button>
            </>
          ) : (
            <button className="go" onClick={start}>
              {transcript.length === 0 ? 'Start talking' : 'Talk again'}
            </button>
          )}
        </div>
      </section>
    </main>
  );
}
