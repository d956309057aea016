import { ensureDebian } from './debian.mjs';

/** The TURN server that the tests start. */
export const ensureCoturn = () => ensureDebian('coturn', '/usr/bin/turnserver');
