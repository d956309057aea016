/** What watches, changes and recovers a call: loaded with the first one. */
export const inCall = () => import('./in-call.ts');

export type InCall = Awaited<ReturnType<typeof inCall>>;

/** What places and answers calls: loaded while the client connects, at the latest when the first call needs it. */
export const setup = () => import('./setup.ts');

export type Setup = Awaited<ReturnType<typeof setup>>;
