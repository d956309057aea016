import { cruise } from 'dependency-cruiser';
import { createRequire } from 'node:module';
import { at, root } from './paths.mjs';

/** Tests and their helpers may know both sides of what they test. */
const TEST = /\.(test|contract|fixture)\.tsx?$|\/testing\/|^packages\/[^/]+\/test\//;
const SOURCES = ['packages', 'apps', 'e2e', 'bench'];

/**
 * The import circles of each package, an import of a type counted as any other: files of which each reaches each other by imports.
 * @returns {Promise<{ package: string, files: string[] }[]>} largest first
 */
export async function importCircles() {
  const { options } = createRequire(import.meta.url)(at('.dependency-cruiser.cjs'));
  const { output } = await cruise(SOURCES, {
    ...options,
    baseDir: root,
    tsConfig: undefined,
    ruleSet: { forbidden: [], options },
  });
  const graph = new Map(
    output.modules
      .filter(({ source }) => isOurs(source))
      .map(({ source, dependencies }) => [
        source,
        dependencies.map(({ resolved }) => resolved).filter(isOurs),
      ]),
  );
  return components(graph)
    .filter((files) => files.length > 1)
    .map((files) => ({ package: packageOf(files[0]), files: files.sort() }))
    .sort((a, b) => b.files.length - a.files.length);
}

const isOurs = (path) => /^(packages|apps|e2e|bench)\//.test(path) && !TEST.test(path);

const packageOf = (path) => path.split('/')[/^(packages|apps)\//.test(path) ? 1 : 0];

/** Strongly connected components, by Tarjan's algorithm. @param {Map<string, string[]>} graph */
function components(graph) {
  const found = [];
  const stack = [];
  const order = new Map();
  const lowest = new Map();
  const visit = (node) => {
    order.set(node, order.size);
    lowest.set(node, order.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) {
        continue;
      }
      if (!order.has(next)) {
        visit(next);
      }
      if (stack.includes(next)) {
        lowest.set(node, Math.min(lowest.get(node), lowest.get(next)));
      }
    }
    if (lowest.get(node) === order.get(node)) {
      found.push(stack.splice(stack.indexOf(node)));
    }
  };
  for (const node of graph.keys()) {
    if (!order.has(node)) {
      visit(node);
    }
  }
  return found;
}
