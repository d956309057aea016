import { beforeEach, describe, expect, it } from 'vitest';
import html from '../../assistant/index.html?raw';
import { assistantTexts } from '../texts/assistant.ts';
import { formatsOf } from '../texts/formats.ts';
import { BookingForm } from './booking.ts';

const english = { texts: assistantTexts.en, formats: formatsOf('en', ['en-US']) };
const german = { texts: assistantTexts.de, formats: formatsOf('de', ['de']) };

const one = (id: string) => document.getElementById(id) as HTMLInputElement;
const booking = () => document.forms.namedItem('booking')!;
let form: BookingForm;

beforeEach(() => {
  document.body.innerHTML = new DOMParser().parseFromString(html, 'text/html').body.innerHTML;
  form = new BookingForm(booking(), one('badge'), one('news'), english);
});

describe('The booking form', () => {
  it('takes what the assistant knows, bit by bit, and marks it', () => {
    expect(form.fill({ people: 4 })).toEqual({ ok: true });
    expect(form.fill({ date: '2030-05-03', name: 'Maria' })).toEqual({ ok: true });
    expect(one('people').value).toBe('4');
    expect(one('date').hasAttribute('data-filled')).toBe(true);
    expect(one('news').textContent).toContain('Friday, May 3, 2030');
    expect(one('badge').textContent).toBe('Open');
    expect(form.fill({ confirmed: true })).toEqual({ ok: true });
    expect(one('badge').textContent).toBe('Booked');
  });

  it.each([{ people: 40 }, { date: 'Friday' }, { confirmed: true }])(
    'tells the assistant what it does not take: %j',
    (change) => {
      expect(form.fill(change)).toEqual({ error: expect.any(String) as string });
      expect(one('people').value).toBe('');
      expect(one('badge').textContent).toBe('Open');
    },
  );

  it('is open again when somebody changes it by hand, or empties it', () => {
    form.fill({ people: 4, date: '2030-05-03', name: 'Maria', confirmed: true });
    one('name').dispatchEvent(new Event('input', { bubbles: true }));
    expect(one('badge').textContent).toBe('Open');
    expect(one('name').hasAttribute('data-filled')).toBe(false);
    booking().reset();
    expect(one('people').value).toBe('');
    expect(one('people').hasAttribute('data-filled')).toBe(false);
  });

  it('goes on in another language', () => {
    form.fill({ people: 4, date: '2030-05-03', name: 'Maria', confirmed: true });
    form.reword(german);
    expect(one('badge').textContent).toBe('Gebucht');
    form.fill({ date: '2030-05-04' });
    expect(one('news').textContent).toBe(
      'Der Assistent hat eingetragen: Tag: Samstag, 4. Mai 2030.',
    );
    expect(form.fill({ people: 40 })).toEqual({ error: 'The form does not take 40 as people' });
    form.fill({ confirmed: true });
    expect(one('news').textContent).toContain('Gebucht: 4 Personen, Samstag, 4. Mai 2030, Maria.');
  });
});

it('what the page says before its script has run is what the script says in English', () => {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const said = [...page.querySelectorAll<HTMLElement>('[data-text]')].map((element) => [
    element.dataset['text'],
    element.textContent.trim().replaceAll(/\s+/g, ' '),
  ]);
  expect(Object.fromEntries(said)).toEqual(assistantTexts.en.page);
  expect(page.querySelector('offhook-assistant')?.getAttribute('label')).toBe(
    assistantTexts.en.label,
  );
});
