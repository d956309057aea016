import { describe, expect, it } from 'vitest';
import { encodeSpeedTest, parseClientFrame, telnyxDialect } from './index.ts';

describe('a speed test is read', () => {
  const speed = (text: string): unknown => {
    const parsed = parseClientFrame(text, telnyxDialect);
    return parsed.ok ? parsed.value : parsed.error;
  };

  it('from its announcement over its blocks to its end', () => {
    expect(speed(encodeSpeedTest('upload', 2048))).toEqual({
      kind: 'speedtest',
      step: 'upload',
      value: 2048,
      size: 9,
    });
    expect(speed(encodeSpeedTest('block', 1024))).toMatchObject({ step: 'block', size: 1029 });
    expect(speed(encodeSpeedTest('end'))).toMatchObject({ step: 'end', value: undefined });
  });

  it('with no number where it is none', () => {
    expect(speed('#SPU -5')).toMatchObject({ step: 'upload', value: undefined });
    expect(speed('#SPU 1e9')).toMatchObject({ step: 'upload', value: undefined });
    expect(speed('#SP')).toMatchObject({ step: 'end', value: undefined });
  });
});
