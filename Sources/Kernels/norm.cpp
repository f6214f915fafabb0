// Norms: one pass for the statistics in double, one to scale.
#include "exact.h"

#include <cmath>

#include "include/strata_kernels.h"

namespace {

// Four partial sums let additions overlap; their order is fixed.
template <class Term>
double Sum(ptrdiff_t count, Term term) {
  double sums[4] = {0, 0, 0, 0};
  ptrdiff_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (int j = 0; j < 4; ++j) sums[j] += term(i + j);
  }
  for (; i < count; ++i) sums[0] += term(i);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

}  // namespace

void strata_rms_norm(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, const float *weight,
                     float epsilon, float *y, ptrdiff_t ldy) {
  for (ptrdiff_t m = 0; m < rows; ++m) {
    const float *in = x + m * ldx;
    float *out = y + m * ldy;
    const double squares = Sum(width, [in](ptrdiff_t i) { return static_cast<double>(in[i]) * in[i]; });
    const float scale = static_cast<float>(1.0 / std::sqrt(squares / static_cast<double>(width) + epsilon));
    for (ptrdiff_t i = 0; i < width; ++i) out[i] = (in[i] * scale) * weight[i];
  }
}

void strata_layer_norm(const float *x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t width, const float *weight,
                       const float *bias, float epsilon, float *y, ptrdiff_t ldy) {
  for (ptrdiff_t m = 0; m < rows; ++m) {
    const float *in = x + m * ldx;
    float *out = y + m * ldy;
    const double mean = Sum(width, [in](ptrdiff_t i) { return static_cast<double>(in[i]); }) / static_cast<double>(width);
    const double squares = Sum(width, [in, mean](ptrdiff_t i) { return (in[i] - mean) * (in[i] - mean); });
    const double scale = 1.0 / std::sqrt(squares / static_cast<double>(width) + epsilon);
    for (ptrdiff_t i = 0; i < width; ++i) {
      const float normed = static_cast<float>((in[i] - mean) * scale);
      out[i] = bias != nullptr ? normed * weight[i] + bias[i] : normed * weight[i];
    }
  }
}
