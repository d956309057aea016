import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  counterVector,
  deriveKeys,
  gcmRtcpVector,
  gcmVector,
  SRTP_AES128_CM_SHA1_80,
  SrtpReceiver,
  SrtpSender,
} from './srtp.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('RFC 3711', () => {
  const master = {
    key: hex('E1F97A0D3E018BE0D64FA32C06DE4139'),
    salt: hex('0EC675AD498AFEEBB6960B3AABE6'),
  };
  const CIPHER_KEY = hex('C61E7A93744F39EE10734AFE3FF7A087');
  const CIPHER_SALT = hex('30CBBC08863D8C85D49DB34A9AE1');
  const AUTH_KEY = hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4');

  it('B.3: session keys from the master key', () => {
    const keys = deriveKeys(SRTP_AES128_CM_SHA1_80, master, 0);
    expect(keys.cipher.export()).toEqual(CIPHER_KEY);
    expect(keys.salt).toEqual(CIPHER_SALT);
    expect(keys.auth.export()).toEqual(AUTH_KEY);
  });

  it('B.2: the key stream, from the session salt, a source of 0 and an index of 0', () => {
    const iv = counterVector(hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'), 0, 0, 0);
    const key = hex('2B7E151628AED2A6ABF7158809CF4F3C');
    const stream = createCipheriv('aes-128-ctr', key, iv).update(Buffer.alloc(48));
    expect(stream).toEqual(
      hex(`E03EAD0935C95E80E166B16DD92B4EB4
           D23513162B02D0F72A43A2FE4A5F97AB
           41E95B3BB0A2E8DD477901E4FCA894C0`),
    );
  });

  it('a packet under the keys of B.3 is what these keys make of it', () => {
    const packet = Buffer.concat([hex('800f1234decafbadcafebabe'), Buffer.alloc(16, 0xab)]);
    const iv = counterVector(CIPHER_SALT, 0xcafebabe, 7, 0x1234);
    const body = createCipheriv('aes-128-ctr', CIPHER_KEY, iv).update(packet.subarray(12));
    const signed = Buffer.concat([packet.subarray(0, 12), body]);
    const tag = createHmac('sha1', AUTH_KEY).update(signed).update(hex('00000007')).digest();
    const sender = new SrtpSender(SRTP_AES128_CM_SHA1_80, master);
    const sent = Buffer.concat([packet, Buffer.alloc(sender.overhead)]);
    sender.protectRtp(sent, 12, 7);
    expect(sent).toEqual(Buffer.concat([signed, tag.subarray(0, 10)]));
    // A receiver that starts here takes the roll-over counter for 0, as RFC 3711, 3.3.1 has it, and so does not know this one.
    const receiver = new SrtpReceiver(SRTP_AES128_CM_SHA1_80, master);
    expect(receiver.unprotectRtp(sent, 12)).toBeUndefined();
  });
});

describe('RFC 7714', () => {
  const KEY = hex('000102030405060708090a0b0c0d0e0f');
  const SALT = hex('517569642070726f2071756f');

  it('16.1.1: the vector of a packet, which opens with it', () => {
    const iv = gcmVector(SALT, 0x5501a0b2, 0, 0xf17b);
    expect(iv).toEqual(hex('51753c6580c2726f20718414'));
    const decipher = createDecipheriv('aes-128-gcm', KEY, iv);
    decipher.setAAD(hex('8040f17b8041f8d35501a0b2'));
    const sealed = hex(`f24de3a3fb34de6cacba861c9d7e4bca
      be633bd50d294e6f42a5f47a51c7d19b36de3adf8833
      899d7f27beb16a9152cf765ee4390cce`);
    decipher.setAuthTag(sealed.subarray(-16));
    const text = decipher.update(sealed.subarray(0, -16)).toString();
    decipher.final();
    expect(text).toBe('Gallia est omnis divisa in partes tres');
  });

  it('17.1: the vector of a compound packet', () => {
    expect(gcmRtcpVector(SALT, 0x4d617273, 0x5d4)).toEqual(hex('517524055203726f207170bb'));
  });
});
