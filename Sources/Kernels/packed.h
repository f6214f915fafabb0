// Shared definitions of the packed product and its callers.
#ifndef STRATA_KERNELS_PACKED_H
#define STRATA_KERNELS_PACKED_H

#include <cstddef>
#include <cstdint>

namespace strata {

// Steps of sixteen places of a packed row of `width`.
constexpr ptrdiff_t PackedSteps(ptrdiff_t width) { return (width + 15) / 16; }

// Columns of a matrix stored as [in, out] that are read together: whole or half cache lines in every format, and whole
// packed groups.
constexpr ptrdiff_t kWholeLines = 48;

// Bytes of a core's second-level cache; half a megabyte if the system does not report it.
ptrdiff_t SecondCache();

// Stored bytes to prefetch during other computation.
struct Fetch {
  const char *at = nullptr;
  ptrdiff_t lines = 0;
  ptrdiff_t each = 0;  // lines at a time at most
};

}  // namespace strata

#endif
