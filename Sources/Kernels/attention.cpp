// Attention of single query rows over their own sequence's keys and values.
#include <hwy/base.h>

#include <algorithm>
#include <cmath>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "dot-inl.h"
#include "include/strata_kernels.h"
#include "map-inl.h"
#include "pool.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// One head of one row. `scores` has room for every attended position.
void AttendHead(const float *query, const float *keys, const float *values, ptrdiff_t stride, ptrdiff_t first,
                ptrdiff_t last, ptrdiff_t head_width, float scale, float softcap, const float *biases, float *scores,
                float *output) {
  const SumTag d;
  const ptrdiff_t lanes = kLanes;
  const ptrdiff_t count = last - first + 1;
  Product(query, head_width, 1, keys + first * stride, stride, count, head_width, nullptr, scores, count, false);
  float maximum = -INFINITY;
  bool finite = true;
  for (ptrdiff_t p = 0; p < count; ++p) scores[p] *= scale;
  if (softcap != 0.0f) Softcap(scores, softcap, count);
  if (biases != nullptr) {
    for (ptrdiff_t p = 0; p < count; ++p) scores[p] += biases[first + p];
  }
  for (ptrdiff_t p = 0; p < count; ++p) {
    finite = finite && std::isfinite(scores[p]);
    maximum = std::max(maximum, scores[p]);
  }
  if (!finite) {
    // The vector exp turns NaN into 0; whatever is broken must stay visible.
    std::fill(output, output + head_width, NAN);
    return;
  }
  double sum = 0;
  for (ptrdiff_t p = 0; p < count; p += lanes) {
    float padded[kSums];
    const ptrdiff_t used = std::min(lanes, count - p);
    for (ptrdiff_t j = 0; j < lanes; ++j) padded[j] = j < used ? scores[p + j] - maximum : 0.0f;
    hn::StoreU(hn::Exp(d, hn::LoadU(d, padded)), d, padded);
    for (ptrdiff_t j = 0; j < used; ++j) {
      scores[p + j] = padded[j];
      sum += padded[j];
    }
  }
  const float inverse = static_cast<float>(1.0 / sum);
  std::fill(output, output + head_width, 0.0f);
  for (ptrdiff_t p = 0; p < count; ++p) {
    const float weight = scores[p] * inverse;
    const float *value = values + (first + p) * stride;
    const auto weights = hn::Set(d, weight);
    ptrdiff_t i = 0;
    for (; i + lanes <= head_width; i += lanes) {
      hn::StoreU(hn::MulAdd(weights, hn::LoadU(d, value + i), hn::LoadU(d, output + i)), d, output + i);
    }
    for (; i < head_width; ++i) output[i] = std::fma(weight, value[i], output[i]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {
namespace {

HWY_EXPORT(AttendHead);

void Attend(strata_pool &pool, const strata_attention_row *rows, ptrdiff_t count, ptrdiff_t heads, ptrdiff_t kv_heads,
            ptrdiff_t head_width, const strata_scores &how) {
  const auto attend = HWY_DYNAMIC_DISPATCH(AttendHead);
  const ptrdiff_t group = heads / kv_heads;
  pool.Run(count * heads, [&](ptrdiff_t task, ptrdiff_t) {
    const strata_attention_row &row = rows[task / heads];
    const ptrdiff_t head = task % heads;
    const ptrdiff_t offset = head / group * head_width;
    thread_local std::vector<float> scores;
    const size_t needed = static_cast<size_t>(row.last - row.first + 1);
    if (scores.size() < needed) scores.resize(needed);
    attend(row.query + head * head_width, row.keys + offset, row.values + offset, kv_heads * head_width, row.first,
           row.last, head_width, how.scale, how.softcap, row.biases != nullptr ? row.biases + head * how.bias_stride : nullptr, scores.data(),
           row.output + head * head_width);
  });
}

}  // namespace
}  // namespace strata

void strata_attend(strata_pool *pool, const strata_attention_row *rows, ptrdiff_t count, ptrdiff_t heads,
                   ptrdiff_t kv_heads, ptrdiff_t head_width, const strata_scores *scores) {
  strata::Attend(*pool, rows, count, heads, kv_heads, head_width, *scores);
}

#endif
