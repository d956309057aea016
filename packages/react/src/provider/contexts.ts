import { createContext } from 'react';
import type { TelnyxRTC } from '@offhook/client';
import type { PhoneStore } from '../store/phone-store.ts';

/** The client of the nearest `TelnyxRTCProvider`; null outside one, and until the provider's client exists. */
export const TelnyxRTCContext = createContext<TelnyxRTC | null>(null);

/** The store over that client. */
export const PhoneStoreContext = createContext<PhoneStore | null>(null);
