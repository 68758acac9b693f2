/* Hazards of conformance/hazards.toml, continued: threads and programs that end early, and what is
 * never freed. A thread is ended by pthread_cancel, deferred, as it is unless a thread asks for
 * more: it ends at a cancellation point, and must not do so while frames of Rust are below it. */
#include "runner.h"

#if HAS_HISTOGRAM
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HAZARD(name) static void hazard_##name(struct request *r, tb_histogram *histogram)

static const tb_scan recorded = {.kind = TB_SCAN_RECORDED};
static const tb_config small = {.lowest = 1, .highest = 1000, .significant_digits = 3};

static pthread_t start(void *(*run)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, argument) == 0) return thread;
  fputs("runner: cannot start a thread\n", stderr);
  exit(EXIT_FAILURE);
}

/* ---- threads that call again and again */

struct caller {
  tb_histogram *histogram;
  void (*round)(struct caller *caller);
  /* A log that is written and replayed. */
  char path[32];
  /* Whether it ends itself before it calls anything: so every call is made while that is due. */
  bool ends_itself;
  atomic_bool begun;
  /* Whether it is between two rounds, the only place where it may end. */
  atomic_bool between;
  /* Something was answered that should not have been. */
  atomic_bool wrong;
  atomic_int watched, released;
  /* What was handed out, and is not freed yet. */
  tb_bytes encoded;
  tb_text text;
};

static void *call_for_ever(void *argument) {
  struct caller *caller = argument;
  if (caller->ends_itself) pthread_cancel(pthread_self());
  for (;;) {
    caller->between = false;
    caller->round(caller);
    caller->between = true;
    caller->begun = true;
    pthread_testcancel();
  }
  return NULL;
}

/* Success is expected. */
static void expect(struct caller *caller, failure error) {
  if (error) caller->wrong = true;
  tb_error_free(error);
}

/* The callbacks have a cancellation point in them, as whatever prints or waits has. */
static int32_t visit(void *user, const tb_bucket *bucket) {
  (void)user;
  (void)bucket;
  pthread_testcancel();
  return 0;
}

static int32_t progress(void *user, const tb_progress *at) {
  (void)user;
  (void)at;
  pthread_testcancel();
  return 0;
}

static int32_t watch(void *user, uint64_t value) {
  struct caller *caller = user;
  pthread_testcancel();
  atomic_fetch_add(&caller->watched, value == 5);
  return 0;
}

static void release(void *user) {
  struct caller *caller = user;
  pthread_testcancel();
  atomic_fetch_add(&caller->released, 1);
}

static void out_of_range(struct caller *caller, failure error) {
  tb_error_details details;
  tb_error_info(error, &details);
  if (details.code != TB_ERR_OUT_OF_RANGE || !strstr(details.message, "1001")) caller->wrong = true;
  tb_error_free(error);
}

static void call_everything(struct caller *caller) {
  tb_histogram *made = NULL, *decoded = NULL;
  tb_bytes encoded = {0};
  tb_text text = {0};
  tb_log_writer *writer = NULL;
  tb_replay *replay = NULL;
  size_t length = strlen(caller->path);
  int32_t stopped;
  expect(caller, tb_histogram_new(&small, &made));
  expect(caller, tb_histogram_record(made, 5));
  out_of_range(caller, tb_histogram_record(made, 1001));
  expect(caller, tb_histogram_merge(made, made));
  expect(caller, tb_histogram_encode(made, &encoded));
  expect(caller, tb_histogram_decode(encoded.data, encoded.length, &decoded));
  expect(caller, tb_histogram_render(decoded, 5, 1.0, &text));
  expect(caller, tb_histogram_for_each_bucket(decoded, &recorded, visit, NULL, &stopped));
  expect(caller, tb_log_writer_new(caller->path, length, 0.0, &writer));
  expect(caller, tb_log_writer_write(writer, made, 0.0, 1.0));
  tb_log_writer_free(writer);
  expect(caller, tb_replay_log(caller->path, length, progress, NULL, &replay));
  tb_replay_free(replay);
  tb_text_free(&text);
  tb_bytes_free(&encoded);
  tb_histogram_free(decoded);
  tb_histogram_free(made);
}

static void raise_errors(struct caller *caller) {
  for (int i = 0; i < 20; i++) {
    out_of_range(caller, tb_histogram_record(caller->histogram, 1001));
    failure error = tb_histogram_record_all(caller->histogram, NULL, 3);
    if (!error) caller->wrong = true;
    tb_error_free(error);
  }
}

static void watch_and_release(struct caller *caller) {
  tb_histogram *made = NULL;
  tb_watch *watches[2] = {NULL};
  bool ended = false;
  expect(caller, tb_histogram_new(&small, &made));
  for (int i = 0; i < 2; i++)
    expect(caller, tb_histogram_watch(made, 1, watch, caller, release, &watches[i]));
  expect(caller, tb_histogram_record(made, 5));
  expect(caller, tb_watch_end(watches[0], &ended));
  tb_watch_free(watches[0]);
  tb_watch_free(watches[1]);
  tb_histogram_free(made); /* and the second watcher with it */
  if (!ended || caller->watched != 2 || caller->released != 2) caller->wrong = true;
  caller->watched = caller->released = 0;
}

/* Each of `times` threads must end between two rounds, where its owner has a cancellation point. */
static void cancel_callers(struct request *r, tb_histogram *histogram,
                           void (*round)(struct caller *caller), int times) {
  struct caller caller = {.histogram = histogram, .round = round};
  strcpy(caller.path, "/tmp/tollbridge-XXXXXX");
  int file = mkstemp(caller.path);
  if (file < 0) {
    malformed(r, "no file for a log");
    return;
  }
  close(file);
  bool right = true;
  for (int i = 0; i < 2 * times && right; i++) {
    caller.begun = false;
    caller.ends_itself = i % 2 == 0;
    pthread_t thread = start(call_for_ever, &caller);
    if (!caller.ends_itself) {
      while (!caller.begun)
        usleep(100);
      usleep((useconds_t)(i * 37 % 1000));
      pthread_cancel(thread);
    }
    void *result;
    pthread_join(thread, &result);
    right = result == PTHREAD_CANCELED && caller.between && !caller.wrong;
  }
  unlink(caller.path);
  put_word(r, right ? "right" : "wrong");
}

HAZARD(kill_during_calls) { cancel_callers(r, histogram, call_everything, 100); }
HAZARD(kill_while_raising) { cancel_callers(r, histogram, raise_errors, 100); }
HAZARD(kill_while_releasing) { cancel_callers(r, histogram, watch_and_release, 100); }

struct waiter {
  atomic_bool inside, go_on;
  bool ended;
};

/* On a thread that Rust started. */
static int32_t stay(void *user, uint64_t number, uint64_t *answer) {
  struct waiter *waiter = user;
  *answer = number;
  for (waiter->inside = true; !waiter->go_on;)
    usleep(100);
  return 0;
}

static void *wait_for_callback(void *argument) {
  struct waiter *waiter = argument;
  int32_t stopped;
  uint64_t sum;
  failure error = tb_probe_call_back_from_new_thread(1, stay, waiter, &stopped, &sum);
  waiter->ended = !error;
  tb_error_free(error);
  pthread_testcancel();
  return NULL;
}

HAZARD(kill_in_foreign_callback) {
  (void)histogram;
  bool right = true;
  for (int i = 0; i < 20 && right; i++) {
    struct waiter waiter = {0};
    pthread_t thread = start(wait_for_callback, &waiter);
    while (!waiter.inside)
      usleep(100);
    pthread_cancel(thread);
    usleep(1000);
    waiter.go_on = true;
    void *result;
    pthread_join(thread, &result);
    right = result == PTHREAD_CANCELED && waiter.ended;
  }
  put_word(r, right ? "right" : "wrong");
}

static void get_results(struct caller *caller) {
  expect(caller, tb_histogram_encode(caller->histogram, &caller->encoded));
  expect(caller, tb_histogram_render(caller->histogram, 5, 1.0, &caller->text));
}

static void free_results(void *owner) {
  struct caller *caller = owner;
  tb_bytes_free(&caller->encoded);
  tb_text_free(&caller->text);
}

/* A cleanup handler is C's way to release what a thread holds when it is cancelled. The results are
 * no local variables: those that changed since the push need not be seen by the handler. */
static void hold_results(struct caller *caller) {
  pthread_cleanup_push(free_results, caller);
  get_results(caller);
  caller->between = true;
  pthread_testcancel();
  pthread_cleanup_pop(1);
}

HAZARD(exception_before_free) { cancel_callers(r, histogram, hold_results, 100); }

/* ---- the end of the program */

static void call_back_from_new_thread(struct caller *caller) {
  static struct waiter nobody = {.go_on = true};
  int32_t stopped;
  uint64_t sum;
  expect(caller, tb_probe_call_back_from_new_thread(3, stay, &nobody, &stopped, &sum));
}

/* They are still at it when `main` returns, with a handle that nobody frees. */
static void call_at_exit(struct request *r, tb_histogram *histogram,
                         void (*round)(struct caller *caller)) {
  static struct caller callers[3];
  for (size_t i = 0; i < 3; i++) {
    callers[i].round = round;
    TRY(r, tb_histogram_clone(histogram, &callers[i].histogram));
    pthread_detach(start(call_for_ever, &callers[i]));
  }
  for (size_t i = 0; i < 3; i++)
    while (!callers[i].begun)
      usleep(100);
}

HAZARD(exit_while_raising) { call_at_exit(r, histogram, raise_errors); }
HAZARD(exit_while_releasing) { call_at_exit(r, histogram, watch_and_release); }
HAZARD(exit_in_foreign_callback) { call_at_exit(r, histogram, call_back_from_new_thread); }

/* ---- the end of the stack, and NULL */

static int32_t go_down(void *histogram, const tb_bucket *bucket) {
  (void)bucket;
  char volatile much[4096];
  int32_t stopped;
  much[0] = 1;
  tb_error_free(tb_histogram_for_each_bucket(histogram, &recorded, go_down, histogram, &stopped));
  return much[0] - 1;
}

/* C has no error for it. */
HAZARD(stack_end_in_callback) {
  TRY(r, tb_histogram_record(histogram, 1));
  go_down(histogram, NULL);
}

static int32_t follow_null(void *user, uint64_t number, uint64_t *answer) {
  uint64_t *volatile nothing = NULL;
  (void)user;
  return (int32_t)(*answer = *nothing + number);
}

static bool is_default(int signal) {
  struct sigaction action;
  return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

/* How a child ends that uses the library and then follows NULL, on its own thread or on Rust's. */
static int end_of_child(tb_histogram *histogram, bool on_new_thread) {
  int status = 0;
  pid_t child = fork();
  if (child != 0) {
    waitpid(child, &status, 0);
    return status;
  }
  setrlimit(RLIMIT_CORE, &(struct rlimit){0});
  struct caller caller = {.histogram = histogram};
  struct waiter nobody = {.go_on = true};
  stack_t stack;
  int32_t stopped;
  uint64_t sum;
  raise_errors(&caller);
  watch_and_release(&caller);
  expect(&caller, tb_probe_call_back_from_new_thread(3, stay, &nobody, &stopped, &sum));
  if (caller.wrong || !is_default(SIGSEGV) || !is_default(SIGBUS) || !is_default(SIGABRT) ||
      sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_DISABLE))
    _exit(EXIT_FAILURE);
  if (on_new_thread)
    expect(&caller, tb_probe_call_back_from_new_thread(1, follow_null, NULL, &stopped, &sum));
  else
    expect(&caller, tb_probe_call_back(1, follow_null, NULL, &stopped, &sum));
  _exit(EXIT_SUCCESS);
}

/* Beside this program stands one that never loaded the library (tests/follows_null.c). */
HAZARD(null_dereference) {
  char path[4096] = "";
  if (readlink("/proc/self/exe", path, sizeof path - sizeof "follows_null") < 0) {
    malformed(r, "this program's file cannot be found");
    return;
  }
  strcpy(strrchr(path, '/') + 1, "follows_null");
  int without = 0;
  pid_t child = fork();
  if (child == 0) {
    execl(path, path, (char *)NULL);
    _exit(127);
  }
  waitpid(child, &without, 0);
  if (!WIFSIGNALED(without)) {
    malformed(r, "no program to compare with");
    return;
  }
  int here = end_of_child(histogram, false), there = end_of_child(histogram, true);
  bool same = WIFSIGNALED(here) && WTERMSIG(here) == WTERMSIG(without) && WIFSIGNALED(there) &&
              WTERMSIG(there) == WTERMSIG(without);
  put_word(r, same ? "right" : "wrong");
}

/* ---- what is never freed, freed twice, or never made */

#if CHECKS_HANDLES
/* What a map of handles still knows, no leak checker misses: it can still be used. */
HAZARD(forgotten_handles) {
  (void)histogram;
  tb_histogram *forgotten;
  TRY(r, tb_histogram_new(&small, &forgotten));
  put_word(r, "leak");
}

HAZARD(forgotten_cycles) { hazard_forgotten_handles(r, histogram); }
#else
/* No collector finds them, so one is enough for the detector. */
HAZARD(forgotten_handles) {
  (void)histogram;
  tb_histogram *forgotten;
  TRY(r, tb_histogram_new(&small, &forgotten));
}

static int32_t record_again(void *user, uint64_t value) {
  tb_error_free(tb_histogram_record(user, value));
  return 0;
}

/* The watcher has a handle of its own, and so the last one is never freed. */
HAZARD(forgotten_cycles) {
  (void)histogram;
  tb_histogram *made, *kept;
  tb_watch *watch;
  TRY(r, tb_histogram_new(&small, &made));
  TRY(r, tb_histogram_clone(made, &kept));
  TRY(r, tb_histogram_watch(made, 1, record_again, kept, NULL, &watch));
  tb_watch_free(watch);
  tb_histogram_free(made);
}
#endif

HAZARD(callback_twice) {
  struct caller caller = {0};
  tb_watch *watches[2] = {NULL};
  bool ended, right = true;
  for (int i = 0; i < 2; i++)
    TRY(r, tb_histogram_watch(histogram, 1, watch, &caller, release, &watches[i]));
  for (int i = 0; i < 2; i++) {
    TRY(r, tb_histogram_record(histogram, 5));
    right = right && caller.watched == 2 + i && caller.released == i;
    TRY(r, tb_watch_end(watches[i], &ended));
    right = right && ended && caller.released == i + 1;
    tb_watch_free(watches[i]);
  }
  TRY(r, tb_histogram_record(histogram, 5));
  put_word(r, right && caller.watched == 3 && caller.released == 2 ? "right" : "wrong");
}

/* What a constructor that failed leaves: the NULL that was there before. */
HAZARD(never_initialised) {
  (void)histogram;
  tb_histogram *never = NULL;
  tb_config config = {0};
  failure error = tb_histogram_new(&config, &never);
  if (!error) put_word(r, "wrong");
  tb_error_free(error);
  error = tb_histogram_record(never, 1);
  tb_histogram_free(never);
  TRY(r, error);
}

const struct hazard ending_hazards[] = {
    {"kill-during-calls", hazard_kill_during_calls},
    {"kill-while-raising", hazard_kill_while_raising},
    {"kill-while-releasing", hazard_kill_while_releasing},
    {"kill-in-foreign-callback", hazard_kill_in_foreign_callback},
    {"exit-while-raising", hazard_exit_while_raising},
    {"exit-while-releasing", hazard_exit_while_releasing},
    {"exit-in-foreign-callback", hazard_exit_in_foreign_callback},
    {"exception-before-free", hazard_exception_before_free},
    {"stack-end-in-callback", hazard_stack_end_in_callback},
    {"forgotten-handles", hazard_forgotten_handles},
    {"forgotten-cycles", hazard_forgotten_cycles},
    {"callback-twice", hazard_callback_twice},
    {"never-initialised", hazard_never_initialised},
    {"null-dereference", hazard_null_dereference},
    {NULL, NULL},
};
#endif
