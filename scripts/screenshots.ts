#!/usr/bin/env bun
// Makes the pictures of docs/portal.md: real pages of a portal with some programs, in Chromium.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../src/control/service.ts";
import { closeBrowser, openPortal } from "../test/e2e/portal/_browser.ts";
import { services } from "../test/portal/_portal.ts";
import { specOf } from "../test/supervisor/spec-fixture.ts";

const direct = (port: number) => ({ kind: "direct", url: `http://203.0.113.7:${port}/` }) as const;
const shown: Service[] = services.map((one) => ({ ...one, links: [direct(one.port)] }));
const [portalService, comfyui, tensorboard] = shown as [Service, Service, Service];

await using world = await openPortal({
  services: [
    portalService,
    {
      ...comfyui,
      links: [direct(41188), { kind: "quick", url: "https://able-lion-quiet-moon.trycloudflare.com/" }],
    },
    { ...comfyui, port: 8888, name: "Jupyter", program: "jupyter", links: [direct(41888)] },
    { ...tensorboard, ready: false, program: "tensorboard", auth: true },
    {
      ...comfyui,
      port: 7860,
      name: "Forge",
      program: null,
      guarded: false,
      reason: "The app itself holds port 7860: let it listen on 127.0.0.1:17860",
      links: [direct(7860)],
    },
  ],
});
const { supervisor, directory } = world.portal;
const running = ["comfyui", "jupyter", "sshd"].map((name) => supervisor.add(specOf(name)));
supervisor.add(specOf("tensorboard", { skipped: "Expected TENSORBOARD_LOG_DIR, got none" }));
await supervisor.start(running);
world.portal.tell("state");

const [green, yellow, red, end] = [32, 33, 31, 0].map((code) => `\u001B[${code}m`);
writeFileSync(
  join(directory, "comfyui.log"),
  [
    "Total VRAM 24210 MB, total RAM 64221 MB",
    "pytorch version: 2.9.1+cu129",
    "Device: cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync",
    `${green}[INFO]${end} Starting server`,
    `${green}[INFO]${end} To see the GUI go to: http://127.0.0.1:18188`,
    `${green}[INFO]${end} got prompt`,
    `${yellow}[WARN]${end} lora key not loaded: lora_te_text_model_encoder_layers_0`,
    "Requested to load SDXL",
    " 45%|████▌     | 9/20 [00:01<00:02,  5.41it/s]\r100%|██████████| 20/20 [00:03<00:00,  5.62it/s]",
    `${green}[INFO]${end} Prompt executed in 4.31 seconds`,
    `${red}[ERROR]${end} An error occurred while retrieving information for the 'CLIPTextEncode' node`,
    `${green}[INFO]${end} got prompt`,
    " 65%|██████▌   | 13/20 [00:02<00:01,  5.58it/s]",
  ].join("\n"),
);

const viewport = { width: 1120, height: 640 };
const page = await world.open("/", { viewport, colorScheme: "light" });
await page.getByText("up ").first().waitFor();
await page.screenshot({ path: "docs/portal-services.png" });
const logs = await world.open("/logs?name=comfyui", { viewport, colorScheme: "dark" });
await logs.locator(".log-row", { hasText: "13/20" }).waitFor();
await logs.screenshot({ path: "docs/portal-logs.png" });
await closeBrowser();
