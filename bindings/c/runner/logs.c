/* Interval logs. */
#include "runner.h"

#if HAS_HISTOGRAM
#include <stdlib.h>
#include <string.h>

#define OPERATION(name) static void op_##name(struct request *r)

static void free_replay(void *replay) { tb_replay_free(replay); }
struct names replays = {"nothing that was replayed is called that", free_replay, NULL};

static void free_writer(void *writer) { tb_log_writer_free(writer); }
struct names writers = {"no log is called that", free_writer, NULL};

/* What a progress callback is given. */
struct steps {
  uint64_t count;
  /* At which call, from 1, it does something else than go on; 0 for never. */
  uint64_t at;
  /* What it runs there, or nothing and it stops. */
  struct block block;
  char *nested;
};

static int32_t step(void *user, const tb_progress *progress) {
  struct steps *steps = user;
  (void)progress;
  if (++steps->count != steps->at) return 0;
  if (steps->block.count == 0) return 1;
  steps->nested = answer_block(&steps->block);
  return 0;
}

static void put_tags(struct request *r, const tb_replay *replay) {
  size_t count = tb_replay_len(replay);
  put_integer(r, count);
  for (size_t i = 0; i < count; i++) {
    tb_histogram *histogram = NULL;
    tb_text tag = {0};
    uint64_t values;
    if (!failed(r, tb_replay_histogram(replay, i, &histogram)) &&
        !failed(r, tb_histogram_tag(histogram, &tag)) &&
        !failed(r, tb_histogram_len(histogram, &values))) {
      put_bytes(r, tag.data, tag.length);
      put_integer(r, values);
    }
    tb_text_free(&tag);
    tb_histogram_free(histogram);
  }
}

OPERATION(replay) {
  const char *name = read_word(r);
  size_t length;
  const char *path = (const char *)read_bytes(r, &length);
  struct steps steps = {0};
  const char *mode = read_word(r);
  uint64_t memory_limit = 0;
  if (strcmp(mode, "memory_limit") == 0) {
    memory_limit = read_integer(r, UINT64_MAX);
    mode = read_word(r);
  }
  if (strcmp(mode, "all") != 0) steps.at = read_integer(r, UINT64_MAX);
  if (strcmp(mode, "do") == 0) steps.block = read_block(r);
  if (strcmp(mode, "raise") == 0) unsupported(r, "no_exceptions");
  if (r->halted) return;
  tb_replay *replay;
  if (!failed(r, tb_replay_log_with_limit(path, length, memory_limit, step, &steps, &replay))) {
    add_name(&replays, name, replay);
    put_word(r, "finished");
    put_tags(r, replay);
    put_nested(r, steps.nested);
    steps.nested = NULL;
  }
  free(steps.nested);
}

static bool has_tag(const tb_histogram *histogram, const char *tag, size_t length) {
  tb_text own = {0};
  tb_error_free(tb_histogram_tag(histogram, &own));
  bool same = own.data && own.length == length && (length == 0 || !memcmp(own.data, tag, length));
  tb_text_free(&own);
  return same;
}

OPERATION(replayed) {
  const tb_replay *replay = read_object(r, &replays);
  size_t length;
  const char *tag = read_text(r, &length);
  const char *name = read_word(r);
  for (size_t i = 0; !r->halted && i < tb_replay_len(replay); i++) {
    tb_histogram *histogram;
    TRY(r, tb_replay_histogram(replay, i, &histogram));
    if (has_tag(histogram, tag, length)) {
      add_name(&histograms, name, histogram);
      return;
    }
    tb_histogram_free(histogram);
  }
  malformed(r, "no histogram has that tag");
}

OPERATION(log_create) {
  const char *name = read_word(r);
  size_t length;
  const char *path = (const char *)read_bytes(r, &length);
  double start = read_float(r);
  tb_log_writer *writer;
  TRY(r, tb_log_writer_new(path, length, start, &writer));
  add_name(&writers, name, writer);
}

OPERATION(log_write) {
  const tb_log_writer *writer = read_object(r, &writers);
  const tb_histogram *histogram = read_histogram(r);
  double start = read_float(r);
  double seconds = read_float(r);
  TRY(r, tb_log_writer_write(writer, histogram, start, seconds));
}

OPERATION(log_close) { free_writer(take_name(&writers, read_word(r))); }

#define ROW(name)                                                                                  \
  { #name, op_##name }
const struct operation log_operations[] = {
    ROW(replay), ROW(replayed), ROW(log_create), ROW(log_write), ROW(log_close), {NULL, NULL},
};
#else
const struct operation log_operations[] = {{NULL, NULL}};
#endif
