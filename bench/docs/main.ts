/** `npm run bench -- --docs` */
import { loadLatest } from '../lib/results.ts';
import { writeDocs } from './write.ts';

const results = loadLatest();
if (results === null) {
  console.error('There is no bench/results/latest.json yet: run npm run bench.');
  process.exitCode = 1;
} else {
  await writeDocs(results);
}
