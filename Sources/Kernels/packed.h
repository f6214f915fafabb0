// What the packed product and those that feed it agree on.
#ifndef STRATA_KERNELS_PACKED_H
#define STRATA_KERNELS_PACKED_H

#include <cstddef>
#include <cstdint>

namespace strata {

// Steps of sixteen places that a row of `width` takes when it is packed.
constexpr ptrdiff_t PackedSteps(ptrdiff_t width) { return (width + 15) / 16; }

// Columns of a matrix stored as [in, out] that are taken together: whole lines in every format, or whole halves of them, and whole
// packed groups.
constexpr ptrdiff_t kWholeLines = 48;

// Bytes of a core's second-level cache; half a megabyte where the system does not tell.
ptrdiff_t SecondCache();

// Stored bytes to bring near while something else is computed.
struct Fetch {
  const char *at = nullptr;
  ptrdiff_t lines = 0;
  ptrdiff_t each = 0;  // lines at a time at most
};

}  // namespace strata

#endif
