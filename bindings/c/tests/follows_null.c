/* A program without the library: how the system ends one that follows NULL. */
#include <sys/resource.h>

int main(void) {
  int *volatile nothing = 0;
  setrlimit(RLIMIT_CORE, &(struct rlimit){0});
  return *nothing;
}
