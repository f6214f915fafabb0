// Attention of query rows over their sequences' keys and values; rows that share these are computed together.
#include "exact.h"

#include <hwy/base.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "buffer.h"
#include "include/strata_kernels.h"

#ifndef STRATA_HEAD_ROW
#define STRATA_HEAD_ROW
namespace strata {

// One head of one query row.
struct HeadRow {
  const float *query;   // [key_width]
  float *output;        // [value_width]
  const float *biases;  // by position; or NULL
  const float *sink;    // one more score, which no value belongs to; or NULL
  ptrdiff_t first, last;
};

// The most rows that are computed together.
constexpr ptrdiff_t kHeadRows = 12;

}  // namespace strata
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "dot-inl.h"
#include "map-inl.h"
#include "pool.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Positions whose values stay in the first-level cache during a pass over the rows.
constexpr ptrdiff_t kNear = 64;

// Replaces `count` scores of one head by their exponentials, and gives that of the sink (0 without one); false when a score is
// not finite.
HWY_INLINE bool Exponentials(const HeadRow &row, const strata_scores &how, float *scores, ptrdiff_t count, double *sink) {
  const SumTag d;
  const SumVector scale = hn::Set(d, how.scale);
  ptrdiff_t p = 0;
  for (; p + kLanes <= count; p += kLanes) hn::StoreU(hn::Mul(hn::LoadU(d, scores + p), scale), d, scores + p);
  for (; p < count; ++p) scores[p] *= how.scale;
  if (how.softcap != 0.0f) Softcap(scores, how.softcap, count);
  if (row.biases != nullptr) {
    for (p = 0; p < count; ++p) scores[p] += row.biases[row.first + p];
  }
  SumVector maxima = hn::Set(d, -INFINITY);
  auto finite = hn::IsFinite(scale);
  bool all = std::isfinite(how.scale);
  for (p = 0; p + kLanes <= count; p += kLanes) {
    const SumVector own = hn::LoadU(d, scores + p);
    finite = hn::And(finite, hn::IsFinite(own));
    maxima = hn::Max(maxima, own);
  }
  float maximum = hn::GetLane(hn::MaxOfLanes(d, maxima));
  for (; p < count; ++p) {
    all = all && std::isfinite(scores[p]);
    maximum = std::max(maximum, scores[p]);
  }
  if (row.sink != nullptr) {
    all = all && std::isfinite(*row.sink);
    maximum = std::max(maximum, *row.sink);
  }
  if (!all || !hn::AllTrue(d, finite)) return false;
  *sink = row.sink != nullptr ? std::exp(static_cast<double>(*row.sink) - static_cast<double>(maximum)) : 0.0;
  const SumVector bounds = hn::Set(d, maximum);
  for (p = 0; p + kLanes <= count; p += kLanes) {
    hn::StoreU(hn::Exp(d, hn::Sub(hn::LoadU(d, scores + p), bounds)), d, scores + p);
  }
  if (p < count) {
    HWY_ALIGN float tail[kSums] = {};
    for (ptrdiff_t j = 0; p + j < count; ++j) tail[j] = scores[p + j] - maximum;
    hn::Store(hn::Exp(d, hn::Load(d, tail)), d, tail);
    std::memcpy(scores + p, tail, static_cast<size_t>(count - p) * sizeof(float));
  }
  return true;
}

// Divides the scores of up to four rows by their sums, each taken from `sums` on in the order of positions. The sums of several
// rows are interleaved, because each addition depends on the previous one of its row.
HWY_INLINE void Normalise(float *const (&scores)[4], const ptrdiff_t (&counts)[4], double (&sums)[4]) {
  const ptrdiff_t common = std::min(std::min(counts[0], counts[1]), std::min(counts[2], counts[3]));
  for (ptrdiff_t p = 0; p < common; ++p) {
    for (int r = 0; r < 4; ++r) sums[r] += scores[r][p];
  }
  for (int r = 0; r < 4; ++r) {
    for (ptrdiff_t p = common; p < counts[r]; ++p) sums[r] += scores[r][p];
    const float inverse = static_cast<float>(1.0 / sums[r]);
    for (ptrdiff_t p = 0; p < counts[r]; ++p) scores[r][p] *= inverse;
  }
}

// Adds the values of positions [first, end) to R outputs, position by position; `weights` are those of position 0 on.
template <int R>
HWY_INLINE void AddValues(const float *const *weights, float *const *outputs, const float *values, ptrdiff_t stride,
                          ptrdiff_t first, ptrdiff_t end, ptrdiff_t width) {
  constexpr int V = 4;
  const SumTag d;
  ptrdiff_t i = 0;
  for (; i + V * kLanes <= width; i += V * kLanes) {
    SumVector sums[R * V];
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < V; ++v) sums[r * V + v] = hn::LoadU(d, outputs[r] + i + v * kLanes);
    }
    for (ptrdiff_t p = first; p < end; ++p) {
      SumVector own[V];
      for (int v = 0; v < V; ++v) own[v] = hn::LoadU(d, values + p * stride + i + v * kLanes);
      for (int r = 0; r < R; ++r) {
        const SumVector weight = hn::Set(d, weights[r][p]);
        for (int v = 0; v < V; ++v) sums[r * V + v] = hn::MulAdd(weight, own[v], sums[r * V + v]);
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < V; ++v) hn::StoreU(sums[r * V + v], d, outputs[r] + i + v * kLanes);
    }
  }
  for (int r = 0; r < R && i < width; ++r) {
    for (ptrdiff_t p = first; p < end; ++p) {
      const float *value = values + p * stride;
      ptrdiff_t j = i;
      for (; j + kLanes <= width; j += kLanes) {
        const SumVector sum = hn::MulAdd(hn::Set(d, weights[r][p]), hn::LoadU(d, value + j), hn::LoadU(d, outputs[r] + j));
        hn::StoreU(sum, d, outputs[r] + j);
      }
      for (; j < width; ++j) outputs[r][j] = std::fma(weights[r][p], value[j], outputs[r][j]);
    }
  }
}

// Outputs of rows: sums of weighted values, each in the order of positions.
HWY_INLINE void WeighValues(const HeadRow *const *rows, float *const *scores, ptrdiff_t count, const float *values,
                            ptrdiff_t stride, ptrdiff_t from, ptrdiff_t to, ptrdiff_t width) {
  constexpr int R = kParts == 2 ? 2 : 4;
  for (ptrdiff_t near = from; near <= to; near += kNear) {
    for (ptrdiff_t r = 0; r < count; r += R) {
      const int taken = static_cast<int>(std::min<ptrdiff_t>(R, count - r));
      ptrdiff_t firsts[R], ends[R];
      const float *weights[R];
      float *outputs[R];
      ptrdiff_t first = near, end = std::min(near + kNear, to + 1);
      for (int i = 0; i < taken; ++i) {
        const HeadRow &row = *rows[r + i];
        firsts[i] = std::max(near, row.first);
        ends[i] = std::max(firsts[i], std::min(near + kNear, row.last + 1));
        first = std::max(first, firsts[i]);
        end = std::min(end, ends[i]);
        weights[i] = scores[r + i] - from;
        outputs[i] = row.output;
      }
      end = std::max(first, end);
      const bool together = taken == R && end > first;
      for (int i = 0; i < taken; ++i) {
        AddValues<1>(weights + i, outputs + i, values, stride, firsts[i], together ? first : ends[i], width);
      }
      if (!together) continue;
      AddValues<R>(weights, outputs, values, stride, first, end, width);
      for (int i = 0; i < taken; ++i) AddValues<1>(weights + i, outputs + i, values, stride, end, ends[i], width);
    }
  }
}

// Rows of one sequence that share a head of keys and values. `work` has room for kHeadRows rows of key_width and of the attended
// positions.
void AttendRows(const HeadRow *rows, ptrdiff_t count, const float *keys, const float *values, const strata_heads &heads,
                const strata_scores &how, float *work) {
  const ptrdiff_t width = heads.key_width;
  ptrdiff_t from = rows[0].first, to = rows[0].last;
  for (ptrdiff_t r = 0; r < count; ++r) {
    from = std::min(from, rows[r].first);
    to = std::max(to, rows[r].last);
    std::memcpy(work + r * width, rows[r].query, static_cast<size_t>(width) * sizeof(float));
  }
  const ptrdiff_t positions = to - from + 1;
  float *scores = work + count * width;
  Product(work, width, count, keys + from * heads.key_stride, heads.key_stride, positions, width, nullptr, scores, positions,
          false);
  const HeadRow *sound[kHeadRows];
  float *weights[kHeadRows];
  double sinks[kHeadRows] = {};
  ptrdiff_t left = 0;
  for (ptrdiff_t r = 0; r < count; ++r) {
    float *own = scores + r * positions;
    const ptrdiff_t attended = rows[r].last - rows[r].first + 1;
    const bool finite = Exponentials(rows[r], how, own + rows[r].first - from, attended, sinks + left);
    // The vector exp turns NaN into 0, but errors must stay visible.
    std::fill(rows[r].output, rows[r].output + heads.value_width, finite ? 0.0f : NAN);
    if (!finite) continue;
    sound[left] = rows + r;
    weights[left++] = own;
  }
  for (ptrdiff_t r = 0; r < left; r += 4) {
    float *own[4];
    ptrdiff_t counts[4];
    double sums[4];
    for (ptrdiff_t i = 0; i < 4; ++i) {
      const bool there = r + i < left;
      own[i] = there ? weights[r + i] + sound[r + i]->first - from : nullptr;
      counts[i] = there ? sound[r + i]->last - sound[r + i]->first + 1 : 0;
      sums[i] = there ? sinks[r + i] : 0;
    }
    Normalise(own, counts, sums);
  }
  WeighValues(sound, weights, left, values, heads.value_stride, from, to, heads.value_width);
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace strata {
namespace {

HWY_EXPORT(AttendRows);

// The number of tokens of one sequence from `first` on, at most `most`.
ptrdiff_t TokensOfSequence(const strata_attention_row *rows, ptrdiff_t count, ptrdiff_t first, ptrdiff_t most) {
  ptrdiff_t end = first + 1;
  while (end < count && end - first < most && rows[end].keys == rows[first].keys && rows[end].values == rows[first].values) ++end;
  return end - first;
}

void Attend(strata_pool &pool, const strata_attention_row *rows, ptrdiff_t count, const strata_heads &heads,
            const strata_scores &how) {
  const auto attend = HWY_DYNAMIC_DISPATCH(AttendRows);
  const ptrdiff_t kv_heads = heads.kv_heads, group = heads.heads / kv_heads;
  // Heads that share keys are computed together, as far as this leaves work for every thread.
  const ptrdiff_t together =
      std::max<ptrdiff_t>(1, std::min({group, kHeadRows, count * heads.heads / (4 * pool.threads())}));
  std::vector<ptrdiff_t> starts = {0};
  while (starts.back() < count) {
    starts.push_back(starts.back() + TokensOfSequence(rows, count, starts.back(), kHeadRows / together));
  }
  const ptrdiff_t parts = kv_heads * ((group + together - 1) / together);
  pool.Run((static_cast<ptrdiff_t>(starts.size()) - 1) * parts, [&](ptrdiff_t task, ptrdiff_t) {
    const ptrdiff_t start = starts[static_cast<size_t>(task / parts)], end = starts[static_cast<size_t>(task / parts + 1)];
    const ptrdiff_t part = task % parts;
    const ptrdiff_t shared = part % kv_heads;
    const ptrdiff_t head = shared * group + part / kv_heads * together;
    const ptrdiff_t taken = std::min(together, (shared + 1) * group - head);
    HeadRow block[kHeadRows];
    ptrdiff_t used = 0, from = rows[start].first, to = rows[start].last;
    for (ptrdiff_t t = start; t < end; ++t) {
      from = std::min(from, rows[t].first);
      to = std::max(to, rows[t].last);
      const float *sinks = rows[t].sinks != nullptr ? rows[t].sinks : how.sinks;
      for (ptrdiff_t h = head; h < head + taken; ++h) {
        block[used++] = {rows[t].query + h * heads.key_width, rows[t].output + h * heads.value_width,
                         rows[t].biases != nullptr ? rows[t].biases + h * how.bias_stride : nullptr,
                         sinks != nullptr ? sinks + h : nullptr, rows[t].first, rows[t].last};
      }
    }
    attend(block, used, rows[start].keys + shared * heads.key_width, rows[start].values + shared * heads.value_width, heads, how,
           OwnBuffers().panel.Floats(used * (heads.key_width + to + 1 - from)));
  });
}

}  // namespace
}  // namespace strata

void strata_attend(strata_pool *pool, const strata_attention_row *rows, ptrdiff_t count, const strata_heads *heads,
                   const strata_scores *scores) {
  strata::Attend(*pool, rows, count, *heads, *scores);
}

#endif
