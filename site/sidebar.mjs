/** The side bar, by task: paths under docs/ without `.md`, or of made pages. A page that nobody named comes under "More". */
export const sidebar = [
  { text: 'Start', pages: ['guides/start', 'compatibility'] },
  {
    text: 'Guides',
    pages: [
      'guides/sign-in',
      'guides/call',
      'transfer',
      'guides/devices',
      'guides/survive',
      'guides/missed-calls',
      'quality',
      'assistants-on-a-page',
      'guides/testing',
      'guides/csp',
      'guides/firewalls',
    ],
  },
  {
    text: 'Moving here',
    pages: ['moving/telnyx', 'moving/twilio', 'moving/jssip', 'moving/sipjs'],
  },
  {
    text: 'Reference',
    pages: ['client', 'react', 'phone-element', 'api/index', 'errors/index', 'changelog'],
  },
  {
    text: 'Operate',
    pages: [
      'gateway',
      'operations',
      'sip',
      'assistants',
      'call-pages',
      'api',
      'cluster',
      'edge',
      'load',
      'performance',
      'survival',
      'security',
    ],
  },
  { text: 'Protocol', pages: ['protocol', 'protocol-extensions'] },
];
