// Rows of a stored matrix as float32, decoded into a scratch panel or read in place.
#ifndef STRATA_KERNELS_PANEL_H
#define STRATA_KERNELS_PANEL_H

#include <cstddef>

#include "buffer.h"
#include "include/strata_kernels.h"

namespace strata {

// Whether its float32 rows can be read in place.
bool InPlace(const strata_matrix &w);

// Float32 rows `first ..< first + count` of `w` [count, columns], in `scratch` unless they can be read in place, where they are
// `row_bytes` apart.
const float *PanelRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, Buffer &scratch);

}  // namespace strata

#endif
