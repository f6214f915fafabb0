// Shared definitions of the packed product and its callers.
#ifndef STRATA_KERNELS_PACKED_H
#define STRATA_KERNELS_PACKED_H

#include <cstddef>
#include <cstdint>

namespace strata {

// Steps of sixteen places of a packed row of `width`.
constexpr ptrdiff_t PackedSteps(ptrdiff_t width) { return (width + 15) / 16; }

// Steps from one partial sum's packed values to the next one's: an odd number, because the sixteen places of a step are written
// together, and at distances of powers of two they would share a few sets of the cache.
constexpr ptrdiff_t TurnSteps(ptrdiff_t width) { return PackedSteps(width) | 1; }

// Floats of a packed row, or column.
constexpr ptrdiff_t PackedFloats(ptrdiff_t width) { return 16 * TurnSteps(width); }

// Columns that a share of a product is a multiple of: whole groups of every instruction set and whole cache lines, or, for few
// rows, whole tiles.
constexpr ptrdiff_t kWholeGroups = 32, kFewColumns = 16;

// Up to this number of tiles of rows stay in cache together.
constexpr ptrdiff_t kFewTiles = 12;

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
