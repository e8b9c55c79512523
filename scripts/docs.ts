#!/usr/bin/env bun
// Writes what is generated from src/env/schema.ts: the README's table of variables and .env.example.
import { readmeWithTable, environmentExample } from "./lib/environment-docs.ts";

await Bun.write("README.md", readmeWithTable(await Bun.file("README.md").text()));
await Bun.write(".env.example", environmentExample());
