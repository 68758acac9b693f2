/* Reads requests, finds their operations, and answers for the runner itself. */
#include "runner.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- about the runner */

/* The file that holds the library. A static program has no loader to ask, and holds it itself. */
static bool file_of_library(char path[PATH_MAX]) {
  /* By way of an integer: ISO C has no conversion from a function's address to an object's. */
  uintptr_t function = (uintptr_t)FUNCTION_OF_LIBRARY;
  Dl_info info;
  const char *file = dladdr((void *)function, &info) ? info.dli_fname : "/proc/self/exe";
  return realpath(file, path) != NULL;
}

static void op_hello(struct request *r) {
  static const char host[] = "C11, " COMPILER ", " FLAGS;
  char path[PATH_MAX];
  if (!file_of_library(path)) {
    malformed(r, "the library's file cannot be found");
    return;
  }
  put_bytes(r, BRIDGE, strlen(BRIDGE));
  put_bytes(r, path, strlen(path));
  char text[sizeof host + 64];
  int length = snprintf(text, sizeof text, "%s; library %s", host, VERSION);
  put_bytes(r, text, length < (int)sizeof text ? (size_t)length : sizeof text - 1);
}

static void op_reset(struct request *r) {
  (void)r;
  forget();
}

static void op_shapes(struct request *r) {
  size_t count = 0;
  while (shapes[count].name)
    count++;
  put_integer(r, count);
  for (size_t i = 0; i < count; i++) {
    struct timing none = {.request = r};
    shapes[i].time(&none, 1, 0, 0); /* no batch: it only says its expression */
    if (failed(r, none.error)) return;
    put_word(r, shapes[i].name);
    put_bytes(r, none.expression, strlen(none.expression));
  }
}

static void op_time(struct request *r) {
  const char *name = read_word(r);
  size_t n = read_integer(r, SIZE_MAX);
  struct timing timing = {.request = r, .iterations = read_integer(r, UINT64_MAX)};
  timing.batches = read_integer(r, 1000000);
  timing.nanoseconds = room(r, timing.batches, sizeof *timing.nanoseconds);
  const struct shape *shape = shapes;
  while (shape->name && strcmp(shape->name, name) != 0)
    shape++;
  if (!shape->name) unsupported(r, "shape");
  if (r->halted) return;
  uint64_t check = shape->time(&timing, n, 0, 0);
  if (failed(r, timing.error)) return;
  put_integer(r, timing.batches);
  for (size_t i = 0; i < timing.batches; i++)
    put_integer(r, timing.nanoseconds[i]);
  put_integer(r, check);
}

static void op_stats(struct request *r) { put_integer(r, 0); }

/* ---- several threads */

struct thread {
  pthread_t id;
  const struct range *operation;
  uint64_t times;
  /* The first reply that was not ok, else NULL. */
  char *bad;
};

static void *run_thread(void *argument) {
  struct thread *thread = argument;
  for (uint64_t i = 0; i < thread->times; i++) {
    char *reply = answer(thread->operation->tokens, thread->operation->count);
    if (is_ok(reply) || thread->bad)
      free(reply);
    else
      thread->bad = reply;
  }
  return NULL;
}

#if !CHECKS_HANDLES
static bool names(const struct range *operation, const char *name) {
  for (size_t i = 1; i < operation->count; i++)
    if (strcmp(operation->tokens[i], name) == 0) return true;
  return false;
}

/* C has no way to free a handle that another thread may be using. */
static bool frees_what_others_use(const struct block *block) {
  for (size_t i = 0; i < block->count; i++) {
    const struct range *one = &block->operations[i];
    for (size_t j = 0; j + 1 < one->count; j++) {
      const char *word = one->tokens[j];
      if (strcmp(word, "close") != 0 && strcmp(word, "close_cursor") != 0 &&
          strcmp(word, "log_close") != 0)
        continue;
      for (size_t k = 0; k < block->count; k++)
        if (k != i && names(&block->operations[k], one->tokens[j + 1])) return true;
    }
  }
  return false;
}
#endif

static void op_par(struct request *r) {
  uint64_t times = read_integer(r, UINT64_MAX);
  struct block block = read_block(r);
  struct thread *threads = room(r, block.count, sizeof *threads);
#if !CHECKS_HANDLES
  if (frees_what_others_use(&block)) unsupported(r, "use_after_close");
#endif
  if (r->halted) return;
  for (size_t i = 0; i < block.count; i++) {
    threads[i].operation = &block.operations[i];
    threads[i].times = times;
    if (pthread_create(&threads[i].id, NULL, run_thread, &threads[i]) != 0) {
      fputs("runner: cannot start a thread\n", stderr);
      exit(EXIT_FAILURE);
    }
  }
  char *bad = NULL;
  for (size_t i = 0; i < block.count; i++) {
    pthread_join(threads[i].id, NULL);
    if (bad)
      free(threads[i].bad);
    else
      bad = threads[i].bad;
  }
  if (bad) pass_on(r, bad);
}

/* ---- requests */

static const struct operation own_operations[] = {
    {"hello", op_hello}, {"reset", op_reset}, {"shapes", op_shapes}, {"time", op_time},
    {"stats", op_stats}, {"par", op_par},     {NULL, NULL},
};

char *answer(char *const *tokens, size_t count) {
  static const struct operation *const tables[] = {own_operations,       probe_operations,
                                                   histogram_operations, watcher_operations,
                                                   log_operations,       hazard_operations};
  struct request r = {.tokens = tokens, .count = count};
  r.reply.data = required(strdup("ok"));
  r.reply.length = 2;
  r.reply.capacity = 3;
  const char *name = read_word(&r);
  const struct operation *found = NULL;
  for (size_t i = 0; i < sizeof tables / sizeof *tables && !found; i++)
    for (const struct operation *row = tables[i]; row->name && !found; row++)
      if (strcmp(row->name, name) == 0) found = row;
  if (found)
    found->run(&r);
  else
    unsupported(&r, "op");
  free_request(&r);
  return r.reply.data;
}

bool is_ok(const char *reply) { return strncmp(reply, "ok", 2) == 0; }

char *answer_block(const struct block *block) {
  char *last = NULL;
  for (size_t i = 0; i < block->count && (!last || is_ok(last)); i++) {
    free(last);
    last = answer(block->operations[i].tokens, block->operations[i].count);
  }
  return last;
}

/* Splits the line where it stands; the caller frees the tokens. */
static char **split(char *line, size_t *count) {
  size_t spaces = 0;
  for (const char *c = line; *c; c++)
    spaces += *c == ' ';
  char **tokens = required(malloc((spaces + 1) * sizeof *tokens));
  char *rest = line;
  *count = 0;
  while (rest)
    tokens[(*count)++] = strsep(&rest, " ");
  return tokens;
}

int main(void) {
  /* Replies have stdout's descriptor to themselves; whatever is printed goes to stderr. */
  int private = dup(STDOUT_FILENO);
  FILE *replies = private < 0 ? NULL : fdopen(private, "w");
  if (!replies || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    perror("runner: stdout");
    return EXIT_FAILURE;
  }
  char *line = NULL;
  size_t capacity = 0, count;
  while (getline(&line, &capacity, stdin) > 0) {
    line[strcspn(line, "\n")] = '\0';
    char **tokens = split(line, &count);
    char *reply = answer(tokens, count);
    int sent = fprintf(replies, "%s\n", reply) >= 0 && fflush(replies) == 0;
    free(reply);
    free(tokens);
    if (!sent) break;
  }
  forget();
  free(line);
  fclose(replies);
  return EXIT_SUCCESS;
}
