/** What error codes of a connection mean, for messages. */
export const failureWords: Record<string, string> = {
  ConnectionRefused: "a refused connection",
  ECONNREFUSED: "a refused connection",
  ConnectionClosed: "a connection that broke off",
  ECONNRESET: "a connection that broke off",
  ENOTFOUND: "a host name that cannot be resolved",
  EPROTO: "a server that does not speak TLS",
};
