/** Our client as an application's bundler would load it: what is optional in chunks of its own. */
import './sdk.ts';
import { TelnyxRTC } from '@offhook/client';

Object.defineProperty(window, 'TelnyxWebRTC', { value: { TelnyxRTC } });
