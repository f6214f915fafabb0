// Products of activations with some rows of a stored matrix, by the way that is best for their number.
#ifndef STRATA_KERNELS_ROWS_H
#define STRATA_KERNELS_ROWS_H

#include <cstddef>
#include <vector>

#include "include/strata_kernels.h"

namespace strata {

// y[m, i] = sum_k x[m, k] w[first + i, k] (+ bias[i] unless NULL) for m < rows_x, i < count.
//
// A few activations are multiplied with blocks as they are decoded into registers; for more, the rows are decoded once into
// `scratch`. Both add in the same order: the results are the same bits.
void MultiplyRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const float *x, ptrdiff_t ldx,
                  ptrdiff_t rows_x, const float *bias, float *y, ptrdiff_t ldy, std::vector<float> &scratch);

}  // namespace strata

#endif
