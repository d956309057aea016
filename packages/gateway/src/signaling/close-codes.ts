/** RFC 6455, 7.4.1, and one of our own. */
export const CLOSE = {
  goingAway: 1001,
  notText: 1003,
  policy: 1008,
  failed: 1011,
  tooLong: 1009,
  restart: 1012,
  tryLater: 1013,
  /** The session lives on another socket now. */
  takenOver: 4001,
} as const;
