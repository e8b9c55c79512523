// What the supervisors of the bench run: as little as possible besides telling when it happens.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Appends the time in nanoseconds and the process id to a file.
static void note(const char *path) {
  char line[64];
  int length = snprintf(line, sizeof line, "%lld %d\n", now(), getpid());
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

// Lines of 100 bytes, `size` bytes in each write.
static void print_lines(long long total, size_t size) {
  char *block = malloc(size);
  for (size_t i = 0; i < size; i++) block[i] = i % 100 == 99 ? '\n' : 'x';
  note("/run/starts");
  for (long long done = 0; done < total; done += size) write_all(block, size);
  note("/run/ends");
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
  if (strcmp(verb, "clock") == 0) note("/run/begin");
  else if (strcmp(verb, "blocks") == 0) print_lines(atoll(argv[2]), 65600);
  else if (strcmp(verb, "lines") == 0) print_lines(atoll(argv[2]), 100);
  else if (strcmp(verb, "orphans") == 0) leave_orphans(atoi(argv[2]));
  else note("/run/starts");
  if (strcmp(verb, "clock") != 0) for (;;) pause();
  return 0;
}
