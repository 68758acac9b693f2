/* Watchers: callbacks that a histogram keeps. */
#include "runner.h"

#if HAS_HISTOGRAM
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define OPERATION(name) static void op_##name(struct request *r)

/* What the library is given as `user`, and the vector names. Two own it: the library until it calls
 * the destructor, and the name until the vector ends. */
struct watcher {
  atomic_int owners;
  /* NULL when the histogram refused it. */
  tb_watch *watch;
  /* Ends itself at its first call. */
  bool stop;
  /* What every call runs, in memory of its own: the request is answered long before. */
  struct block block;
  struct request memory;
  /* The values it was called with, from several threads perhaps. */
  pthread_mutex_t lock;
  uint64_t *fired;
  size_t count, capacity;
  atomic_int destroyed;
};

static void release(void *object) {
  struct watcher *watcher = object;
  if (atomic_fetch_sub(&watcher->owners, 1) > 1) return;
  tb_watch_free(watcher->watch);
  pthread_mutex_destroy(&watcher->lock);
  free_request(&watcher->memory);
  free(watcher->fired);
  free(watcher);
}
struct names watchers = {"no watcher is called that", release, NULL};

static void destroy(void *user) {
  struct watcher *watcher = user;
  atomic_fetch_add(&watcher->destroyed, 1);
  release(watcher);
}

static int32_t watch_value(void *user, uint64_t value) {
  struct watcher *watcher = user;
  pthread_mutex_lock(&watcher->lock);
  if (watcher->count == watcher->capacity) {
    watcher->capacity = 2 * watcher->capacity + 16;
    watcher->fired = required(realloc(watcher->fired, watcher->capacity * sizeof *watcher->fired));
  }
  watcher->fired[watcher->count++] = value;
  pthread_mutex_unlock(&watcher->lock);
  free(answer_block(&watcher->block));
  return watcher->stop;
}

/* A copy that outlives the request. */
static struct block keep(struct request *memory, const struct block *block) {
  struct block kept = {room(memory, block->count, sizeof *kept.operations), block->count};
  for (size_t i = 0; i < block->count; i++) {
    const struct range *operation = &block->operations[i];
    char **tokens = room(memory, operation->count, sizeof *tokens);
    for (size_t j = 0; j < operation->count; j++) {
      size_t size = strlen(operation->tokens[j]) + 1;
      tokens[j] = memcpy(room(memory, size, 1), operation->tokens[j], size);
    }
    kept.operations[i] = (struct range){tokens, operation->count};
  }
  return kept;
}

OPERATION(watch) {
  const char *name = read_word(r);
  const tb_histogram *histogram = read_histogram(r);
  uint64_t limit = read_integer(r, UINT64_MAX);
  const char *mode = r->next < r->count ? read_word(r) : "";
  struct block block = {0};
  if (strcmp(mode, "do") == 0) block = read_block(r);
  if (strcmp(mode, "raise") == 0) unsupported(r, "no_exceptions");
  if (r->halted) return;
  struct watcher *watcher = required(calloc(1, sizeof *watcher));
  watcher->owners = 2;
  watcher->stop = strcmp(mode, "stop") == 0;
  watcher->block = keep(&watcher->memory, &block);
  pthread_mutex_init(&watcher->lock, NULL);
  failure error =
      tb_histogram_watch(histogram, limit, watch_value, watcher, destroy, &watcher->watch);
  add_name(&watchers, name, watcher);
  TRY(r, error);
}

/* Of a name that was not given yet there is nothing to end, as for `close`. */
OPERATION(unwatch) {
  const char *name = read_word(r);
  const struct watcher *watcher = find_object(&watchers, name);
  bool ended;
  if (watcher && watcher->watch) TRY(r, tb_watch_end(watcher->watch, &ended));
}

static int by_value(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

OPERATION(fired) {
  struct watcher *watcher = read_object(r, &watchers);
  if (r->halted) return;
  pthread_mutex_lock(&watcher->lock);
  if (watcher->count > 0) qsort(watcher->fired, watcher->count, sizeof *watcher->fired, by_value);
  put_integer(r, watcher->count);
  for (size_t i = 0; i < watcher->count; i++)
    put_integer(r, watcher->fired[i]);
  pthread_mutex_unlock(&watcher->lock);
}

OPERATION(dropped) {
  struct watcher *watcher = read_object(r, &watchers);
  if (!r->halted) put_integer(r, (uint64_t)atomic_load(&watcher->destroyed));
}

OPERATION(record_from_new_thread) {
  const tb_histogram *histogram = read_histogram(r);
  uint64_t value = read_integer(r, UINT64_MAX);
  TRY(r, tb_probe_record_from_new_thread(histogram, value));
}

#define ROW(name)                                                                                  \
  { #name, op_##name }
const struct operation watcher_operations[] = {
    ROW(watch), ROW(unwatch), ROW(fired), ROW(dropped), ROW(record_from_new_thread), {NULL, NULL},
};
#else
const struct operation watcher_operations[] = {{NULL, NULL}};
#endif
