import { describe, expect, it } from 'vitest';
import { Emitter } from './emitter.ts';

interface Events {
  a: [value: number];
  b: [];
}

function make() {
  const reported: unknown[] = [];
  const heard: string[] = [];
  const emitter = new Emitter<Events>((error) => reported.push(error));
  return { emitter, reported, heard };
}

describe('Emitter', () => {
  it('runs listeners in the order of their registration', () => {
    const { emitter, heard } = make();
    emitter.on('a', (value) => heard.push(`1:${value}`));
    emitter.on('a', (value) => heard.push(`2:${value}`));
    emitter.emit('a', 7);
    expect(heard).toEqual(['1:7', '2:7']);
  });

  it('reports a listener that throws and goes on with the others', () => {
    const { emitter, heard, reported } = make();
    const error = new Error('mine');
    emitter.on('a', () => {
      throw error;
    });
    emitter.on('a', () => heard.push('next'));
    expect(() => {
      emitter.emit('a', 1);
    }).not.toThrow();
    expect([heard, reported]).toEqual([['next'], [error]]);
  });

  it('runs a function added twice twice; each undo takes one away', () => {
    const { emitter, heard } = make();
    const listener = (): void => void heard.push('x');
    const undo = emitter.on('b', listener);
    emitter.on('b', listener);
    emitter.emit('b');
    undo();
    undo();
    emitter.emit('b');
    expect(heard).toHaveLength(3);
  });

  it('no longer calls what was removed, nor yet what was added, while an event is delivered', () => {
    const { emitter, heard } = make();
    emitter.on('b', () => {
      heard.push('first');
      emitter.off('b', second);
      emitter.on('b', () => heard.push('late'));
    });
    const second = (): void => void heard.push('second');
    emitter.on('b', second);
    emitter.emit('b');
    expect(heard).toEqual(['first']);
    emitter.emit('b');
    expect(heard).toEqual(['first', 'first', 'late']);
  });

  it('off without a listener removes all of that event and no other', () => {
    const { emitter, heard } = make();
    emitter.on('a', () => heard.push('a'));
    emitter.on('b', () => heard.push('b'));
    emitter.off('a');
    expect([emitter.has('a'), emitter.has('b')]).toEqual([false, true]);
    emitter.emit('a', 1);
    emitter.emit('b');
    expect(heard).toEqual(['b']);
  });
});
