import { asUser, credentials, test } from './lib/office-test.ts';
import { SIP_LIBRARIES, SipPageView } from './lib/sip-page.ts';

for (const library of SIP_LIBRARIES) {
  test(`a page with ${library} at the gateway itself calls a browser and is called`, async ({
    office,
    party,
    browserOf,
    site,
  }) => {
    const url = `${office.gateway.host}/sip`;
    const account = { ...credentials(office, '1002~desk'), url };
    const page = await SipPageView.open(library, account, { browserOf, site });
    try {
      const ann = await party('1001', asUser(office, '1001'));
      await page.calls(ann);
      await page.isCalled(ann);
    } finally {
      await page.close();
    }
  });
}
