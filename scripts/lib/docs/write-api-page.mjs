/** Writes docs/openapi.json and docs/api.md. */
import { main } from '../run.mjs';
import { writeApiPage } from './api-page.mjs';

main(async () => {
  await writeApiPage();
  return 0;
});
