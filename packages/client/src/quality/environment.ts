import type { ReportDevices, ReportEnvironment } from '@offhook/protocol';
import type { Platform } from '../platform.ts';

/** What the Network Information API tells; not every browser has it. */
interface Connection extends EventTarget {
  readonly type?: string;
  readonly effectiveType?: string;
  /** Mbit/s */
  readonly downlink?: number;
  /** Milliseconds. */
  readonly rtt?: number;
  readonly saveData?: boolean;
}

type Extended = Partial<
  Navigator & {
    readonly connection: Connection;
    readonly deviceMemory: number;
    readonly userAgentData: { readonly platform: string; readonly mobile: boolean };
  }
>;

const navigatorOf = ({ window }: Platform): Extended =>
  (window?.navigator as Extended | undefined) ?? {};

export const connectionOf = (platform: Platform): Connection | undefined =>
  navigatorOf(platform).connection;

/** The network as the browser judges it now. Nothing in it says where the page is. */
export function networkOf(platform: Platform): Record<string, unknown> {
  const { onLine: online } = navigatorOf(platform);
  const { type, effectiveType, downlink, rtt, saveData } = connectionOf(platform) ?? {};
  return { online, type, effectiveType, downlinkMbps: downlink, rttMs: rtt, saveData };
}

/** The browser and the machine, as far as any page may know them without asking. */
export function environmentOf(platform: Platform): Partial<ReportEnvironment> {
  const { language, hardwareConcurrency, deviceMemory, userAgentData } = navigatorOf(platform);
  const { online, ...network } = networkOf(platform);
  return {
    userAgent: platform.userAgent,
    platform: userAgentData?.platform,
    mobile: userAgentData?.mobile,
    language,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    cores: hardwareConcurrency,
    memory: deviceMemory,
    online: online as boolean | undefined,
    secure: (platform.window as { readonly isSecureContext?: boolean } | undefined)
      ?.isSecureContext,
    network,
  };
}

/** What can be heard and spoken with; names and ids only where the application allows them. Asks for no permission. */
export async function devicesOf(
  platform: Platform,
  devices: readonly MediaDeviceInfo[],
  named: boolean,
): Promise<ReportDevices> {
  const count = (kind: MediaDeviceKind): number =>
    devices.filter((device) => device.kind === kind).length;
  const list = devices.map(({ kind, label, deviceId }) => ({ kind, label, deviceId }));
  return {
    permission: await permissionOf(platform),
    inputs: count('audioinput'),
    outputs: count('audiooutput'),
    cameras: count('videoinput'),
    list: named ? list : undefined,
  };
}

async function permissionOf(platform: Platform): Promise<string | undefined> {
  try {
    const name = 'microphone' as PermissionName;
    return (await navigatorOf(platform).permissions?.query({ name }))?.state;
  } catch {
    return undefined; // a browser without this name
  }
}
