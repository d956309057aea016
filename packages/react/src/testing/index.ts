/** Fakes for tests of what is built on this package. */
export { FakeCallAi } from './fake-call-ai.ts';
export { FakeCall, type FakeCallInit } from './fake-call.ts';
export { FakeClient } from './fake-client.ts';
export { FakeDevices } from './fake-devices.ts';
