// What the machine can do at best, measured in the run whose numbers are put beside it.
#ifndef MACHINE_PROBE_H
#define MACHINE_PROBE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// float32 multiply-adds in registers on `threads` threads at once, `rounds` rounds of twelve or more independent
// vectors each: operations a second, two per multiply-add and lane.
double probe_multiply_adds(ptrdiff_t threads, size_t rounds);

// Reads `bytes` of `block` once, in equal parts on `threads` threads at once, each part in `streams` places side by side:
// bytes a second.
double probe_reads(ptrdiff_t threads, const void *block, size_t bytes, ptrdiff_t streams);

// The widest registers that the products were measured in: "AVX-512", "AVX2", "128-bit vectors".
const char *probe_registers(void);

// Calls body(context), and nothing else.
void counted_call(void (*body)(void *context), void *context);

#ifdef __cplusplus
}
#endif

#endif
