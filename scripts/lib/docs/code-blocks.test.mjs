import { describe, expect, it } from 'vitest';
import { CodeBlocks } from './code-blocks.mjs';

const fenced = (language, code, before = '') => `${before}\n\n\`\`\`${language}\n${code}\n\`\`\`\n`;

describe('blocks of code', () => {
  it('that are right have no faults', () => {
    const blocks = new CodeBlocks();
    blocks.read(
      'docs/right.md',
      [
        fenced(
          'js',
          "client.on('telnyx.error', ({ error }) => show(error.docs));\nawait call.hold();",
        ),
        fenced(
          'ts',
          "import type { Call } from '@offhook/client';\nexport const end = (one: Call) => one.hangup();",
        ),
        fenced(
          'jsx',
          "import { useCalls } from '@offhook/react';\nexport const Count = () => <p>{useCalls().length}</p>;",
        ),
        fenced(
          'js',
          "import { nothing } from 'of-somebody-else';",
          '<!-- parsed only: not ours -->',
        ),
        fenced('json', '{ "a": 1 }'),
        fenced('html', '<p>one<br>two</p>\n<script>call.hangup();</script>'),
        fenced('vue', '<script setup>\ncall.hangup();\n</script>\n<template><p>x</p></template>'),
        fenced('sh', 'npm run docs -- --check # a comment'),
        fenced('nginx', 'listen 443 ssl;'),
      ].join('\n'),
    );
    expect(blocks.faults()).toEqual([]);
    expect(blocks.count).toBe(9);
  });

  it('that are wrong are told by file and line', () => {
    const wrong = [
      ['js', 'call.holt();', "Property 'holt' does not exist"],
      ['js', "client.on('telnyx.redy', show);", 'telnyx.redy'],
      ['ts', "import { Cal } from '@offhook/client';", "no exported member named 'Cal'"],
      ['tsx', 'export const x = <p>;', 'no corresponding closing tag'],
      ['js', 'unheardOf();', "Cannot find name 'unheardOf'"],
      ['json', '{ a: 1 }', 'JSON'],
      ['html', '<p><b>x</p>', 'missing end tag'],
      ['html', '<p>x</p>\n<script>\ncall.holt();\n</script>', "Property 'holt'"],
      ['vue', '<template><p></template>', 'missing end tag'],
      ['sh', 'echo "', 'unexpected EOF'],
      ['sh', 'npm run nothing', 'there is no npm run nothing'],
      ['cobol', 'STOP RUN.', 'is a language that is not checked'],
    ];
    const blocks = new CodeBlocks();
    wrong.forEach(([language, code], index) => {
      blocks.read(`docs/${index}.md`, fenced(language, code));
    });
    const faults = blocks.faults();
    wrong.forEach(([, code, why], index) => {
      const told = faults.filter((line) => line.startsWith(`docs/${index}.md:`));
      expect(told.join('\n'), code).toContain(why);
      expect(told[0], code).toMatch(/^docs\/\d+\.md:[4-9]: /);
    });
  });

  it('that are parsed only have to parse', () => {
    const blocks = new CodeBlocks();
    blocks.read('docs/a.md', fenced('js', 'const = 1;', '<!-- parsed only: why -->'));
    expect(blocks.faults()).not.toEqual([]);
  });
});

describe('tables on moving', () => {
  const row = (theirs, mine) => `| theirs | ours |\n| --- | --- |\n| ${theirs} | ${mine} |\n`;
  it('name what exists on either side', () => {
    const blocks = new CodeBlocks();
    const rows = [
      ['`call.hold()`, `ringtoneFile`', '`call.hold()` and `hosts`'],
      ['`call.whenActive()`', '`call.hold()`'],
      ['`call.hold()`', '`call.holt()`'],
      ['`hosts`', '`hosts`'],
    ];
    for (const [theirs, mine] of rows) {
      blocks.read('docs/moving/telnyx.md', row(theirs, mine));
    }
    const faults = blocks.faults();
    expect(faults).toHaveLength(3);
    expect(faults[0]).toContain("'whenActive' does not exist");
    expect(faults[1]).toContain("'holt' does not exist");
    expect(faults[2]).toContain('hosts');
  });
});
