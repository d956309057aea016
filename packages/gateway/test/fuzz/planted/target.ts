import type { FuzzTarget } from '../target.ts';
import { parseForEver, parsePlanted } from './parser.ts';

const plain = {
  maxLength: 512,
  mutations: [],
  dictionary: ['O', 'F', 'S', 'K', 'L'],
  isExpected: () => false,
  budget: { cpuRatio: 30, floor: 512, heapBase: 32_768, heapPerByte: 16 },
};

export const planted: FuzzTarget = { ...plain, name: 'planted', run: parsePlanted };
export const plantedHang: FuzzTarget = { ...plain, name: 'planted-hang', run: parseForEver };
