/* What the runner needs to know of c/cabi. The runner is written in this strategy's own names, so
 * that there is nothing to map; another strategy's adapter defines the same names for its own. */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <tollbridge.h>
#include <tollbridge/fault.h>
#include <tollbridge/probe.h>

#define BRIDGE "c/cabi"
#define VERSION tb_version()
/* Any function of the library: the file it lies in is the file that was loaded. */
#define FUNCTION_OF_LIBRARY tb_abi_version
/* Whether there is a histogram, and errors that say more than a code. */
#define HAS_HISTOGRAM 1
/* Whether the library finds text that is not UTF-8. */
#define CHECKS_TEXT 1

/* What a call returns: false in a condition for success. */
typedef tb_error *failure;

#endif
