/** Our client as the script tag gives it: everything public under one global. */
import * as sdk from '@offhook/client';

Object.defineProperty(window, 'TelnyxWebRTC', { value: sdk });
