import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const sources = ['**/*.ts', '**/*.tsx'];
const tests = [
  '**/*.test.{ts,tsx}',
  '**/*.{contract,fixture}.ts',
  '**/testing/**/*.{ts,tsx}',
  'packages/*/test/**/*.{ts,tsx}',
  'e2e/**/*.ts',
];

/** What the client takes from its surroundings comes through `platform.ts`. */
const surroundings = [
  'window',
  'document',
  'navigator',
  'localStorage',
  'sessionStorage',
  'WebSocket',
  'RTCPeerConnection',
  'MediaStream',
  'fetch',
  'setTimeout',
  'setInterval',
  'clearTimeout',
  'clearInterval',
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '**/.cache/',
      'test-results/',
      'playwright-report/',
      'bench/results/',
      '**/.next/',
    ],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [js.configs.recommended],
    languageOptions: { globals: globals.node },
    rules: { curly: ['error', 'all'], eqeqeq: 'error' },
  },
  {
    files: sources,
    extends: [
      js.configs.recommended,
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
    ],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      curly: ['error', 'all'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',

      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports' },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],

      // A quarter of the time, for what the language we write does not have (enums) or the compiler tells.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',

      // Stylistic rules without a reader's benefit here.
      '@typescript-eslint/class-literal-property-style': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true, boolean: true } },
      ],
    },
  },
  {
    files: ['packages/client/src/**/*.ts'],
    ignores: [
      'packages/client/src/platform.ts',
      'packages/client/src/diagnostics/environment.ts',
      'packages/client/src/push/surroundings.ts',
      ...tests,
    ],
    rules: { 'no-restricted-globals': ['error', ...surroundings] },
  },
  {
    files: [
      'packages/gateway/src/cli/**/*.ts',
      'e2e/check{,-sip}.ts',
      'e2e/sip/network.ts',
      'e2e/check/**/*.ts',
      'e2e/examples/run.ts',
      'e2e/site/look.ts',
      'bench/**/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['packages/react/**/*.{ts,tsx}', 'apps/**/*.{ts,tsx}', 'examples/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: ['packages/gateway/src/**/*.ts'],
    ignores: ['packages/gateway/src/load/**', 'packages/gateway/src/doctor/**', ...tests],
    rules: {
      'no-restricted-globals': [
        'error',
        {
          name: 'fetch',
          message:
            'Giving up a body makes fetch throw where nobody can catch it (ARCHITECTURE.md): use http-post.ts.',
        },
      ],
    },
  },
  {
    // Tests poke at what is typed as impossible; fakes implement only what is used.
    files: tests,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Published types call present what may be absent at first.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // What they import is not installed here; their builds check types.
    files: ['examples/**/*.{ts,tsx}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['examples/**/*.js', 'site/.vitepress/theme/*.mjs'],
    languageOptions: { globals: globals.browser },
  },
  {
    // Outside every tsconfig: configuration, and what is compiled against several SDKs by a test.
    files: [
      '*.config.ts',
      'apps/*/*.config.ts',
      'packages/client/test/drop-in/**',
      'site/around.d.ts',
    ],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
);
