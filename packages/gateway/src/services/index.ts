import { DtmfService } from './dtmf.ts';
import { EchoService } from './echo.ts';
import type { Service, ServiceLine, ServiceName } from './service.ts';
import { ToneService } from './tone.ts';

const SERVICES: Readonly<Record<ServiceName, new (line: ServiceLine) => Service>> = {
  echo: EchoService,
  tone: ToneService,
  dtmf: DtmfService,
};

export function createService(name: ServiceName, line: ServiceLine): Service {
  return new SERVICES[name](line);
}
