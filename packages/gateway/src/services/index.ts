import { DtmfService } from './dtmf.ts';
import { EchoService } from './echo.ts';
import type { Service, ServiceLine, ServiceName, ServiceOffer } from './service.ts';
import { ToneService } from './tone.ts';

const SERVICES: Readonly<Record<ServiceName, new (line: ServiceLine) => Service>> = {
  echo: EchoService,
  tone: ToneService,
  dtmf: DtmfService,
};

export function serviceOffer(name: ServiceName): ServiceOffer {
  return { name, create: (line) => new SERVICES[name](line) };
}
