/* The C host's runner: one request a line, as conformance/README.md says.
 * Operations read what they need, make the one call, and write what came back. */
#ifndef RUNNER_H
#define RUNNER_H

/* The strategy under test. In angle brackets, since quotes would prefer a file that lies here: the
 * Makefile's one -I for it decides, and `hello` says which it was. */
#include <adapter.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string that grows. */
struct text {
  char *data;
  size_t length, capacity;
};

/* A request while it is answered. Reading past its end, or anything that is not as it should be,
 * halts it: what is read and written from then on is nothing, and TRY calls nothing more. */
struct request {
  char *const *tokens;
  size_t count, next;
  /* Lives as long as the request. */
  struct memory *memory;
  /* Begins with `ok`; once halted, the whole line. */
  struct text reply;
  bool halted;
};

/* `{ op ; op }`: each operation is a range of the request's tokens. */
struct block {
  struct range {
    char *const *tokens;
    size_t count;
  } * operations;
  size_t count;
};

/* A row of a table of operations, which ends with NULL. */
struct operation {
  const char *name;
  void (*run)(struct request *r);
};
extern const struct operation probe_operations[];
extern const struct operation histogram_operations[];
extern const struct operation watcher_operations[];
extern const struct operation log_operations[];
/* What is wrong on purpose (hazards.c). */
extern const struct operation hazard_operations[];
#if HAS_HISTOGRAM
/* A row of a table of hazards, which ends with NULL. */
struct hazard {
  const char *name;
  void (*run)(struct request *r, tb_histogram *histogram);
};
extern const struct hazard ending_hazards[];
#endif

/* The reply to one operation; the caller frees it. */
char *answer(char *const *tokens, size_t count);
/* The reply to the last operation, or to the first that failed; the caller frees it. */
char *answer_block(const struct block *block);
bool is_ok(const char *reply);

/* ---- what the vector has made, by name (names.c) */
struct names {
  /* What is wrong with a request whose name was never given. */
  const char *what;
  void (*free)(void *object);
  struct name *first;
};
extern struct names histograms, cursors, watchers, replays, writers;
void add_name(struct names *names, const char *word, void *object);
/* What has the name, which is closed from then on; NULL if it was already, or never given. Where
 * the library CHECKS_HANDLES it stays what it was. */
void *take_name(struct names *names, const char *word);
/* What has the name, or NULL. */
void *find_object(const struct names *names, const char *word);
/* What has the name that the request goes on with. To use what was freed is undefined in C, so the
 * runner does not, unless the library CHECKS_HANDLES: a name that was closed halts the request, as
 * one that was never given. */
void *read_object(struct request *r, const struct names *names);
#if HAS_HISTOGRAM
tb_histogram *read_histogram(struct request *r);
#endif
/* Frees what the vector made. */
void forget(void);

/* ---- the wire (wire.c) */
const char *read_word(struct request *r);
uint64_t read_integer(struct request *r, uint64_t highest);
double read_float(struct request *r);
bool read_boolean(struct request *r);
/* Of exactly `*length` bytes, so that reading past them is noticed; NULL when there are none. */
uint8_t *read_bytes(struct request *r, size_t *length);
const char *read_text(struct request *r, size_t *length);
/* Text for a tag: with a NUL behind, and none inside, where TAG_ENDS_WITH_NUL. */
const char *read_tag(struct request *r, size_t *length);
/* The length of a list: no more than the tokens that are left. */
size_t read_count(struct request *r);
double *read_floats(struct request *r, size_t *count);
struct block read_block(struct request *r);

void put_word(struct request *r, const char *word);
void put_integer(struct request *r, uint64_t value);
void put_float(struct request *r, double value);
void put_boolean(struct request *r, bool value);
void put_bytes(struct request *r, const void *data, size_t length);

/* Ends the request with `unsupported <reason>`, or with what is wrong with it. */
void unsupported(struct request *r, const char *reason);
void malformed(struct request *r, const char *what);
/* Ends the request with the reply to an operation inside it, which it owns from then on. */
void pass_on(struct request *r, char *reply);
/* The reply to the operations that a callback ran, if it did; owns it from then on. */
void put_nested(struct request *r, char *reply);
/* Ends the request with `err …`, and frees the error; false for success. */
bool failed(struct request *r, failure error);

/* Makes a call, unless the request was halted, and leaves the operation if it failed. */
#define TRY(r, call)                                                                               \
  do {                                                                                             \
    if ((r)->halted || failed((r), (call))) return;                                                \
  } while (0)

/* Zeroed memory that lives as long as the request; NULL for nothing. */
void *room(struct request *r, size_t count, size_t size);
/* `memory`, or the end of the program where there is none. */
void *required(void *memory);
void free_request(struct request *r);

/* ---- timing (loops.c) */
struct timing {
  /* Owns the memory of the set-up. */
  struct request *request;
  uint64_t iterations;
  size_t batches;
  /* One a batch, filled in. */
  uint64_t *nanoseconds;
  /* What is timed, as it stands in the source. */
  const char *expression;
  /* The first, which makes the time worthless. */
  failure error;
};
struct shape {
  const char *name;
  /* Times one shape and returns the check value. The last two are the loop's own variables. */
  uint64_t (*time)(struct timing *t, size_t n, failure error, uint64_t seen);
};
/* Ends with NULL. */
extern const struct shape shapes[];

#endif
