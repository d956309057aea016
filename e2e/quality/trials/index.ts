import type { Trial } from '../trial.ts';
import { arrival } from './arrival.ts';
import { cost } from './cost.ts';
import { oneWay } from './one-way.ts';
import { weather } from './weather.ts';

/** In the order in which they run. */
export const trials: readonly Trial[] = [...weather, oneWay, ...arrival, cost];
