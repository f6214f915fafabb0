// What the parts of the lens share.
#ifndef STRATA_KERNELS_LENS_H
#define STRATA_KERNELS_LENS_H

#include <cstddef>

namespace strata {

constexpr ptrdiff_t kTile = 256;  // rows of the head reduced together

// Sums over one tile of one state, relative to the tile's own maximum.
struct Partial {
  float maximum;
  float sum;       // sum exp(x - maximum)
  float weighted;  // sum exp(x - maximum) (x - maximum)
  float crossed;   // sum exp(r - max r) (r - x) with r the reference state's logits
};

}  // namespace strata

#endif
