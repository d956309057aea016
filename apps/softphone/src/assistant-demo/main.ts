/** The page of the embedded assistant: `<offhook-assistant>` beside a form that its tool fills in. */
import '@offhook/client/assistant-element';
import { ownGateway } from '../session/gateway-url.ts';
import { BOOKING_SCHEMA, BookingForm } from './booking.ts';
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/fields.css';
import './page.css';

function find<E extends Element>(selector: string, kind: abstract new () => E): E {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) {
    throw new Error(`The page has no ${selector}`);
  }
  return found;
}

const assistant = document.querySelector('offhook-assistant');
if (assistant) {
  const form = new BookingForm(
    find('#booking', HTMLFormElement),
    find('#badge', HTMLElement),
    find('#news', HTMLElement),
  );
  assistant.setAttribute('host', ownGateway(location));
  // Another assistant of this gateway, to try it here: /assistant/?target=front-desk
  const target = new URLSearchParams(location.search).get('target');
  if (target) {
    assistant.setAttribute('target-id', target);
  }
  assistant.texts = {
    tools: {
      running: () => 'Filling in the form…',
      done: () => 'Filled in the form',
      failed: () => 'The form did not take that',
    },
  };
  assistant.tool('fill_booking', BOOKING_SCHEMA, (change) => form.fill(change), {
    description: 'Writes what is known of a booking into the form on the page of the caller.',
  });
}
