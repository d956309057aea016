import {
  useRef,
  type AudioHTMLAttributes,
  type ReactElement,
  type VideoHTMLAttributes,
} from 'react';
import { useBrowserLayoutEffect } from '../hooks/use-browser-layout-effect.ts';

type StreamProp = {
  /** Played while given; the element is emptied when it goes away. */
  readonly stream?: MediaStream | null | undefined;
};

export type AudioProps = StreamProp & AudioHTMLAttributes<HTMLAudioElement>;
export type VideoProps = StreamProp & VideoHTMLAttributes<HTMLVideoElement>;
export type MediaProps =
  ({ readonly type: 'audio' } & AudioProps) | ({ readonly type: 'video' } & VideoProps);

/** An `<audio>` or `<video>` element that plays a stream. `autoPlay` unless told otherwise. */
export function Media({ type, stream, autoPlay = true, ...attributes }: MediaProps): ReactElement {
  const ref = useRef<HTMLMediaElement>(null);
  const hold = (element: HTMLMediaElement | null) => {
    ref.current = element;
  };
  useBrowserLayoutEffect(() => {
    const element = ref.current;
    if (!element) {
      return undefined;
    }
    element.srcObject = stream ?? null;
    return () => {
      element.srcObject = null;
    };
  }, [stream, type]);
  return type === 'audio' ? (
    <audio ref={hold} autoPlay={autoPlay} {...attributes} />
  ) : (
    <video ref={hold} autoPlay={autoPlay} {...attributes} />
  );
}

export function Audio(props: AudioProps): ReactElement {
  return <Media {...props} type="audio" />;
}

export function Video(props: VideoProps): ReactElement {
  return <Media playsInline {...props} type="video" />;
}
