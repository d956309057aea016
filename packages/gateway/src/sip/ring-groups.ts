import type { SipConfig } from './trunk-schema.ts';

/** What a number of a trunk leads to: a user, service or assistant, or users who ring together. */
export type NumberTarget = SipConfig['trunks'][number]['numbers'][string];

/** What an operator should know of members of ring groups who are no users: they never ring. One line each. */
export function strangersInGroups(
  { trunks }: Pick<SipConfig, 'trunks'>,
  exists: (user: string) => boolean,
): readonly string[] {
  return trunks.flatMap(({ name, numbers }) =>
    Object.entries(numbers).flatMap(([number, target]) =>
      (typeof target === 'string' ? [] : target)
        .filter((user) => !exists(user))
        .map((user) => `trunk ${name}: ${number} is to ring ${user}, who is no user here`),
    ),
  );
}
