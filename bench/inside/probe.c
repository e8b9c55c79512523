// What the supervisors of the bench run: as little as possible besides telling when it happens.
//   probe run | clock | orphans COUNT | blocks BYTES TIMES NAME | lines BYTES TIMES NAME
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 100, DIGITS = 8, BLOCK = 65600 };

static long long now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Appends the monotonic time in nanoseconds, the process id and the time of day in nanoseconds to a file.
static void note(const char *path) {
  char line[96];
  int length = snprintf(line, sizeof line, "%lld %d %lld\n", now(CLOCK_MONOTONIC), getpid(), now(CLOCK_REALTIME));
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
  if (fd < 0 || write(fd, line, length) != length) exit(1);
  close(fd);
}

static void write_all(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = write(1, bytes, length);
    if (count <= 0) exit(1);
    bytes += count;
    length -= count;
  }
}

// Counts a number of digits up by one, in place.
static void increment(char *number) {
  for (int digit = DIGITS - 1; digit >= 0 && ++number[digit] > '9'; digit--) number[digit] = '0';
}

// Numbered lines of 100 bytes, `size` bytes in each write; begins each time when /run/go.NAME.TIME is there.
static void print_lines(long long total, size_t size, int times, const char *name) {
  char *block = malloc(size), number[DIGITS], go[64];
  for (size_t i = 0; i < size; i++) block[i] = i % LINE == LINE - 1 ? '\n' : 'x';
  memset(number, '0', DIGITS);
  note("/run/starts");
  for (int time = 1; time <= times; time++) {
    snprintf(go, sizeof go, "/run/go.%s.%d", name, time);
    while (access(go, F_OK) != 0) usleep(5000);
    note("/run/writes");
    for (long long done = 0; done < total; done += size) {
      for (size_t line = 0; line < size; line += LINE) {
        memcpy(block + line, number, DIGITS);
        increment(number);
      }
      write_all(block, size);
    }
    note("/run/ends");
  }
}

// Children of children that have gone, so that they fall to process 1.
static void leave_orphans(int count) {
  for (int i = 0; i < count; i++) {
    pid_t child = fork();
    if (child == 0) {
      if (fork() == 0) _exit(0);
      _exit(0);
    }
    waitpid(child, NULL, 0);
  }
  note("/run/ends");
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "run";
  if (strcmp(verb, "clock") == 0) {
    note("/run/begin");
    return 0;
  }
  if (strcmp(verb, "blocks") == 0 && argc > 4) print_lines(atoll(argv[2]), BLOCK, atoi(argv[3]), argv[4]);
  else if (strcmp(verb, "lines") == 0 && argc > 4) print_lines(atoll(argv[2]), LINE, atoi(argv[3]), argv[4]);
  else if (strcmp(verb, "orphans") == 0 && argc > 2) leave_orphans(atoi(argv[2]));
  else note("/run/starts");
  for (;;) pause();
}
