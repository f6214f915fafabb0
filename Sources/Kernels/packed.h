// What the packed product and those that feed it agree on.
#ifndef STRATA_KERNELS_PACKED_H
#define STRATA_KERNELS_PACKED_H

#include <cstddef>
#include <cstdint>

namespace strata {

// Steps of sixteen places that a row of `width` takes when it is packed.
constexpr ptrdiff_t PackedSteps(ptrdiff_t width) { return (width + 15) / 16; }

// Stored bytes to bring near while something else is computed.
struct Fetch {
  const char *at = nullptr;
  ptrdiff_t lines = 0;
};

}  // namespace strata

#endif
