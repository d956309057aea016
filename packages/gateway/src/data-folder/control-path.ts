/** The socket by which commands speak with the gateway that runs on a data folder. */
export const CONTROL_SOCKET = 'control.sock';
