/* The jobs in C, on the core: jobs LINE. README.md of the folder above says what is asked and
 * answered. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tollbridge.h>

static const char *const names[] = {"record", "record_all", "p99",    "encode",
                                    "decode", "merge",      "replay", "replay_tags"};
enum { JOBS = sizeof names / sizeof *names };

/* What the jobs work on; made and freed outside the clock. */
static uint64_t *values;
static size_t count;
static tb_histogram *histogram, *other;
static tb_bytes encoded;
static char path[PATH_MAX];
/* What the last p99 was. */
static uint64_t found;

/* An error has no place in a job: it ends the program, which `toll` reports. */
static void must(tb_error *error) {
  if (!error) return;
  tb_error_details details;
  tb_error_info(error, &details);
  fprintf(stderr, "%s\n", details.message);
  exit(1);
}

static tb_histogram *create(void) {
  tb_config config = {.lowest = 1, .highest = 3600000000000, .significant_digits = 3};
  tb_histogram *made;
  must(tb_histogram_new(&config, &made));
  return made;
}

static void data_file(const char *name) {
  const char *folder = getenv("TOLL_PEERS");
  snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
}

static void read_values(void) {
  data_file("values");
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    exit(1);
  }
  for (size_t i = 0; i < count; i++) {
    if (fscanf(file, "%" SCNu64, &values[i]) != 1) {
      fprintf(stderr, "%s has too few lines\n", path);
      exit(1);
    }
  }
  fclose(file);
}

static tb_replay *replay(void) {
  tb_replay *sums;
  must(tb_replay_log(path, strlen(path), NULL, NULL, &sums));
  return sums;
}

static uint64_t total(const tb_histogram *of) {
  uint64_t length;
  must(tb_histogram_len(of, &length));
  return length;
}

static void record(void) {
  for (size_t i = 0; i < count; i++)
    must(tb_histogram_record(histogram, values[i]));
}

static void record_all(void) { must(tb_histogram_record_all(histogram, values, count)); }

static void p99(void) {
  bool some;
  must(tb_histogram_value_at_quantile(histogram, 0.99, &some, &found));
}

static void encode(void) {
  tb_bytes bytes;
  must(tb_histogram_encode(histogram, &bytes));
  tb_bytes_free(&bytes);
}

static tb_histogram *decoded(void) {
  tb_histogram *made;
  must(tb_histogram_decode(encoded.data, encoded.length, &made));
  return made;
}

static void decode(void) { tb_histogram_free(decoded()); }

static void merge(void) { must(tb_histogram_merge(histogram, other)); }

static void replay_and_free(void) { tb_replay_free(replay()); }

static void (*const work[])(void) = {record,          record_all,     p99, encode, decode, merge,
                                     replay_and_free, replay_and_free};

static int job_called(const char *name) {
  for (int job = 0; job < JOBS; job++) {
    if (!strcmp(names[job], name)) return job;
  }
  fprintf(stderr, "no job %s\n", name);
  exit(1);
}

static bool is(int job, const char *name) { return !strcmp(names[job], name); }
static bool replays(int job) { return !strncmp(names[job], "replay", 6); }
static bool records(int job) { return !strncmp(names[job], "record", 6); }

static void set_up(int job, size_t n) {
  count = n;
  values = malloc(n * sizeof *values);
  if (!values) exit(1);
  read_values();
  histogram = create();
  other = create();
  must(tb_histogram_record_all(other, values, n));
  if (!records(job)) record_all();
  must(tb_histogram_encode(other, &encoded));
  if (replays(job)) data_file(is(job, "replay") ? "plain.hlog" : "tagged.hlog");
}

static void tear_down(void) {
  free(values);
  tb_histogram_free(histogram);
  tb_histogram_free(other);
  tb_bytes_free(&encoded);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The total of the log's sums. */
static uint64_t replayed(void) {
  tb_replay *sums = replay();
  uint64_t all = 0;
  for (size_t i = 0; i < tb_replay_len(sums); i++) {
    tb_histogram *sum;
    must(tb_replay_histogram(sums, i, &sum));
    all += total(sum);
    tb_histogram_free(sum);
  }
  tb_replay_free(sums);
  return all;
}

static uint64_t check(int job) {
  if (replays(job)) return replayed();
  if (is(job, "decode") || is(job, "encode")) {
    tb_histogram *made = decoded();
    uint64_t length = total(made);
    tb_histogram_free(made);
    return length;
  }
  if (is(job, "p99")) {
    uint64_t last = found;
    p99();
    return last == found;
  }
  return total(histogram);
}

static void hex(const void *data, size_t length) {
  const unsigned char *bytes = data;
  putchar('x');
  for (size_t i = 0; i < length; i++)
    printf("%02x", bytes[i]);
}

static void time_job(int job, uint64_t iterations, uint64_t batches) {
  printf("ok %" PRIu64, batches);
  void (*run)(void) = work[job];
  for (uint64_t batch = 0; batch < batches; batch++) {
    uint64_t start = now();
    for (uint64_t i = 0; i < iterations; i++)
      run();
    printf(" %" PRIu64, now() - start);
  }
  printf(" %" PRIu64 "\n", check(job));
}

static void put_histogram(const tb_histogram *one) {
  tb_text tag;
  tb_bytes bytes;
  must(tb_histogram_tag(one, &tag));
  must(tb_histogram_encode(one, &bytes));
  putchar(' ');
  hex(tag.data, tag.length);
  putchar(' ');
  hex(bytes.data, bytes.length);
  tb_text_free(&tag);
  tb_bytes_free(&bytes);
}

static void answer(int job) {
  if (is(job, "p99")) {
    p99();
    printf("ok %" PRIu64 "\n", found);
  } else if (replays(job)) {
    tb_replay *sums = replay();
    printf("ok %zu", tb_replay_len(sums));
    for (size_t i = 0; i < tb_replay_len(sums); i++) {
      tb_histogram *sum;
      must(tb_replay_histogram(sums, i, &sum));
      put_histogram(sum);
      tb_histogram_free(sum);
    }
    putchar('\n');
    tb_replay_free(sums);
  } else if (is(job, "decode")) {
    tb_histogram *made = decoded();
    fputs("ok 1", stdout);
    put_histogram(made);
    putchar('\n');
    tb_histogram_free(made);
  } else {
    if (!is(job, "encode")) work[job]();
    fputs("ok 1", stdout);
    put_histogram(histogram);
    putchar('\n');
  }
}

static void hello(const char *line) {
  /* By way of an integer: ISO C has no conversion from a function's address to an object's. */
  uintptr_t function = (uintptr_t)tb_histogram_new;
  Dl_info info;
  char library[PATH_MAX];
  if (!dladdr((void *)function, &info) || !realpath(info.dli_fname, library)) exit(1);
  fputs("ok ", stdout);
  hex(line, strlen(line));
  putchar(' ');
  hex(library, strlen(library));
  putchar(' ');
  hex("C11, " COMPILER, sizeof "C11, " COMPILER - 1);
  putchar('\n');
}

int main(int argc, char **argv) {
  char line[256], name[32];
  uint64_t n, iterations, batches;
  while (argc == 2 && fgets(line, sizeof line, stdin)) {
    if (!strcmp(line, "hello\n")) {
      hello(argv[1]);
    } else if (!strcmp(line, "shapes\n")) {
      printf("ok %d", JOBS);
      for (int job = 0; job < JOBS; job++)
        printf(" %s x", names[job]);
      putchar('\n');
    } else if (!strcmp(line, "stats\n")) {
      puts("ok 0");
    } else if (sscanf(line, "time %31s %" SCNu64 " %" SCNu64 " %" SCNu64, name, &n, &iterations,
                      &batches) == 4) {
      int job = job_called(name);
      set_up(job, n);
      time_job(job, iterations, batches);
      tear_down();
    } else if (sscanf(line, "answer %31s %" SCNu64, name, &n) == 2) {
      int job = job_called(name);
      set_up(job, n);
      answer(job);
      tear_down();
    } else {
      puts("err unknown request");
    }
    fflush(stdout);
  }
  return argc == 2 ? 0 : 2;
}
