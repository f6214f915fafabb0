// Products of activations with some rows of a stored matrix, by the method that is best for their number.
#ifndef STRATA_KERNELS_ROWS_H
#define STRATA_KERNELS_ROWS_H

#include <cstddef>

#include "buffer.h"
#include "include/strata_kernels.h"

namespace strata {

// Rows of float32 values in the form that products read: few rows unchanged, many rows packed by tiles.
struct Activations {
  const float *rows;
  ptrdiff_t stride;  // floats from one row to the next
  ptrdiff_t count;
  ptrdiff_t width;
  const float *packed;  // NULL when they are few
};

// Prepares the rows of one product; many rows are packed into the pool's buffer, which holds one set at a time.
Activations TakeUp(strata_pool &pool, const float *x, ptrdiff_t stride, ptrdiff_t rows, const strata_matrix &w);

// y[m, i] = sum_k x[m, k] w[first + i, k] (+ bias[i] unless NULL) for every row of x, i < count.
//
// A few activations are multiplied with stored numbers as they are decoded into registers, or with float32 rows in place; for
// more, rows are decoded once into a packed panel of the calling thread. All methods add in the same order, so the results
// are the same bits. `following` rows after these are multiplied next by this thread: their first bytes are prefetched.
void MultiplyRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, const Activations &x, const float *bias,
                  float *y, ptrdiff_t ldy, ptrdiff_t following = 0);

}  // namespace strata

#endif
