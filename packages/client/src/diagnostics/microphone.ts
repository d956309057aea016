import type { DiagnosticEnvironment } from './environment.ts';
import type {
  MicrophonePermissionState,
  PreCallMicrophoneOptions,
  PreCallMicrophoneReport,
} from './types.ts';

/** Shown to the person, by the application, before their voice is recorded. */
export const MICROPHONE_RECORDING_NOTICE =
  'We will record a few seconds from your microphone and play them back, so that you can hear yourself. The recording stays on this device.';

const DEFAULT_DURATION_MS = 2000;
const DEFAULT_THRESHOLD = 0.01;
const LEVEL_INTERVAL_MS = 50;

/** Opens the microphone, listens for a while, closes it. Places no call; never rejects. */
export async function checkMicrophone(
  options: PreCallMicrophoneOptions,
  environment: DiagnosticEnvironment,
  audio: boolean | MediaTrackConstraints = true,
): Promise<PreCallMicrophoneReport> {
  const { mediaDevices } = environment;
  const report: PreCallMicrophoneReport = {
    currentPermissionState: await permission(environment),
    isPermissionGrantedCurrently: false,
    isGetUserMediaFailed: false,
    deviceAvailable: false,
    deviceCount: 0,
    devices: [],
    activeCapturePerformed: false,
    recordingPerformed: false,
    playbackPerformed: false,
  };
  if (mediaDevices === undefined) {
    report.isGetUserMediaFailed = true;
    report.captureError = 'not_supported';
    return report;
  }
  try {
    const stream = await mediaDevices.getUserMedia({ audio });
    try {
      report.activeCapturePerformed = true;
      await listen(stream, options, environment, report);
    } finally {
      for (const track of stream.getTracks()) {
        track.stop();
      }
    }
  } catch (error) {
    report.isGetUserMediaFailed = true;
    report.captureError = captureError(error);
    if (error instanceof Error) {
      report.captureErrorMessage = error.message;
    }
  }
  // After capture: only then do browsers tell the labels.
  await listDevices(mediaDevices, report);
  report.currentPermissionState = await permission(environment);
  report.isPermissionGrantedCurrently =
    report.currentPermissionState === 'granted' || report.activeCapturePerformed === true;
  return report;
}

async function permission({
  permissions,
}: DiagnosticEnvironment): Promise<MicrophonePermissionState> {
  try {
    // Firefox before 132 does not know the name and rejects.
    const status = await permissions?.query({ name: 'microphone' });
    return status?.state ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function captureError(error: unknown): NonNullable<PreCallMicrophoneReport['captureError']> {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return 'permission_denied';
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return 'no_device';
  }
  return name === 'TypeError' || name === 'NotSupportedError' ? 'not_supported' : 'unknown';
}

async function listDevices(devices: MediaDevices, report: PreCallMicrophoneReport): Promise<void> {
  const all = await devices.enumerateDevices().catch(() => []);
  report.devices = all
    .filter((device) => device.kind === 'audioinput')
    .map(({ label, deviceId }) => ({ label, deviceId, kind: 'audioinput' as const }));
  report.deviceCount = report.devices.length;
  report.deviceAvailable = report.deviceCount > 0;
  report.labelsAccessible = report.devices.some((device) => device.label !== '');
}

async function listen(
  stream: MediaStream,
  options: PreCallMicrophoneOptions,
  environment: DiagnosticEnvironment,
  report: PreCallMicrophoneReport,
): Promise<void> {
  const duration = options.sampleDurationMs ?? DEFAULT_DURATION_MS;
  const threshold = Math.min(1, Math.max(0, options.silenceThreshold ?? DEFAULT_THRESHOLD));
  const recorder =
    options.record === true ? startRecorder(stream, options, environment) : undefined;
  const levels = await sampleLevels(stream, duration, environment);
  if (levels.length > 0) {
    const peak = Math.max(...levels);
    const average = levels.reduce((sum, value) => sum + value, 0) / levels.length;
    report.audioLevel = peak;
    report.audioLevelStats = { peak, average, samples: levels.length };
    report.audioDetected = peak > threshold;
  }
  if (recorder === undefined) {
    return;
  }
  const recording = await recorder.stop();
  if (recording === undefined) {
    return;
  }
  report.recordingPerformed = true;
  report.recordingDataUrl = recording.url;
  report.recordingMimeType = recording.type;
  report.recordingDurationMs = duration;
  report.playbackPerformed = await environment.play(recording.url);
}

/** RMS of each block heard during `duration`, 0 to 1; empty where the page has no AudioContext. */
async function sampleLevels(
  stream: MediaStream,
  duration: number,
  environment: DiagnosticEnvironment,
): Promise<number[]> {
  if (environment.AudioContext === undefined) {
    await environment.delay(duration);
    return [];
  }
  const context = new environment.AudioContext();
  try {
    await context.resume();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const block = new Float32Array(analyser.fftSize);
    const levels: number[] = [];
    for (let elapsed = 0; elapsed < duration; elapsed += LEVEL_INTERVAL_MS) {
      await environment.delay(LEVEL_INTERVAL_MS);
      analyser.getFloatTimeDomainData(block);
      levels.push(Math.sqrt(block.reduce((sum, value) => sum + value * value, 0) / block.length));
    }
    return levels;
  } finally {
    await context.close();
  }
}

interface Recorder {
  stop(): Promise<{ url: string; type: string } | undefined>;
}

function startRecorder(
  stream: MediaStream,
  options: PreCallMicrophoneOptions,
  environment: DiagnosticEnvironment,
): Recorder | undefined {
  if (environment.MediaRecorder === undefined) {
    return undefined;
  }
  options.warnOnRecording?.(MICROPHONE_RECORDING_NOTICE);
  const recorder = new environment.MediaRecorder(stream);
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', (event) => parts.push(event.data));
  const stopped = new Promise<void>((resolve) => {
    recorder.addEventListener('stop', () => {
      resolve();
    });
  });
  recorder.start();
  return {
    async stop() {
      recorder.stop();
      await stopped;
      const blob = new Blob(parts, { type: recorder.mimeType });
      return blob.size === 0 ? undefined : { url: await dataUrl(blob), type: recorder.mimeType };
    },
  };
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      resolve(reader.result as string);
    });
    reader.addEventListener('error', () => {
      reject(new Error('The recording could not be read'));
    });
    reader.readAsDataURL(blob);
  });
}
