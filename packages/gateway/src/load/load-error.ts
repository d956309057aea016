/** Why a sign-in or a call of the load did not go as it should; `reason` is a short name that the report counts by. */
export class LoadError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LoadError';
    this.reason = reason;
  }
}
