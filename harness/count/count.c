/* Counts what a process asks its allocator for: preloaded into a bridge's runner by `toll count`.
 *
 * A call of malloc is the library's when its return address lies in the bridge's library, and the
 * host's when it lies anywhere else. The counts stand in a file that is mapped here and read by
 * toll between two requests. glibc only: its allocator stays reachable under names of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

struct side {
  _Atomic uint64_t calls;
  _Atomic uint64_t bytes; /* as asked for, so that the allocator's rounding does not show */
};

struct total {
  struct side host, library;
  /* Of both sides: what one allocates the other may free. In the allocator's own sizes; wraps. */
  _Atomic uint64_t live;
};

/* So many from the first on, and as many of the last: a bridge may read the clock in each call. */
enum { READINGS = 32 };

struct reading {
  _Atomic uint64_t nanoseconds;
  struct total total;
};

/* The file: harness/src/count/allocations.rs reads and writes it. */
struct counts {
  /* Written by toll: which file is the library, and then a new number, at which it is looked for.
   */
  _Atomic uint64_t device, inode, asked;
  /* Answered here: the number, once `place` says where the library is. */
  _Atomic uint64_t answered, place;
  struct total now;
  /* How often the clock was read since toll set this to 0, when, and what `now` was the first
   * times: two of them are the ends of the timed loop. */
  _Atomic uint64_t readings;
  struct reading reading[2 * READINGS];
};

enum place { NOWHERE, SHARED_OBJECT, PROGRAM };

/* What is asked for before the file is mapped goes here, and is lost. */
static struct counts unmapped;
static struct counts *_Atomic counts = &unmapped;

static _Atomic uintptr_t library_start, library_size;

static int find_library(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size;
  struct counts *mapped = data;
  bool is_program = object->dlpi_name[0] == '\0';
  struct stat file;
  if (stat(is_program ? "/proc/self/exe" : object->dlpi_name, &file) != 0 ||
      file.st_dev != mapped->device || file.st_ino != mapped->inode)
    return 0;
  uintptr_t start = UINTPTR_MAX, end = 0;
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t first = object->dlpi_addr + segment->p_vaddr;
    if (first < start) start = first;
    if (first + segment->p_memsz > end) end = first + segment->p_memsz;
  }
  library_start = start;
  library_size = end - start;
  mapped->place = is_program ? PROGRAM : SHARED_OBJECT;
  return 1;
}

/* Looks for the library if toll has asked since the last time. */
static void answer(struct counts *mapped) {
  static atomic_flag searching = ATOMIC_FLAG_INIT;
  uint64_t asked = mapped->asked;
  if (asked == mapped->answered || atomic_flag_test_and_set(&searching)) return;
  int error = errno;
  mapped->place = NOWHERE;
  library_size = 0;
  dl_iterate_phdr(find_library, mapped);
  mapped->answered = asked;
  errno = error;
  atomic_flag_clear(&searching);
}

static void count(const void *caller, size_t bytes) {
  struct counts *mapped = counts;
  answer(mapped);
  bool is_library = (uintptr_t)caller - library_start < library_size;
  struct side *side = is_library ? &mapped->now.library : &mapped->now.host;
  side->calls++;
  side->bytes += bytes;
}

static void *born(const void *caller, void *block, size_t bytes) {
  if (block) {
    count(caller, bytes);
    counts->now.live += malloc_usable_size(block);
  }
  return block;
}

/* The page stays mapped for as long as the process lives. */
__attribute__((constructor)) static void map_counts(void) {
  const char *path = getenv("TOLL_COUNTS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof unmapped, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) counts = page;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) { return born(CALLER, __libc_malloc(size), size); }

void *calloc(size_t number, size_t size) {
  return born(CALLER, __libc_calloc(number, size), number * size);
}

/* Growing may move, and so counts in full; shrinking copies nothing, and asks for nothing. */
static void *resize(const void *caller, void *block, size_t size) {
  size_t before = malloc_usable_size(block);
  void *moved = __libc_realloc(block, size);
  if (moved || size == 0) counts->now.live -= before;
  return born(caller, moved, size > before ? size : 0);
}

void *realloc(void *block, size_t size) { return resize(CALLER, block, size); }

void *reallocarray(void *block, size_t number, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(number, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  return resize(CALLER, block, bytes);
}

void *memalign(size_t alignment, size_t size) {
  return born(CALLER, __libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return born(CALLER, __libc_memalign(alignment, size), size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  int error = errno;
  void *made = born(CALLER, __libc_memalign(alignment, size), size);
  errno = error;
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

void *valloc(size_t size) {
  return born(CALLER, __libc_memalign((size_t)sysconf(_SC_PAGESIZE), size), size);
}

void free(void *block) {
  counts->now.live -= malloc_usable_size(block);
  __libc_free(block);
}

/* By system call, which is slower and always there. */
int clock_gettime(clockid_t clock, struct timespec *time) {
  int failed = (int)syscall(SYS_clock_gettime, clock, time);
  struct counts *mapped = counts;
  answer(mapped);
  uint64_t i = mapped->readings++;
  struct reading *reading = &mapped->reading[i < READINGS ? i : READINGS + i % READINGS];
  if (!failed) {
    reading->nanoseconds = (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
    reading->total = mapped->now;
  }
  return failed;
}
