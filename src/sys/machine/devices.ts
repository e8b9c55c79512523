import { read } from "./files.ts";

export interface InterfaceBytes {
  device: string;
  receivedBytes: number;
  sentBytes: number;
}

/** Received and sent bytes of each network interface but the loopback, as of /proc/net/dev. */
export function networkInterfaces(proc: string): InterfaceBytes[] {
  return (read(`${proc}/net/dev`) ?? "").split("\n").flatMap((line): InterfaceBytes[] => {
    const [, device, rest = ""] = /^ *([^:]+): *(.*)$/.exec(line) ?? [];
    if (device === undefined || device === "lo") return [];
    const fields = rest.split(/ +/).map(Number);
    return [{ device, receivedBytes: fields[0] ?? 0, sentBytes: fields[8] ?? 0 }];
  });
}

export interface BlockBytes {
  /** `MAJOR:MINOR`. */
  device: string;
  readBytes: number;
  writtenBytes: number;
}

/** What the control group has read from and written to each block device. */
export function blockDevices(cgroup: string): BlockBytes[] {
  const text = read(`${cgroup}/io.stat`);
  return text === undefined ? oldBlockDevices(cgroup) : text.split("\n").flatMap(blockDevice);
}

/** Linux 5.15 may put devices without figures in front; a device on its own is about to have some, which are not 0. */
function blockDevice(line: string): BlockBytes[] {
  const device = /(\d+:\d+) (?=\w+=)/.exec(line)?.[1];
  if (device === undefined) return [];
  const bytes = (name: string) => Number(new RegExp(`\\b${name}=(\\d+)`).exec(line)?.[1] ?? 0);
  return [{ device, readBytes: bytes("rbytes"), writtenBytes: bytes("wbytes") }];
}

/** Of version 1. */
function oldBlockDevices(cgroup: string): BlockBytes[] {
  const text = read(`${cgroup}/blkio/blkio.throttle.io_service_bytes`) ?? "";
  const bytes = (operation: string) =>
    new Map(
      [...text.matchAll(new RegExp(`^(\\d+:\\d+) ${operation} (\\d+)$`, "gm"))].map(
        ([, device = "", count]): [string, number] => [device, Number(count)],
      ),
    );
  const [readBytes, writtenBytes] = [bytes("Read"), bytes("Write")];
  return [...new Set([...readBytes.keys(), ...writtenBytes.keys()])].map((device) => ({
    device,
    readBytes: readBytes.get(device) ?? 0,
    writtenBytes: writtenBytes.get(device) ?? 0,
  }));
}
