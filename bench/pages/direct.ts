/** Two peer connections of one page, nothing in between: what the browser alone needs from an offer to the first sound. */

export interface Direct {
  /** Milliseconds from before the microphone is asked for to the first sound at the other end. */
  run(): Promise<number>;
}

declare global {
  interface Window {
    readonly direct: Direct;
  }
}

const direct: Direct = {
  async run() {
    const { probe } = window;
    probe.reset();
    const from = probe.now();
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    a.addEventListener('icecandidate', ({ candidate }) => void b.addIceCandidate(candidate));
    b.addEventListener('icecandidate', ({ candidate }) => void a.addIceCandidate(candidate));
    b.addEventListener('track', ({ streams }) => {
      const audio = document.querySelector('audio');
      if (audio) {
        audio.srcObject = streams[0] ?? null;
      }
    });
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) {
      a.addTrack(track, stream);
    }
    await a.setLocalDescription();
    if (a.localDescription) {
      await b.setRemoteDescription(a.localDescription);
    }
    await b.setLocalDescription();
    if (b.localDescription) {
      await a.setRemoteDescription(b.localDescription);
    }
    const ms = (await probe.sound()) - from;
    a.close();
    b.close();
    for (const track of stream.getTracks()) {
      track.stop();
    }
    return ms;
  },
};
Object.defineProperty(window, 'direct', { value: direct });
