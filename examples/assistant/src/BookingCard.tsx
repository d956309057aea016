/** What the assistant may tell this page (JSON Schema): `fill_booking` of the demo's assistant. */
export const BOOKING_SCHEMA = {
  type: 'object',
  properties: {
    people: { type: 'integer', minimum: 1, maximum: 12 },
    date: { type: 'string', format: 'date' },
    name: { type: 'string', maxLength: 80 },
    confirmed: { type: 'boolean' },
  },
  additionalProperties: false,
} as const;

export interface Booking {
  readonly people?: number;
  readonly date?: string;
  readonly name?: string;
  readonly confirmed?: boolean;
}

const day = (date: string) =>
  new Date(`${date}T12:00`).toLocaleDateString('en', { dateStyle: 'full' });

/** The booking as far as it is known. Changes are told to screen readers. */
export function BookingCard({ booking: { people, date, name, confirmed } }: { booking: Booking }) {
  return (
    <section className="card booking" aria-label="Your table" aria-live="polite">
      <header className="head">
        <h2>Your table</h2>
        <p className="status" data-state={confirmed ? 'ready' : 'open'}>
          {confirmed ? 'Booked' : 'Open'}
        </p>
      </header>
      <dl>
        <dt>People</dt>
        <dd>{people ?? '–'}</dd>
        <dt>Day</dt>
        <dd>{date ? day(date) : '–'}</dd>
        <dt>Name</dt>
        <dd>{name ?? '–'}</dd>
      </dl>
      <p className="notice">Nobody expects you: this is an example.</p>
    </section>
  );
}
