export const IceReasonCode = {
  NoCandidates: 'ice_no_candidates',
  OnlyHostCandidates: 'ice_only_host_candidates',
  GatheringTimeout: 'ice_gathering_timeout',
  NoSelectedPair: 'ice_no_selected_pair',
  TurnRequired: 'ice_turn_required',
  /** @deprecated Not reported. */
  OnlyRelayCandidates: 'ice_only_relay_candidates',
  ServerNoCandidates: 'ice_server_no_candidates',
  /** Not reported. */
  StrictNetwork: 'ice_strict_network',
  MultipleInterfaces: 'ice_multiple_interfaces',
  VpnDetected: 'ice_vpn_detected',
} as const;
export type IceReasonCodeValue = (typeof IceReasonCode)[keyof typeof IceReasonCode];

export const NetworkReasonCode = {
  HighJitter: 'network_high_jitter',
  HighRtt: 'network_high_rtt',
  PacketLoss: 'network_packet_loss',
  LowBitrate: 'network_low_bitrate',
  /** @deprecated Not reported. */
  HighPacketLoss: 'network_high_packet_loss',
  PoorQuality: 'network_poor_quality',
  FairQuality: 'network_fair_quality',
  NoAudioFlow: 'network_no_audio_flow',
  OneWayAudio: 'network_one_way_audio',
} as const;
export type NetworkReasonCodeValue = (typeof NetworkReasonCode)[keyof typeof NetworkReasonCode];

export const MicrophoneReasonCode = {
  PermissionDenied: 'microphone_permission_denied',
  NoDevice: 'microphone_no_device',
  CapturePermissionDenied: 'microphone_capture_permission_denied',
  CaptureNoDevice: 'microphone_capture_no_device',
  CaptureNotSupported: 'microphone_capture_not_supported',
  CaptureFailed: 'microphone_capture_failed',
  Silent: 'microphone_silent',
  /** @deprecated Not reported. */
  SilenceDetected: 'microphone_silence_detected',
} as const;
export type MicrophoneReasonCodeValue =
  (typeof MicrophoneReasonCode)[keyof typeof MicrophoneReasonCode];
