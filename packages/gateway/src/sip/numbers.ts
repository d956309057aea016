import type { SipConfig, TrunkConfig } from './trunk-schema.ts';

type Dialling = SipConfig['dialling'];

/**
 * What a person dialled, as the rules of the configuration write it: E.164 with a plus where that can be known, else the digits.
 * Null: no number.
 */
export function normalizeNumber(
  dialled: string,
  { country, national, international, short }: Dialling,
  keep: readonly string[] = [],
): string | null {
  const bare = dialled.replace(/[\s()\-./]/g, '');
  if (!/^\+?[0-9*#]{1,32}$/.test(bare)) {
    return null;
  }
  if (short.includes(bare) || keep.includes(bare) || bare.startsWith('+')) {
    return bare;
  }
  if (bare.startsWith(international) && bare.length > international.length) {
    return `+${bare.slice(international.length)}`;
  }
  if (country !== undefined && bare.startsWith(national) && bare.length > national.length) {
    return `+${country}${bare.slice(national.length)}`;
  }
  return bare;
}

export interface NumberRoute {
  readonly trunk: TrunkConfig;
  /** As the trunk is told it. */
  readonly number: string;
  /** The beginning that led here. */
  readonly prefix: string;
}

/** The routes of a number, the longest beginning first; of two that are as long the one that stands first in the configuration. */
export function routesOf(
  number: string,
  { routes, trunks }: Pick<SipConfig, 'routes' | 'trunks'>,
): readonly NumberRoute[] {
  return routes
    .filter(({ prefix }) => number.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .flatMap(({ prefix, trunk: name, strip, prepend }) => {
      const trunk = trunks.find((each) => each.name === name);
      if (!trunk) {
        return [];
      }
      const written = trunk.format === 'digits' ? number.replace(/^\+/, '') : number;
      return [{ trunk, prefix, number: prepend + written.slice(strip) }];
    });
}
