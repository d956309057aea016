import { describeAccountTables } from './account-tables.contract.ts';
import { SqliteTables } from './sqlite-tables.ts';
import { Store } from './store.ts';

describeAccountTables('SQLite', () => Promise.resolve(SqliteTables.of(new Store(':memory:'))));
