import { describeMediaPlane } from '../media-plane.contract.ts';
import { EmbeddedMediaPlane } from './plane.ts';

describeMediaPlane(
  'EmbeddedMediaPlane',
  () => new EmbeddedMediaPlane({ workers: 1, bind: ['127.0.0.1'] }),
);
