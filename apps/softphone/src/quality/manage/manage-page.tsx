import type { ReactElement } from 'react';
import type { ManagePart } from '../router.tsx';
import { AssistantsPage } from './assistants-page.tsx';
import { AuditPage } from './audit-page.tsx';
import { KeysPage } from './keys-page.tsx';
import { UsersPage } from './users-page.tsx';

const PAGES: Readonly<Record<ManagePart, () => ReactElement>> = {
  users: UsersPage,
  keys: KeysPage,
  assistants: AssistantsPage,
  audit: AuditPage,
};

export function ManagePage({ part }: { readonly part: ManagePart }): ReactElement {
  const Shown = PAGES[part];
  return <Shown />;
}
