/**
 * The driver that came with each release of CUDA on Linux: from that version on, a driver can do all of the release. From
 * NVIDIA's "CUDA Toolkit Release Notes", table "CUDA Toolkit and Corresponding Driver Versions"
 * (https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/); the same numbers are in the names of the installers up to 13.3
 * (cuda_13.3.0_610.43.02_linux.run). From 13.4 on installers bring no driver; these releases are not judged here.
 */
const RELEASES: [release: string, driver: string][] = [
  ["11.0", "450.51.05"],
  ["11.1", "455.23"],
  ["11.2", "460.27.03"],
  ["11.3", "465.19.01"],
  ["11.4", "470.42.01"],
  ["11.5", "495.29.05"],
  ["11.6", "510.39.01"],
  ["11.7", "515.43.04"],
  ["11.8", "520.61.05"],
  ["12.0", "525.60.13"],
  ["12.1", "530.30.02"],
  ["12.2", "535.54.03"],
  ["12.3", "545.23.06"],
  ["12.4", "550.54.14"],
  ["12.5", "555.42.02"],
  ["12.6", "560.28.03"],
  ["12.8", "570.26"],
  ["12.9", "575.51.03"],
  ["13.0", "580.65.06"],
  ["13.1", "590.44.01"],
  ["13.2", "595.45.04"],
  ["13.3", "610.43.02"],
];

/**
 * The least driver for programs of any release of a major version, with what later releases have added left out. From
 * NVIDIA's "CUDA Compatibility", "Minor Version Compatibility"
 * (https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html).
 */
const MINIMA = new Map([
  [11, "450.80.02"],
  [12, "525.60.13"],
  [13, "580.65.06"],
]);

/** The driver that can do all of a release such as `12.4`; undefined for a release that is not known here. */
export function driverOf(release: string): string | undefined {
  return RELEASES.find(([name]) => name === release)?.[1];
}

/** The least driver for a major version; undefined for one that is not known here. */
export function minimumOf(major: number): string | undefined {
  return MINIMA.get(major);
}

/** The newest release that a driver can do all of; undefined for drivers that are older than this table. */
export function releaseOf(driver: string): string | undefined {
  return RELEASES.findLast(([, needed]) => isAtLeast(driver, needed))?.[0];
}

/** The newest major version that a driver can run; undefined for drivers that are older than this table. */
export function majorOf(driver: string): number | undefined {
  return [...MINIMA].findLast(([, needed]) => isAtLeast(driver, needed))?.[0];
}

/** Compares versions of drivers, such as `570.26` and `570.26.00`, number by number. */
export function isAtLeast(driver: string, needed: string): boolean {
  const [own, other] = [driver, needed].map((text) => text.split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (own?.[index] ?? 0) - (other?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
