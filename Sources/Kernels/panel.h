// Rows of a stored matrix as float32, decoded into a scratch panel or read in place.
#ifndef STRATA_KERNELS_PANEL_H
#define STRATA_KERNELS_PANEL_H

#include <cstddef>
#include <vector>

#include "include/strata_kernels.h"

namespace strata {

// Float32 rows `first ..< first + count` of `w` [count, columns], in `scratch` unless they can be read in place.
const float *PanelRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, std::vector<float> &scratch);

// Scratch of the calling thread, kept between calls.
std::vector<float> &ThreadScratch();

}  // namespace strata

#endif
