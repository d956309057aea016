/**
 * Each media thread has a place, and the user name fragments of its ICE agents begin with it, so that whoever has the first
 * check on a TCP connection knows which thread it is for. It says nothing that the UDP port of a candidate does not.
 */
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const LENGTH = 2;

export function prefixOf(place: number): string {
  return CHARACTERS.charAt(place >> 6) + CHARACTERS.charAt(place & 63);
}

/** Undefined for text that no prefix begins. */
export function placeOf(ufrag: string): number | undefined {
  const [high = -1, low = -1] = Array.from(ufrag.slice(0, LENGTH), (character) =>
    CHARACTERS.indexOf(character),
  );
  return high < 0 || low < 0 ? undefined : high * 64 + low;
}
