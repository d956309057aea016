import { ensureUnstarted } from './debian.mjs';

/** promtool, which looks over the alerts in deploy/prometheus; the Prometheus that comes with it is not used. */
export const ensurePromtool = () => ensureUnstarted('prometheus', '/usr/bin/promtool');
