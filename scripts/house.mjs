/**
 * `npm run house`: the measures of the house. Import circles, an import of a type counted; the class with most fields that others can
 * write; what a page that calls loads. `--check` fails when one is over `limits.mjs`; `--quick` leaves out the page.
 */
import { importCircles } from './lib/circles.mjs';
import { writableClasses } from './lib/classes.mjs';
import { OURS, measurePages } from './lib/client-size.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { overLoad, printLoads } from './lib/load-table.mjs';
import { main } from './lib/run.mjs';
import { limits } from './limits.mjs';

main(async () => {
  await ensureInstalled();
  const problems = [...circles(await importCircles()), ...fields(writableClasses())];
  if (!process.argv.includes('--quick')) {
    const rows = await measurePages([OURS], ['esbuild']);
    console.log('');
    printLoads(rows);
    problems.push(...overLoad(rows));
  }
  for (const problem of problems) {
    console.error(problem);
  }
  return process.argv.includes('--check') && problems.length > 0 ? 1 : 0;
});

/** @param {Awaited<ReturnType<typeof importCircles>>} all */
function circles(all) {
  console.log('Import circles, types counted');
  return Object.entries(limits.circles).flatMap(([name, limit]) => {
    const own = all.filter((circle) => circle.package === name);
    const sizes = own.map(({ files }) => files.length).join(', ') || 'none';
    console.log(`  ${name.padEnd(10)} ${sizes} (limit: ${limit.count}, of ${limit.largest} files)`);
    for (const { files } of own) {
      console.log(`    ${files.join('\n    ')}\n`);
    }
    const largest = own[0]?.files.length ?? 0;
    return own.length > limit.count || largest > limit.largest
      ? [`${name}: ${own.length} import circles, the largest of ${largest} files.`]
      : [];
  });
}

/** @param {ReturnType<typeof writableClasses>} classes */
function fields(classes) {
  console.log('Classes by fields that others can write');
  for (const { name, file, fields } of classes.slice(0, 8)) {
    console.log(`  ${String(fields.length).padStart(3)} ${name} (${file}): ${fields.join(' ')}`);
  }
  const [first] = classes;
  return first && first.fields.length > limits.writableFields
    ? [`${first.name} (${first.file}) has ${first.fields.length} fields that others can write.`]
    : [];
}
