// What the machine can do at best, measured in the run whose numbers are put beside it.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Runs `rounds` rounds of independent float32 multiply-adds in registers; returns the number of floating-point operations
/// done, two per multiply-add.
double probe_multiply_add(size_t rounds);

/// Sums `count` floats once; for memory bandwidth. The result only keeps the compiler from leaving it out.
float probe_read(const float *values, size_t count);

#ifdef __cplusplus
}
#endif
