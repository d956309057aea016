/** Where a PostgreSQL is. */
export interface PostgresAddress {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly database: string;
}

/**
 * The parts of `postgres://user@host:5432/name`, or of `postgres:///name?host=/run/postgresql&user=offhook`; null where it is none of PostgreSQL, or
 * says what belongs elsewhere, such as a password.
 */
export function parsePostgresUrl(text: string): PostgresAddress | null {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.password !== '') {
    return null;
  }
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const user = url.searchParams.get('user') ?? decodeURIComponent(url.username);
  const database = decodeURIComponent(url.pathname.slice(1));
  const unknown = [...url.searchParams.keys()].filter((key) => key !== 'host' && key !== 'user');
  if (host === '' || database === '' || database.includes('/') || unknown.length > 0) {
    return null;
  }
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    user: user === '' ? undefined : user,
    database,
  };
}

/** On this machine nobody listens in between. */
export function isLocal({ host }: PostgresAddress): boolean {
  return host.startsWith('/') || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
}
