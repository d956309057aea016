/** The layering of ARCHITECTURE.md, floor by floor. */

const test = '\\.(test|contract|fixture)\\.tsx?$|/testing/|^packages/[^/]+/test/|^e2e/|^bench/';

/** @param {string} name @param {string} comment @param {string} from @param {string} to @param {object} [more] */
const forbid = (name, comment, from, to, more = {}) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: test },
  to: { path: to, ...more },
});

const client = '^packages/client/src';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one. Types may point back.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'An import that resolves to nothing.',
      severity: 'error',
      from: {},
      // What Node has and the resolver does not know yet; what only a bundler reads.
      to: { couldNotResolve: true, pathNot: '^node:|^sdk$|\\.css$' },
    },
    {
      name: 'declared',
      comment: 'Import only what package.json declares.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: test },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      comment: 'What ships may not need a development dependency.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: test },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only', 'npm-peer'],
        // Bundled into the client, with its notice.
        pathNot: 'node_modules/@cfworker/json-schema/',
      },
    },

    forbid(
      'protocol-stands-alone',
      'The wire knows nobody.',
      '^packages/protocol/',
      '^(packages/(?!protocol/)|apps/)',
    ),
    forbid('protocol-is-pure', 'No I/O in the wire.', '^packages/protocol/src', '.', {
      dependencyTypes: ['core'],
    }),
    forbid(
      'client-needs-the-wire-only',
      'protocol ← client.',
      '^packages/client/',
      '^(packages/(?!(client|protocol)/)|apps/)',
    ),
    forbid('client-runs-in-browsers', 'No Node modules in the SDK.', client, '.', {
      dependencyTypes: ['core'],
    }),
    forbid(
      'react-needs-the-client-only',
      'client ← react.',
      '^packages/react/',
      '^(packages/(?!(react|client)/)|apps/)',
    ),
    forbid(
      'gateway-never-imports-the-client',
      'protocol ← gateway.',
      '^packages/gateway/',
      '^(packages/(?!(gateway|protocol)/)|apps/)',
    ),
    forbid(
      'phone-uses-public-packages',
      'client, react ← softphone.',
      '^apps/',
      '^packages/gateway/',
    ),
    forbid(
      'phone-takes-types-of-the-wire',
      'What `/api` tells is typed in the protocol; its code comes with the client.',
      '^apps/',
      '^packages/protocol/',
      { dependencyTypesNot: ['type-only'] },
    ),
    forbid('nobody-imports-an-app', 'Applications are the top.', '^packages/', '^apps/'),
    forbid(
      'packages-through-their-door',
      'Other packages are imported by name, never by file.',
      '^(packages|apps)/([^/]+)/',
      '^packages/',
      {
        pathNot: [
          '^(packages|apps)/$2/',
          '/src/((assistant|element|phone-element|diagnostics|push|tracing)/)?index\\.ts$',
        ],
      },
    ),
    forbid(
      'testing-only-in-tests',
      'Fakes and fixtures never ship.',
      '^(packages|apps)/',
      '/testing/|\\.(test|contract|fixture)\\.tsx?$',
    ),

    forbid(
      'signaling-knows-no-media',
      'calls joins the two.',
      `${client}/signaling/`,
      `${client}/(media|quality|client\\.ts|index\\.ts)`,
    ),
    forbid(
      'signaling-sees-calls-through-the-port',
      'Only calls/ports.ts is seen.',
      `${client}/signaling/`,
      `${client}/calls/`,
      {
        pathNot: '/calls/ports\\.ts$',
      },
    ),
    forbid(
      'media-knows-no-signalling',
      'calls joins the two.',
      `${client}/media/`,
      `${client}/(signaling|calls|client\\.ts|index\\.ts)`,
    ),
    forbid(
      'quality-observes',
      'It is never needed for a call to work.',
      `${client}/quality/`,
      `${client}/(signaling|calls|media|client\\.ts|index\\.ts)`,
    ),
    forbid(
      'calls-see-signalling-through-the-port',
      'The registry is given a SignalingPort.',
      `${client}/calls/`,
      `${client}/(signaling/|client\\.ts|index\\.ts)`,
    ),
    forbid(
      'assistants-are-an-entry',
      'Only a page that asks for assistants loads them.',
      `${client}/(?!(assistant|element)/)`,
      `${client}/(assistant|element)/`,
      { dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'the-element-is-the-top',
      'assistant ← element.',
      `${client}/assistant/`,
      `${client}/element/`,
    ),
    forbid(
      'client-ground-floor',
      'options, events, errors, platform know no floor above.',
      `${client}/(errors/|events\\.ts|platform\\.ts)`,
      `${client}/(signaling|media|quality|client\\.ts|index\\.ts)`,
      {
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'index-is-the-top',
      'Nothing inside imports the public surface.',
      `${client}/(?!index\\.ts|phone-element/|tracing/)`,
      `${client}/index\\.ts$`,
    ),
    forbid(
      'the-phone-uses-the-public-surface',
      'What the element can do, a page can do. What an address is, it asks where the client does.',
      `${client}/phone-element/`,
      `${client}/(calls|media|quality|signaling|extras|diagnostics)/`,
      { pathNot: '/signaling/endpoint\\.ts$' },
    ),
    forbid(
      'the-phone-is-an-entry',
      'Only a page that asks for the element loads it.',
      `${client}/(?!phone-element/)`,
      `${client}/(phone-element)/`,
    ),
    forbid(
      'traces-are-an-entry',
      'Traces use the public surface, and only an application that asks for them loads them.',
      `${client}/(?!tracing/)`,
      `${client}/tracing/`,
    ),
    forbid(
      'the-kit-is-of-elements',
      'What elements have in common knows none of them, and the SDK none of it.',
      `${client}/(?!((phone-)?element|element-kit)/)`,
      `${client}/element-kit/`,
    ),

    forbid(
      'gateway-media-behind-the-seam',
      'Signalling sees media-plane.ts, never a plane.',
      '^packages/gateway/src/(signaling|calls|services|directory|auth|http)/',
      '^packages/gateway/src/media/',
      {
        pathNot: '/media/media-plane\\.ts$',
      },
    ),
    forbid(
      'gateway-media-knows-no-calls',
      'A plane serves the seam.',
      '^packages/gateway/src/media/',
      '^packages/gateway/src/(signaling|calls|services|directory|auth|http|cli|main\\.ts)',
    ),
    forbid(
      'gateway-without-its-load',
      'What puts a gateway under load is no part of one.',
      '^packages/gateway/src/(?!load/|cli/load\\.ts)',
      '^packages/gateway/src/load/',
    ),
    forbid(
      'load-is-a-client',
      'It speaks the wire, and knows nothing of the inside.',
      '^packages/gateway/src/load/',
      '^packages/gateway/src/(?!load/)',
    ),
    forbid(
      'gateway-calls-speak-no-dialect',
      'What happens to a call is told in calls/notice.ts; signalling makes frames of it.',
      '^packages/gateway/src/calls/',
      '^packages/gateway/src/signaling/',
      { pathNot: '/signaling/ports\\.ts$' },
    ),
    forbid(
      'gateway-cluster-behind-the-seam',
      'Signalling and calls know other gateways by signaling/elsewhere.ts, signaling/kept-calls.ts and directory/directory.ts.',
      '^packages/gateway/src/(signaling|calls|directory|media)/',
      '^packages/gateway/src/cluster/',
    ),
    forbid(
      'gateway-calls-know-no-http',
      'HTTP is at the door.',
      '^packages/gateway/src/(calls|services|directory)/',
      '^packages/gateway/src/(http|cli|main\\.ts)',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.cache|test-results)/' },
    tsPreCompilationDeps: 'specify',
    detectProcessBuiltinModuleCalls: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['offhook-source', 'import', 'node', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
