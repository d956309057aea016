/** What the gateway tells of itself and its users under `/api`, to administrators and to programs with a key. Times are epoch milliseconds. */

/** What a key for `/api` may do. Writing includes reading of the same thing. */
export type ApiScope =
  | 'calls:read'
  | 'calls:end'
  | 'recordings:read'
  | 'users:read'
  | 'users:write'
  | 'assistants:read'
  | 'assistants:write'
  | 'audit:read';

/** Such a key, without its secret. */
export interface ApiKeyView {
  readonly id: string;
  /** What the key begins with: by it somebody finds out which one is in use somewhere. */
  readonly prefix: string;
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  readonly createdAt: number;
  readonly createdBy: string;
  /** Null: never. */
  readonly expiresAt: number | null;
  /** To the minute; null: it never was. */
  readonly usedAt: number | null;
}

export interface ApiKeyList {
  /** The gateway's clock. */
  readonly now: number;
  readonly keys: readonly ApiKeyView[];
}

/** A key that was just made. It is told this once. */
export interface NewApiKey extends ApiKeyView {
  readonly key: string;
}

export type AuditAction =
  | 'signed_in'
  | 'signed_out'
  | 'call_ended'
  | 'user_signed_out'
  | 'user_added'
  | 'user_changed'
  | 'user_disabled'
  | 'user_enabled'
  | 'user_removed'
  | 'password_set'
  | 'device_added'
  | 'device_removed'
  | 'key_added'
  | 'key_removed'
  | 'assistant_put'
  | 'assistant_removed';

/** What an operator did. */
export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  /** At the pages, by a program's key, or by a command on the machine. */
  readonly by: 'page' | 'key' | 'command';
  /** An administrator, the name and prefix of a key, or the user of the machine. */
  readonly user: string;
  /** Whence; null for commands. */
  readonly address: string | null;
  readonly action: AuditAction;
  /** The user, call, device, key or assistant that it was done to. */
  readonly target: string;
  /** More of it; never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditPage {
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
  /** How many there are in all. */
  readonly total: number;
}

/** Somebody who may sign in here. */
export interface UserView {
  readonly name: string;
  readonly displayName: string;
  /** May use the pages for administrators. */
  readonly admin: boolean;
  /** There, and as good as not there: does not sign in and is not called. */
  readonly disabled: boolean;
  /** Whoever calls this user hears a ring tone from the gateway. */
  readonly generateRingback: boolean;
  readonly createdAt: number;
  /** Signed in so many times now, in so many calls. */
  readonly sessions: number;
  readonly calls: number;
}

export interface UserPage {
  /** The gateway's clock. */
  readonly now: number;
  /** By name. */
  readonly users: readonly UserView[];
  /** How many there are in all. */
  readonly total: number;
}

/** A desk phone of a user. */
export interface DeviceView {
  readonly name: string;
  /** What it signs in as. */
  readonly login: string;
  readonly realm: string;
  readonly createdAt: number;
  /** From where it is registered now. */
  readonly registeredFrom: readonly string[];
}

export interface UserDetail extends UserView {
  readonly devices: readonly DeviceView[];
  /** Whether this gateway takes desk phones at all. */
  readonly takesDevices: boolean;
}

/** A password that the gateway made. It is told this once. */
export interface NewPassword {
  readonly password: string;
}

export interface NewUser extends NewPassword {
  readonly name: string;
}

export interface NewDevice extends NewPassword {
  readonly name: string;
  readonly login: string;
  readonly realm: string;
  /** By which it is called. */
  readonly address: string;
}

/** What lists need of the assistants; there is more of each. */
export interface AssistantList {
  readonly assistants: readonly {
    readonly id: string;
    readonly name?: string;
    /** The version that calls get. */
    readonly current: string;
    readonly versions: readonly { readonly version: string }[];
  }[];
}
