export const inCall = () => import('./in-call.ts');

export type InCall = Awaited<ReturnType<typeof inCall>>;
