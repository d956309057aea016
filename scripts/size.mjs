/** `npm run size`: what an application that imports only `TelnyxRTC` loads at start, against its budget. */
import { CATALOGUE_BUDGET, START_LIMIT, measureClient } from './lib/client-size.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main } from './lib/run.mjs';

main(async () => {
  await ensureInstalled();
  const { chunks, start, catalogue, optionalAtStart } = await measureClient();
  const row = (bytes, text) => console.log(`${String(bytes).padStart(7)}  ${text}`);
  for (const { name, bytes, start: atStart } of chunks) {
    row(bytes, `${name}${atStart ? '' : ', when used'}`);
  }
  const problems = [
    ...(start > START_LIMIT ? [`${start - START_LIMIT} bytes over the limit at start.`] : []),
    ...(catalogue > CATALOGUE_BUDGET ? ['The catalogue is over its budget.'] : []),
    ...optionalAtStart.map((id) => `Loads at start, and should not: ${id}`),
  ];
  row(catalogue, `the catalogue of errors and warnings (${CATALOGUE_BUDGET})`);
  row(start, `at start (limit ${START_LIMIT})`);
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
});
