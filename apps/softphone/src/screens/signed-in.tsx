import { use, useEffect, useEffectEvent, useMemo, useState, type ReactElement } from 'react';
import { renewPush } from '@offhook/client/push';
import { TelnyxRTCProvider, useConnectionState, usePhoneStore, useProblems } from '@offhook/react';
import { explainProblem } from '../lib/problems.ts';
import { makeTones } from '../lib/tones.ts';
import { PushSession, wokenFor } from '../session/push.ts';
import { identityOf, saveSession, toCredential, type Session } from '../session/session.ts';
import '../styles/phone-index.css';
import { Phone } from './phone.tsx';
import type { SignInFailure } from './sign-in.tsx';
import { phoneTexts, type PhoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

const tones = makeTones();

export interface SignedInProps {
  readonly session: Session;
  readonly onReady: () => void;
  /** Something is wrong, and the attempt goes on. */
  readonly onTrouble: (failure: SignInFailure) => void;
  /** With a reason when the gateway refused. */
  readonly onSignOut: (reason: SignInFailure | null) => void;
}

/** From the credentials to a phone: signs in, and shows the phone once the gateway has said yes. */
export default function SignedIn({ session, ...events }: SignedInProps): ReactElement {
  const credential = useMemo(() => toCredential(session, saveSession), [session]);
  const woken = useMemo(() => wokenFor(session), [session]);
  const options = useMemo(
    () => ({
      host: session.gateway,
      ...tones,
      // A reload is no hangup: the calls are taken up again.
      hangupOnBeforeUnload: false,
      keepConnectionAliveOnSocketClose: true,
      autoConnect: false,
    }),
    [session.gateway],
  );
  return (
    <TelnyxRTCProvider credential={credential} options={options}>
      <PushSession value={woken}>
        <Entrance session={session} {...events} />
      </PushSession>
    </TelnyxRTCProvider>
  );
}

function Entrance({ session, onReady, onTrouble, onSignOut }: SignedInProps): ReactElement | null {
  const store = usePhoneStore();
  const connection = useConnectionState();
  const problems = useProblems();
  const [entered, setEntered] = useState(false);
  const t = useTexts(phoneTexts);

  useEffect(() => {
    if (!store) {
      return undefined;
    }
    // Not before the effect has survived StrictMode's rehearsal.
    const timer = setTimeout(() => store.connect());
    return () => clearTimeout(timer);
  }, [store]);

  const latest = problems.findLast(({ level }) => level === 'error');
  if (connection === 'ready' && !entered) {
    setEntered(true);
  }
  const woken = use(PushSession);
  const tellReady = useEffectEvent(() => {
    onReady();
    // Where it was switched on; the gateway forgets a browser that is not heard of for a month.
    void woken
      ?.options()
      .then(renewPush)
      .catch(() => undefined);
  });
  useEffect(() => {
    if (entered) {
      tellReady();
    }
  }, [entered]);
  const tellFailure = useEffectEvent((failure: SignInFailure) => {
    if (connection === 'failed') {
      onSignOut(failure);
    } else {
      onTrouble(failure);
    }
  });
  useEffect(() => {
    if (entered || !latest) {
      return;
    }
    tellFailure({ ...explainFailure(latest, session, t), code: latest.code });
  }, [connection, latest, entered, session, t]);

  return entered ? (
    <Phone identity={identityOf(session, t)} onSignOut={() => onSignOut(null)} />
  ) : null;
}

function explainFailure(
  problem: Parameters<typeof explainProblem>[0],
  session: Session,
  t: PhoneTexts,
) {
  if (problem.code === 46001 && session.kind !== 'password') {
    return {
      title: t.signIn.refused,
      advice: t.signIn.badToken,
    };
  }
  return explainProblem(problem, t);
}
