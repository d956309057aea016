// Makes assets/sounds.json: the service sounds as Opus frames of 20 ms, base64. Run it after changing a sound:
//   node scripts/make-sounds.mjs
// The gateway itself encodes nothing: encoders cost a hundred times what passing a packet on does.
import { writeFileSync } from 'node:fs';
import OpusScript from 'opusscript';

const RATE = 48_000;
const FRAME = 960;
const AMPLITUDE = 0.5;

const DTMF = {
  rows: [697, 770, 852, 941],
  columns: [1209, 1336, 1477, 1633],
  keys: ['123A', '456B', '789C', '*0#D'],
};

/** Sum of sines of equal level, from sample `start` on; 5 ms ramps at both ends avoid clicks. */
function samples(frequencies, start, count, total) {
  const pcm = Buffer.alloc(count * 2);
  const ramp = RATE / 200;
  for (let i = 0; i < count; i += 1) {
    const at = start + i;
    let value = 0;
    for (const frequency of frequencies) {
      value += Math.sin((2 * Math.PI * frequency * at) / RATE);
    }
    const fade = total === undefined ? 1 : Math.min(1, at / ramp, (total - at) / ramp);
    pcm.writeInt16LE(Math.round((value / frequencies.length) * AMPLITUDE * fade * 32_767), i * 2);
  }
  return pcm;
}

function encode(frequencies, frames, { steady = false } = {}) {
  const encoder = new OpusScript(RATE, 1, OpusScript.Application.AUDIO);
  encoder.setBitrate(24_000);
  // A tone that loops starts from an encoder that is past its first moments.
  const lead = steady ? 50 : 0;
  const total = steady ? undefined : frames * FRAME;
  const out = [];
  for (let i = 0; i < frames + lead; i += 1) {
    const frame = encoder.encode(samples(frequencies, i * FRAME, FRAME, total), FRAME);
    if (i >= lead) {
      out.push(Buffer.from(frame).toString('base64'));
    }
  }
  encoder.delete();
  return out;
}

const dtmf = {};
DTMF.keys.forEach((row, y) => {
  [...row].forEach((key, x) => {
    dtmf[key] = encode([DTMF.rows[y], DTMF.columns[x]], 10);
  });
});

const sounds = {
  // 1000 Hz, one second, to be repeated.
  tone: encode([1000], 50, { steady: true }),
  // Ringback of North America: 440 and 480 Hz for two seconds; the player adds the four of silence.
  ringback: encode([440, 480], 100),
  // 200 ms a digit.
  dtmf,
};
const target = new URL('../assets/sounds.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(sounds)}\n`);
