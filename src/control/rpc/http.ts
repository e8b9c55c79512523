import type { ControlContext } from "../context.ts";
import { readRequest, rpcRequest } from "../requests.ts";
import { call } from "./call.ts";
import { RpcFault } from "./method.ts";
import { type Call, decodeCall } from "./xml/decode.ts";
import { encodeFault, encodeResponse } from "./xml/encode.ts";
import { XmlError } from "./xml/parse.ts";

/** Answers a JSON call: `{ result }`, or `{ fault: { code, text } }`. Throws AiDockError `E_BAD_REQUEST`. */
export async function answerJson(context: ControlContext, request: Request): Promise<Response> {
  const { method, params } = await readRequest(request, rpcRequest);
  try {
    return Response.json({ result: await call({ ...context, signal: request.signal }, method, params) });
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    return Response.json({ fault: { code: error.code, text: error.message } });
  }
}

/** Answers an XML-RPC call, as supervisord does at /RPC2. */
export async function answerXml(context: ControlContext, request: Request): Promise<Response> {
  let wanted: Call;
  try {
    wanted = decodeCall(await request.text());
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return new Response(`Cannot read the call: ${error.message}\n`, { status: 400 });
  }
  try {
    const { method, params } = wanted;
    return xml(encodeResponse(await call({ ...context, signal: request.signal }, method, params)));
  } catch (error) {
    if (error instanceof RpcFault) return xml(encodeFault(error.code, error.message));
    throw error;
  }
}

function xml(body: string): Response {
  return new Response(body, { headers: { "Content-Type": "text/xml" } });
}
