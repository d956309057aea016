import type * as protocol from '@offhook/protocol';
import type * as v from 'valibot';
import { describe, expectTypeOf, it } from 'vitest';
import type { Assistant } from '../../assistants/definition.ts';
import type { CallDetail } from '../../reports/store.ts';
import type { ANSWERS } from './answers.ts';

/** One object of what `extends` and `&` put together, whoever may write its members. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T;

type Described = { [Name in keyof typeof ANSWERS]: v.InferOutput<(typeof ANSWERS)[Name]> };
type ShownAssistant = Assistant & { readonly current: string };

interface Typed {
  Refusal: { error: string; message: string };
  Session: protocol.AdminSessionView;
  SignInWays: protocol.AdminSignInWays;
  SignedOut: protocol.AdminSignedOut;
  CallSummary: protocol.CallSummary;
  CallPage: protocol.CallPage;
  CallExport: protocol.CallSummary[];
  CallView: protocol.CallView;
  CallDetail: CallDetail;
  LiveCalls: protocol.LiveCalls;
  LiveSessions: protocol.LiveSessions;
  CallsOverview: protocol.CallsOverview;
  TrunkList: protocol.TrunkList;
  UserView: protocol.UserView;
  UserPage: protocol.UserPage;
  UserDetail: protocol.UserDetail;
  /** Told without a password when the request had one. */
  NewUser: { name: string; password?: string };
  NewPassword: protocol.NewPassword;
  NewDevice: protocol.NewDevice;
  ApiKeyView: protocol.ApiKeyView;
  ApiKeyList: protocol.ApiKeyList;
  NewApiKey: protocol.NewApiKey;
  AuditPage: protocol.AuditPage;
  Assistant: ShownAssistant;
  AssistantList: { assistants: ShownAssistant[] };
}

describe('the answers that are described', () => {
  // Checked by the compiler.
  it('have the types that are published, member by member', () => {
    expectTypeOf<Plain<Described>>().toEqualTypeOf<Plain<Typed>>();
    expectTypeOf<Plain<{ far?: number }>>().not.toEqualTypeOf<Plain<{ far: number }>>();
    expectTypeOf<Plain<{ at: number; far?: number }>>().not.toEqualTypeOf<{ at: number }>();
  });
});
