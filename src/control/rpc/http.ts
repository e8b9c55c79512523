import type { ControlContext } from "../context.ts";
import { rpcRequest } from "../protocol.ts";
import { call } from "./call.ts";
import { RpcFault } from "./method.ts";
import { type Call, decodeCall } from "./xml/decode.ts";
import { encodeFault, encodeResponse } from "./xml/encode.ts";
import { XmlError } from "./xml/parse.ts";

/** Answers a JSON call: `{ result }`, or `{ fault: { code, text } }`. */
export async function answerJson(context: ControlContext, request: Request): Promise<Response> {
  const parsed = rpcRequest.safeParse(await request.json().catch(() => undefined));
  if (!parsed.success) return faultJson(new RpcFault("INCORRECT_PARAMETERS"), 400);
  try {
    return Response.json({
      result: await call({ ...context, signal: request.signal }, parsed.data.method, parsed.data.params),
    });
  } catch (error) {
    if (error instanceof RpcFault) return faultJson(error);
    throw error;
  }
}

function faultJson({ code, message }: RpcFault, status = 200): Response {
  return Response.json({ fault: { code, text: message } }, { status });
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
    return xml(
      encodeResponse(await call({ ...context, signal: request.signal }, wanted.method, wanted.params)),
    );
  } catch (error) {
    if (error instanceof RpcFault) return xml(encodeFault(error.code, error.message));
    throw error;
  }
}

function xml(body: string): Response {
  return new Response(body, { headers: { "Content-Type": "text/xml" } });
}
