/* What the vector has made, by name. */
#include "runner.h"

#if HAS_HISTOGRAM
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One name; it stays in its list until the vector ends, so that a closed one is known. A name that
 * is given again stands before the old one, whose object other threads may still be using. */
struct name {
  struct name *next;
  char *word;
  /* NULL once closed. */
  void *object;
};

/* Guards every list, and is never held while the library is called. */
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;

void add_name(struct names *names, const char *word, void *object) {
  struct name *name = required(calloc(1, sizeof *name));
  name->word = required(strdup(word));
  name->object = object;
  pthread_mutex_lock(&names_lock);
  name->next = names->first;
  names->first = name;
  pthread_mutex_unlock(&names_lock);
}

/* The name must be looked at with the lock held. */
static struct name *find(const struct names *names, const char *word) {
  struct name *name = names->first;
  while (name && strcmp(name->word, word) != 0)
    name = name->next;
  return name;
}

void *take_name(struct names *names, const char *word) {
  pthread_mutex_lock(&names_lock);
  struct name *name = find(names, word);
  void *object = name ? name->object : NULL;
#if !CHECKS_HANDLES
  if (name) name->object = NULL;
#endif
  pthread_mutex_unlock(&names_lock);
  if (!name) add_name(names, word, NULL);
  return object;
}

/* What has the name, if anything; `*known` is whether it was ever given. */
static void *look_up(const struct names *names, const char *word, bool *known) {
  pthread_mutex_lock(&names_lock);
  const struct name *name = find(names, word);
  void *object = name ? name->object : NULL;
  pthread_mutex_unlock(&names_lock);
  *known = name != NULL;
  return object;
}

void *find_object(const struct names *names, const char *word) {
  bool known;
  return look_up(names, word, &known);
}

void *read_object(struct request *r, const struct names *names) {
  bool known;
  void *object = look_up(names, read_word(r), &known);
  if (!known)
    malformed(r, names->what);
  else if (!object)
    unsupported(r, "use_after_close");
  return object;
}

static struct name *take_first(struct names *names) {
  pthread_mutex_lock(&names_lock);
  struct name *first = names->first;
  if (first) names->first = first->next;
  pthread_mutex_unlock(&names_lock);
  return first;
}

void forget(void) {
  struct names *const all[] = {&histograms, &cursors, &watchers, &replays, &writers};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    struct name *name;
    while ((name = take_first(all[i]))) {
      if (name->object) all[i]->free(name->object);
      free(name->word);
      free(name);
    }
  }
}
#else
void forget(void) {}
#endif
