import { useEffect, useState } from 'react';
import type { ClientEvents, INotification, TelnyxRTC } from '@offhook/client';
import { useClient } from './use-phone.ts';
import { useLatest } from './use-latest.ts';

export interface UseCallbacksProps {
  readonly onReady?: ((...args: ClientEvents['telnyx.ready']) => void) | undefined;
  readonly onError?: ((...args: ClientEvents['telnyx.error']) => void) | undefined;
  readonly onSocketError?: ((...args: ClientEvents['telnyx.socket.error']) => void) | undefined;
  readonly onSocketClose?: ((...args: ClientEvents['telnyx.socket.close']) => void) | undefined;
  readonly onNotification?: ((...args: ClientEvents['telnyx.notification']) => void) | undefined;
}

function listen<K extends keyof ClientEvents>(
  client: TelnyxRTC,
  event: K,
  listener: (...args: ClientEvents[K]) => void,
): () => void {
  client.on(event, listener);
  return () => void client.off(event, listener);
}

/** Calls the callbacks of the latest render on the client's events, until unmount. */
export function useCallbacks(props: UseCallbacksProps = {}): null {
  const client = useClient();
  const latest = useLatest(props);
  useEffect(() => {
    if (!client) {
      return undefined;
    }
    const undo = [
      listen(client, 'telnyx.ready', (event) => latest.current.onReady?.(event)),
      listen(client, 'telnyx.error', (event) => latest.current.onError?.(event)),
      listen(client, 'telnyx.socket.error', (event) => latest.current.onSocketError?.(event)),
      listen(client, 'telnyx.socket.close', (event) => latest.current.onSocketClose?.(event)),
      listen(client, 'telnyx.notification', (event) => latest.current.onNotification?.(event)),
    ];
    return () => undo.forEach((stop) => stop());
  }, [client, latest]);
  return null;
}

/** The last notification; undefined before the first, and after a change of client. */
export function useNotification(): INotification | undefined {
  const client = useClient();
  const [last, setLast] = useState<{ client: TelnyxRTC | null; notification: INotification }>();
  // A copy: the same notification twice must render twice.
  useCallbacks({ onNotification: (notification) => setLast({ client, notification }) });
  return last?.client === client ? last.notification : undefined;
}
