import { describe, expect, test } from "bun:test";
import { judgeCuda } from "../../../../src/features/gpus/driver/cuda.ts";
import { isAtLeast, releaseOf } from "../../../../src/features/gpus/driver/cuda-releases.ts";

const judge = (cuda: string | undefined, driver: string, more: object = {}) =>
  judgeCuda({ cuda, driver, compat: undefined, models: ["NVIDIA A100-SXM4-80GB"], ...more });

test.each([
  ["570.26", "570.26.00", true],
  ["570.26.01", "570.26", true],
  ["570.9", "570.26", false],
  ["1000.1", "570.26", true],
  ["525.60.11", "525.60.13", false],
])("driver %s against %s", (driver, needed, expected) => {
  expect(isAtLeast(driver, needed)).toBe(expected);
});

test("the newest release of a driver", () => {
  expect(["550.54.14", "550.54.13", "565.57.01", "440.33"].map(releaseOf)).toEqual([
    "12.4",
    "12.3",
    "12.6",
    undefined,
  ]);
});

describe("nothing is said where", () => {
  test.each([
    ["the driver can do all of the release", "12.4.1", "550.54.14"],
    ["the driver is newer than the image by a major version", "11.8.0", "580.65.06"],
    ["the release is not known here", "14.0.0", "580.65.06"],
    ["the release is a new one of a known major version", "13.9.0", "610.43.02"],
    ["the image names none", undefined, "470.82.01"],
    ["the image names nonsense", "latest", "470.82.01"],
  ])("%s", (_, cuda, driver) => {
    expect(judge(cuda, driver)).toBeUndefined();
  });
});

describe("a driver that is older than the release", () => {
  test("but of its major version runs it, and that is told to who asks", () => {
    expect(judge("12.4.1", "535.104.05")).toEqual({
      name: "cuda",
      status: "ok",
      message:
        "CUDA 12.4 by minor version compatibility: driver 535.104.05 is of CUDA 12.2; programs that compile PTX as they run may need 550.54.14",
    });
  });

  test("and of another major version is too old; what to rent and to take instead is said", () => {
    expect(judge("12.4.1", "470.82.01")).toEqual({
      name: "cuda",
      status: "error",
      message: "driver 470.82.01 is too old for CUDA 12.4 of this image",
      fix: "rent a machine with driver 525.60.13 or newer (550.54.14 for all of CUDA 12.4), or take an image with CUDA 11",
    });
    expect(judge("13.0.0", "575.57.08")?.fix).toBe(
      "rent a machine with driver 580.65.06 or newer, or take an image with CUDA 12",
    );
    expect(judge("11.8.0", "440.33")?.fix).toBe(
      "rent a machine with driver 450.80.02 or newer (520.61.05 for all of CUDA 11.8)",
    );
    expect(judge("13.9.0", "535.104.05")).toMatchObject({
      status: "error",
      message: "driver 535.104.05 is too old for CUDA 13.9 of this image",
    });
  });
});

describe("forward compatibility", () => {
  const compat = { version: "550.54.15", isUsed: true };

  test("helps data centre GPUs", () => {
    expect(judge("12.4.1", "470.82.01", { compat })).toMatchObject({
      status: "ok",
      message: expect.stringContaining("by forward compatibility"),
    });
  });

  test("does not help GPUs for which NVIDIA excludes it", () => {
    const models = ["NVIDIA GeForce RTX 3090"];
    expect(judge("12.4.1", "470.82.01", { compat, models })).toMatchObject({
      status: "error",
      message: expect.stringContaining("is not for NVIDIA GeForce RTX 3090"),
      fix: expect.stringContaining("rent a machine with driver 525.60.13"),
    });
  });

  test("has to be in use", () => {
    expect(judge("12.4.1", "470.82.01", { compat: { ...compat, isUsed: false } })).toMatchObject({
      status: "warning",
      fix: expect.stringContaining("LD_LIBRARY_PATH=/usr/local/cuda/compat"),
    });
  });

  test("by a package of an older major version is none", () => {
    const old = { version: "520.61.05", isUsed: true };
    expect(judge("12.4.1", "470.82.01", { compat: old })).toMatchObject({ status: "error" });
  });
});
