import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { root } from './paths.mjs';

/** A field with one of these words cannot be written by others. */
const CLOSED = new Set([
  ts.SyntaxKind.PrivateKeyword,
  ts.SyntaxKind.ProtectedKeyword,
  ts.SyntaxKind.ReadonlyKeyword,
]);

/**
 * Classes whose fields others can write. A class without methods is plain data and does not count; neither do tests.
 * @returns {{ name: string, file: string, fields: string[] }[]} most fields first
 */
export function writableClasses() {
  const files = globSync(['packages/*/src/**/*.{ts,tsx}', 'apps/*/src/**/*.{ts,tsx}'], {
    cwd: root,
    exclude: (path) => /node_modules|\.(test|contract|fixture|d)\.tsx?$|(^|\/)testing$/.test(path),
  });
  return files
    .flatMap((file) => classesOf(file))
    .sort((a, b) => b.fields.length - a.fields.length || (a.file < b.file ? -1 : 1));
}

/** @param {string} file */
function classesOf(file) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found = [];
  const visit = (node) => {
    if (ts.isClassLike(node) && node.members.some(isBehaviour)) {
      const fields = node.members.filter(isWritable).map((member) => member.name.getText(source));
      if (fields.length > 0) {
        found.push({ name: node.name?.text ?? '(unnamed)', file, fields });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isBehaviour = (member) =>
  ts.isMethodDeclaration(member) || ts.isGetAccessor(member) || ts.isSetAccessor(member);

const isWritable = (member) =>
  ts.isPropertyDeclaration(member) &&
  !ts.isPrivateIdentifier(member.name) &&
  !(member.modifiers ?? []).some(({ kind }) => CLOSED.has(kind));
