/** What the API reference is made of: every public entry of the packages, with the folder of its pages. */
export const apiEntries = [
  { name: 'client', text: '@offhook/client', entry: 'packages/client/src/index.ts' },
  {
    name: 'client-ai',
    text: '@offhook/client/ai',
    entry: 'packages/client/src/assistant/index.ts',
  },
  {
    name: 'client-element',
    text: '@offhook/client/element',
    entry: 'packages/client/src/phone-element/index.ts',
  },
  {
    name: 'client-assistant-element',
    text: '@offhook/client/assistant-element',
    entry: 'packages/client/src/element/index.ts',
  },
  {
    name: 'client-diagnostics',
    text: '@offhook/client/diagnostics',
    entry: 'packages/client/src/diagnostics/index.ts',
  },
  {
    name: 'client-tracing',
    text: '@offhook/client/tracing',
    entry: 'packages/client/src/tracing/index.ts',
  },
  {
    name: 'client-push',
    text: '@offhook/client/push',
    entry: 'packages/client/src/push/index.ts',
  },
  {
    name: 'client-push-worker',
    text: '@offhook/client/push-worker',
    entry: 'packages/client/src/push/worker-index.ts',
  },
  { name: 'react', text: '@offhook/react', entry: 'packages/react/src/index.ts' },
  {
    name: 'react-testing',
    text: '@offhook/react/testing',
    entry: 'packages/react/src/testing/index.ts',
  },
  { name: 'protocol', text: '@offhook/protocol', entry: 'packages/protocol/src/index.ts' },
  { name: 'gateway', text: '@offhook/gateway', entry: 'packages/gateway/src/index.ts' },
];
