import { createContext } from 'react';
import type { EnablePushOptions } from '@offhook/client/push';
import { phoneTexts } from '../texts/phone.ts';
import { fetchDemoToken } from './demo.ts';
import { userOf, type Session } from './session.ts';

/** For whom this browser is woken. */
export interface Woken {
  readonly user: string;
  /** What the gateway is asked with. */
  readonly options: () => Promise<EnablePushOptions>;
}

/** Whoever is signed in; null: nobody is. */
export const PushSession = createContext<Woken | null>(null);

export function wokenFor(session: Session): Woken {
  const user = userOf(session) ?? '';
  const options = async (): Promise<EnablePushOptions> => {
    const common = { host: session.gateway, user };
    switch (session.kind) {
      case 'password': {
        const { login, password } = session;
        return { ...common, credential: { login, password } };
      }
      case 'token':
        return { ...common, credential: { login_token: session.token } };
      case 'demo': {
        // The one at hand lasts for ten minutes only. What goes wrong is told by a code.
        const token = await fetchDemoToken(session.user, phoneTexts.en.signIn);
        return { ...common, credential: { login_token: token } };
      }
    }
  };
  return { user, options };
}
