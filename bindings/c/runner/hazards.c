/* Hazards of conformance/hazards.toml as C meets them: `hazard <name> h`. All of it is wrong on
 * purpose. What is undefined here is run under Valgrind only, which must end the process
 * (bridge.toml: detector). */
#include "runner.h"

#if HAS_HISTOGRAM
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HAZARD(name) static void hazard_##name(struct request *r, tb_histogram *histogram)

static const tb_scan recorded = {.kind = TB_SCAN_RECORDED};

static pthread_t start(void *(*run)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, argument) == 0) return thread;
  fputs("runner: cannot start a thread\n", stderr);
  exit(EXIT_FAILURE);
}

/* A second handle, for a hazard that frees it. */
static tb_histogram *another(struct request *r, const tb_histogram *histogram) {
  tb_histogram *clone = NULL;
  failed(r, tb_histogram_clone(histogram, &clone));
  return clone;
}

/* ---- panics and callbacks */

/* Nothing is answered; Rust's line on stderr is all there is to see. */
HAZARD(panic_in_destructor) {
  (void)histogram;
  FILE *said = tmpfile();
  int kept = dup(STDERR_FILENO);
  if (!said || kept < 0 || dup2(fileno(said), STDERR_FILENO) < 0) {
    malformed(r, "stderr cannot be read");
    return;
  }
  tb_fault_panics_when_dropped *object;
  failure error = tb_fault_panics_when_dropped_new(&object);
  tb_fault_panics_when_dropped_free(object);
  dup2(kept, STDERR_FILENO);
  close(kept);
  char text[4096] = "";
  rewind(said);
  size_t length = fread(text, 1, sizeof text - 1, said);
  text[length] = '\0';
  fclose(said);
  TRY(r, error);
  put_word(r, strstr(text, "dropped") ? "reported" : "right");
}

static int32_t jump(void *user, const tb_bucket *bucket) {
  (void)bucket;
  longjmp(*(jmp_buf *)user, 1);
}

/* What the frames below own is never freed. */
HAZARD(nonlocal_exit) {
  jmp_buf here;
  if (setjmp(here) == 0) {
    int32_t stopped;
    TRY(r, tb_histogram_for_each_bucket(histogram, &recorded, jump, &here, &stopped));
  }
  put_word(r, "raised");
}

static int32_t free_values(void *user, uint64_t value) {
  (void)value;
  uint64_t **values = user;
  free(*values);
  *values = NULL;
  return 0;
}

HAZARD(buffer_resized_in_callback) {
  uint64_t *values = required(calloc(3, sizeof *values));
  for (size_t i = 0; i < 3; i++)
    values[i] = i + 1;
  tb_watch *watch;
  TRY(r, tb_histogram_watch(histogram, 1, free_values, &values, NULL, &watch));
  failure error = tb_histogram_record_all(histogram, values, 3);
  tb_watch_free(watch);
  TRY(r, error);
}

/* ---- arguments */

HAZARD(null_with_length) { TRY(r, tb_histogram_record_all(histogram, NULL, 3)); }

HAZARD(misaligned_pointer) {
  const uint64_t values[] = {1, 2, 3};
  char *bytes = room(r, 1 + sizeof values, 1);
  memcpy(bytes + 1, values, sizeof values);
  TRY(r, tb_histogram_record_all(histogram, (const uint64_t *)(void *)(bytes + 1), 3));
}

HAZARD(length_above_isize_max) {
  const uint64_t value = 1;
  TRY(r, tb_histogram_record_all(histogram, &value, SIZE_MAX / sizeof value));
}

HAZARD(enum_7) {
  tb_scan scan = {.kind = 7};
  tb_buckets *cursor;
  TRY(r, tb_histogram_buckets(histogram, &scan, &cursor));
}

HAZARD(bool_2) {
  (void)histogram;
  tb_text text;
  TRY(r, tb_probe_make_str(3, 2, &text));
}

/* ---- lifetimes */

HAZARD(use_after_close) {
  tb_histogram *closed = another(r, histogram);
  tb_histogram_free(closed);
  TRY(r, tb_histogram_record(closed, 1));
}

HAZARD(double_close) {
  tb_histogram *closed = another(r, histogram);
#if CHECKS_HANDLES
  TRY(r, close_histogram(closed));
  TRY(r, close_histogram(closed));
#else
  tb_histogram_free(closed);
  tb_histogram_free(closed);
#endif
}

HAZARD(wrong_free) {
#if CHECKS_HANDLES
  TRY(r, WRONG_FREE(another(r, histogram)));
#else
  tb_error_free((tb_error *)(void *)another(r, histogram));
#endif
}

struct many {
  tb_histogram *histogram;
  uint64_t *values;
  size_t count;
  bool volatile begun;
  bool volatile more;
};

static void *record_many(void *argument) {
  struct many *many = argument;
  many->begun = true;
  do
    tb_error_free(tb_histogram_record_all(many->histogram, many->values, many->count));
  while (many->more);
  return NULL;
}

static pthread_t begin(struct request *r, struct many *many) {
  many->values = room(r, many->count, sizeof *many->values);
  pthread_t thread = start(record_many, many);
  while (!many->begun)
    usleep(100);
  usleep(20000); /* inside the call by now */
  return thread;
}

/* The only handle: the histogram goes with it. Calls go on for as long as it takes to close it. */
HAZARD(close_during_call) {
  (void)histogram;
  struct many many = {.count = 1000000, .more = true};
  tb_config config = {.lowest = 1, .highest = 1000, .significant_digits = 3};
  TRY(r, tb_histogram_new(&config, &many.histogram));
  pthread_t thread = begin(r, &many);
  tb_histogram_free(many.histogram);
  many.more = false;
  pthread_join(thread, NULL);
}

enum { HANDLES = 1000 };

static void *free_handles(void *argument) {
  tb_histogram **handles = argument;
  for (size_t i = 0; i < HANDLES; i++)
    tb_histogram_free(handles[i]);
  return NULL;
}

HAZARD(finalizer_on_another_thread) {
  tb_histogram *handles[HANDLES];
  for (size_t i = 0; i < HANDLES; i++)
    handles[i] = another(r, histogram);
  pthread_t thread = start(free_handles, handles);
  for (size_t i = 0; i < 1000; i++)
    failed(r, tb_histogram_record(histogram, 1));
  pthread_join(thread, NULL);
}

/* ---- threads and processes */

/* The child has no thread that would unlock what is locked; its alarm ends it. */
HAZARD(fork_while_locked) {
  struct many many = {.histogram = histogram, .count = 8000000};
  int status = 0;
  for (int tries = 0; tries < 20 && !WIFSIGNALED(status); tries++) {
    many.begun = false;
    pthread_t thread = begin(r, &many);
    pid_t child = fork();
    if (child == 0) {
      alarm(1);
      tb_error_free(tb_histogram_record(histogram, 1));
      _exit(0);
    }
    waitpid(child, &status, 0);
    pthread_join(thread, NULL);
  }
  put_word(r, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "hang" : "right");
}

/* Runs when the thread has ended, as a destructor of what it kept for itself. */
static void record_last(void *histogram) { tb_error_free(tb_histogram_record(histogram, 1)); }

static pthread_key_t last;

static void *keep(void *histogram) {
  pthread_setspecific(last, histogram);
  return NULL;
}

HAZARD(thread_exit) {
  (void)r;
  pthread_key_create(&last, record_last);
  for (int i = 0; i < 100; i++)
    pthread_join(start(keep, histogram), NULL);
  pthread_key_delete(last);
}

struct small {
  struct request *request;
  tb_histogram *histogram;
};

static int32_t go_on(void *user, const tb_bucket *bucket) {
  (void)user;
  (void)bucket;
  return 0;
}

static void *work(void *argument) {
  struct small *small = argument;
  struct request *r = small->request;
  tb_histogram *histogram = small->histogram;
  int32_t stopped;
  tb_text text = {0};
  tb_bytes encoded = {0};
  if (!failed(r, tb_histogram_record(histogram, 5)) &&
      !failed(r, tb_histogram_merge(histogram, histogram)) &&
      !failed(r, tb_histogram_for_each_bucket(histogram, &recorded, go_on, NULL, &stopped)) &&
      !failed(r, tb_histogram_render(histogram, 5, 1.0, &text)))
    failed(r, tb_histogram_encode(histogram, &encoded));
  tb_text_free(&text);
  tb_bytes_free(&encoded);
  tb_error *error = tb_histogram_record(histogram, 1001);
  tb_error_details details;
  tb_error_info(error, &details);
  if (details.code != TB_ERR_OUT_OF_RANGE || !strstr(details.message, "1001")) put_word(r, "wrong");
  tb_error_free(error);
  return NULL;
}

HAZARD(small_stack) {
  struct small small = {r, histogram};
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, 64 << 10) != 0 ||
      pthread_create(&thread, &attributes, work, &small) != 0)
    malformed(r, "no thread with so small a stack");
  else
    pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
}

static bool volatile inside;

static int32_t pass(void *user, const tb_bucket *bucket) {
  (void)user;
  (void)bucket;
  inside = true;
  return 0;
}

static int32_t stay(void *user, const tb_bucket *bucket) {
  (void)bucket;
  for (inside = true; inside; usleep(1000))
    tb_error_free(tb_histogram_record(user, 1));
  return 0;
}

struct visits {
  tb_histogram *histogram;
  tb_bucket_visitor visitor;
};

static void *visit_again_and_again(void *argument) {
  const struct visits *visits = argument;
  tb_histogram *histogram = visits->histogram;
  int32_t stopped;
  do
    tb_error_free(
        tb_histogram_for_each_bucket(histogram, &recorded, visits->visitor, histogram, &stopped));
  while (inside);
  return NULL;
}

/* The thread is still at it when `main` returns, with a handle that nobody frees. */
static void visit_at_exit(struct request *r, tb_histogram *histogram, tb_bucket_visitor visitor) {
  static struct visits visits;
  TRY(r, tb_histogram_record(histogram, 1));
  visits = (struct visits){another(r, histogram), visitor};
  if (r->halted) return;
  pthread_detach(start(visit_again_and_again, &visits));
  while (!inside)
    usleep(100);
}

HAZARD(callback_at_exit) { visit_at_exit(r, histogram, pass); }
HAZARD(callback_never_ends) { visit_at_exit(r, histogram, stay); }

/* ---- more than one library */

static bool copy_file(const char *from, int to) {
  struct stat stat;
  int source = open(from, O_RDONLY | O_CLOEXEC);
  bool copied = source >= 0 && fstat(source, &stat) == 0;
  for (off_t left = copied ? stat.st_size : 0; copied && left > 0;) {
    ssize_t sent = sendfile(to, source, NULL, (size_t)left);
    copied = sent > 0;
    left -= sent;
  }
  if (source >= 0) close(source);
  return copied;
}

/* A name as the adapter maps it. */
#define QUOTED(name) #name
#define NAME(name) QUOTED(name)

/* An adapter with a macro of that name says which function it calls, and how. */
#ifndef RECORD
#define RECORD tb_histogram_record
#define RECORD_BY(function, histogram, value) function(histogram, value)
#endif

/* As a plugin would bring it: another file, and so another copy of everything static. */
HAZARD(two_copies) {
  Dl_info info;
  char path[] = "/tmp/tollbridge-XXXXXX";
  uintptr_t function = (uintptr_t)FUNCTION_OF_LIBRARY;
  int file = mkstemp(path);
  void *library = NULL;
  if (file >= 0 && dladdr((void *)function, &info) && copy_file(info.dli_fname, file))
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (file >= 0) close(file);
  unlink(path);
  void *symbol = library ? dlsym(library, NAME(RECORD)) : NULL;
  __typeof__(RECORD) *record_of_copy;
  memcpy(&record_of_copy, &symbol, sizeof symbol);
  if (!symbol || record_of_copy == RECORD)
    malformed(r, "no second copy");
  else
    TRY(r, RECORD_BY(record_of_copy, histogram, 5));
}

/* Starts this program again, where it finds a library of another ABI (tests/skewed.c). */
HAZARD(abi_skew) {
  (void)histogram;
  char path[PATH_MAX] = "";
  if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) {
    malformed(r, "this program's file cannot be found");
    return;
  }
  setenv("RUNNER", path, 1);
  *strrchr(path, '/') = '\0';
  setenv("HERE", path, 1);
  FILE *said = popen("LD_LIBRARY_PATH=$HERE/skewed exec \"$RUNNER\" 2>&1 </dev/null", "r");
  if (!said) {
    malformed(r, "no shell");
    return;
  }
  char line[PATH_MAX + 256] = "";
  bool names_it = fgets(line, sizeof line, said) && strstr(line, NAME(tb_abi_1));
  int status = pclose(said);
  if (!names_it || !WIFEXITED(status)) return;
  put_word(r, "exit");
  put_integer(r, (uint64_t)WEXITSTATUS(status));
}

static void op_hazard(struct request *r) {
  static const struct hazard hazards[] = {
      {"panic-in-destructor", hazard_panic_in_destructor},
      {"nonlocal-exit", hazard_nonlocal_exit},
      {"buffer-resized-in-callback", hazard_buffer_resized_in_callback},
      {"null-with-length", hazard_null_with_length},
      {"misaligned-pointer", hazard_misaligned_pointer},
      {"length-above-isize-max", hazard_length_above_isize_max},
      {"enum-7", hazard_enum_7},
      {"bool-2", hazard_bool_2},
      {"use-after-close", hazard_use_after_close},
      {"double-close", hazard_double_close},
      {"wrong-free", hazard_wrong_free},
      {"close-during-call", hazard_close_during_call},
      {"finalizer-on-another-thread", hazard_finalizer_on_another_thread},
      {"fork-while-locked", hazard_fork_while_locked},
      {"thread-exit", hazard_thread_exit},
      {"small-stack", hazard_small_stack},
      {"callback-at-exit", hazard_callback_at_exit},
      {"callback-never-ends", hazard_callback_never_ends},
      {"two-copies", hazard_two_copies},
      {"abi-skew", hazard_abi_skew},
      {NULL, NULL},
  };
  static const struct hazard *const tables[] = {hazards, ending_hazards};
  const char *name = read_word(r);
  tb_histogram *histogram = read_histogram(r);
  if (r->halted) return;
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (const struct hazard *row = tables[i]; row->name; row++)
      if (strcmp(row->name, name) == 0) {
        row->run(r, histogram);
        return;
      }
  unsupported(r, "op");
}

const struct operation hazard_operations[] = {{"hazard", op_hazard}, {NULL, NULL}};
#else
const struct operation hazard_operations[] = {{NULL, NULL}};
#endif
