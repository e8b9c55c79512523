// Reads standard input and counts the probe's lines: reader PATH. PATH becomes five 64-bit numbers, kept current: lines
// that are whole, lines that are torn, whole lines out of order, bytes, and the monotonic time of the last byte.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 99, DIGITS = 8, BUFFER = 1 << 20 };

struct counts { uint64_t whole, torn, disordered, bytes, last; };

static volatile struct counts *counts;
static char buffer[BUFFER], fill[LINE - DIGITS];
static uint64_t expected;

// The number that a line of the probe begins with; -1 where it does not.
static int64_t number_of(const char *line) {
  int64_t number = 0;
  for (int i = 0; i < DIGITS; i++) {
    if (line[i] < '0' || line[i] > '9') return -1;
    number = number * 10 + (line[i] - '0');
  }
  return number;
}

// A supervisor may put "NAME | " before a line; its own messages hold no run of x and do not count.
static void count(const char *line, size_t length) {
  if (length > 0 && line[length - 1] == '\r') length--;
  const char *core = line + length - LINE;
  int64_t number = -1;
  if (length >= LINE && (core == line || core[-1] == ' ') && memcmp(core + DIGITS, fill, sizeof fill) == 0)
    number = number_of(core);
  if (number < 0) {
    if (memmem(line, length, "xx", 2) != NULL) counts->torn++;
    return;
  }
  counts->whole++;
  if ((uint64_t)number != expected) counts->disordered++;
  expected = number + 1;
}

int main(int argc, char **argv) {
  int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644) : -1;
  if (fd < 0 || ftruncate(fd, sizeof *counts) != 0) return 1;
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (counts == MAP_FAILED) return 1;
  memset(fill, 'x', sizeof fill);
  size_t held = 0;
  ssize_t got;
  while ((got = read(0, buffer + held, BUFFER - held)) > 0) {
    char *line = buffer, *end = buffer + held + got, *stop;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    while ((stop = memchr(line, '\n', end - line)) != NULL) {
      count(line, stop - line);
      line = stop + 1;
    }
    held = end - line;
    if (held == BUFFER) held = 0;
    memmove(buffer, line, held);
    counts->bytes += got;
    counts->last = t.tv_sec * 1000000000ULL + t.tv_nsec;
  }
  return 0;
}
